"""Best values at an end of their range: a better one may lie outside."""

from contextlib import suppress

from ablate.errors import SettingsError
from ablate.records.search_result import SearchPoint
from ablate.study.arms import Arm, overlaid
from ablate.study.plan import Plan
from ablate.study.search_space import Edge, Parameter


def edge_of(plan: Plan, arm: Arm, best: SearchPoint, parameter: Parameter) -> Edge | None:
    """The end of its range near which a parameter of the arm's best point lies; None where the
    point has no such parameter, and where the workload takes no value beyond, as of a share of one.
    """
    if parameter.name not in best.values:
        return None
    edge = parameter.edge(best.values[parameter.name])
    if edge is None:
        return None
    workload = plan.load_workload()
    for value in parameter.beyond(edge):
        with suppress(SettingsError):
            workload.resolve(overlaid(arm.settings, {**best.settings, parameter.key: value}))
            return edge
    return None
