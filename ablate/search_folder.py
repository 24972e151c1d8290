"""Where a search lives: a run folder of its own, with Optuna's storage and the table of points.

runs/<study>-<space>/   study.yaml, search_space.yaml, records/<hash>.json, search.journal,
                        search.csv, search.json
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem, did_you_mean
from ablate.records.atomic import write_atomically
from ablate.records.schema import TrialRecord
from ablate.records.search_result import SearchResult, write_search
from ablate.records.store import RecordStore, writer_lock
from ablate.run_folder import STUDY_FILE, folder_for, make_folder, recorded
from ablate.study.arms import Arm
from ablate.study.loading import study_to_yaml
from ablate.study.plan import Plan
from ablate.study.search_space import check_space, find_space, read_space
from ablate.tuning.search import SEARCH_SEEDS, search_arms
from ablate.workload import load_workload

SPACE_FILE = "search_space.yaml"


def search_folder_for(
    study_file: Path, space: str, dataset: str | None = None, out: Path | None = None
) -> Path:
    """`out` if given, else runs/<stem of the study's file>-<space>, with the data set where
    overridden.
    """
    if out is not None:
        return out
    folder = folder_for(study_file, dataset)
    return folder.with_name(f"{folder.name}-{Path(space).stem}")


def search_study(
    plan: Plan,
    space: str,
    folder: Path,
    *,
    arm: str | None = None,
    others: Sequence[Path] = (),
    seeds: Sequence[int] = SEARCH_SEEDS,
    **options: Any,
) -> tuple[SearchResult, ...]:
    """Search a study's arms in a space, in a run folder, and write the table of points there.

    space: its name, or the path of its file. arm: the name of one, or "context/name"; None: each.
    others: folders of runs or reports whose records are used too, as are those of the runs beside
    this one. Other options as of `ablate.tuning.search.search_arms`. The same call continues an
    interrupted search. Raises AblateError: see there and `open_run`.
    """
    path = find_space(space)
    loaded = read_space(path)
    arms = chosen_arms(plan, arm)
    check_space(
        loaded.space, plan.workload or load_workload(plan.study.workload), arms, loaded.source
    )
    make_folder(folder)
    with writer_lock(folder):
        known = _known(folder, plan, others)
        write_atomically(folder / STUDY_FILE, study_to_yaml(plan.pinned().study).encode())
        write_atomically(folder / SPACE_FILE, path.read_bytes())
        results = search_arms(
            plan, arms, loaded.space, RecordStore(folder), seeds=seeds, known=known, **options
        )
        write_search(results, folder)
    return results


def chosen_arms(plan: Plan, name: str | None) -> tuple[Arm, ...]:
    """The arm of that name, in every context that has one; None: each arm.

    name: may have its context before a slash. Of arms that compute the same, the first is taken.
    Raises AblateError, with the nearest name, when there is none.
    """
    arms = [
        arm for arm in plan.arms if name is None or name in (arm.name, f"{arm.context}/{arm.name}")
    ]
    if not arms:
        names = [arm.name for arm in plan.arms]
        raise AblateError(
            Problem(f"--arm {name}", f"no arm named '{name}'", did_you_mean(str(name), names))
        )
    hashes = {(trial.context, trial.arm): trial.hash for trial in reversed(plan.trials)}
    first: dict[str, Arm] = {}
    for arm in arms:
        first.setdefault(hashes[arm.key], arm)
    return tuple(first.values())


def _known(folder: Path, plan: Plan, others: Sequence[Path]) -> dict[str, TrialRecord]:
    """Records that a search may use, by hash: it asks for no test curves and no weights."""
    study = plan.study.model_copy(update={"test_curve": False, "keep_weights": False})
    return recorded(folder, plan.model_copy(update={"study": study}), others)
