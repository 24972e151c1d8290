"""Best values at an end of their range: a better one may lie outside."""

from typing import Any

from ablate.errors import SettingsError
from ablate.study.arms import Arm, overlaid
from ablate.study.plan import Plan
from ablate.study.search_space import Edge, Parameter


def edge_of(plan: Plan, arm: Arm, parameter: Parameter, value: Any) -> Edge | None:
    """The end of its range near which a value of the arm lies; None where the workload takes none
    beyond, as of a share of one.
    """
    edge = parameter.edge(value)
    if edge is None:
        return None
    beyond = overlaid(arm.settings, {parameter.key: parameter.beyond(edge)})
    try:
        plan.load_workload().resolve(beyond)
    except SettingsError:
        return None
    return edge
