"""A plan with arms at settings of their own, found by a search before they are compared."""

from collections.abc import Mapping

from ablate.study.arms import Arm
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.schema import SettingsOverride
from ablate.study.trial import TrialSpec
from ablate.workload import Workload, load_workload


def tuned_plan(plan: Plan, tuned: Mapping[tuple[str, str], SettingsOverride]) -> Plan:
    """The same arms, by name, levels and seeds, with other settings, hence other trials.

    tuned: complete settings of arms by their key; others stay as they are. The plan given compares
    the arms with shared settings, the one returned each with its own.
    """
    workload: Workload = plan.workload or load_workload(plan.study.workload)
    arms = tuple(
        arm.model_copy(update={"settings": tuned[arm.key]}) if arm.key in tuned else arm
        for arm in plan.arms
    )
    identities = {arm.key: _identity(workload, arm) for arm in arms}
    trials = tuple(
        PlannedTrial(
            context=trial.context,
            arm=trial.arm,
            spec=TrialSpec(
                workload=trial.spec.workload,
                workload_version=trial.spec.workload_version,
                settings=identities[trial.context, trial.arm],
                seed=trial.seed,
            ),
        )
        for trial in plan.trials
    )
    return plan.model_copy(update={"arms": arms, "trials": trials})


def _identity(workload: Workload, arm: Arm) -> dict[str, object]:
    return workload.identity(workload.resolve(arm.settings))
