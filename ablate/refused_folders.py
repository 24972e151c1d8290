"""Folders that are refused, for what they hold would be written over, or mixed with what is not of
its kind.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from ablate.errors import AblateError, Problem, StudyError
from ablate.records.compact import COMPACT_FILE
from ablate.records.search_result import RESULT_FILE
from ablate.records.store import compact_records, record_files
from ablate.stored_study import STUDY_FILE, keys_as_written, still_readable
from ablate.study.claim_checks import questions
from ablate.study.plan import Plan, share_an_arm
from ablate.study.planning import make_plan
from ablate.study.seeds import parse_seeds, seeds_text

SPACE_FILE = "search_space.yaml"
"""In the folder of a search."""
FOUND = ("report.md", COMPACT_FILE, RESULT_FILE)
"""Files that say what a study has found, beside its records."""


def refuse_another_study(folder: Path, plan: Plan) -> None:
    """Raises AblateError where the folder holds what another study has found: one with another
    question, and another name or no arm in common.
    """
    study, question = plan.study, keys_as_written(folder).get("question")
    if question in (None, study.question) or not _holds_findings(folder):
        return
    stored = still_readable(folder)
    if stored is None or stored.name != study.name or not share_an_arm(make_plan(stored), plan):
        raise AblateError(
            Problem(
                str(folder),
                f"is the run of another study: {question}",
                "name another folder with --out",
            )
        )


def _holds_findings(folder: Path) -> bool:
    return bool(record_files(folder)) or any((folder / name).is_file() for name in FOUND)


def refuse_to_report_into(folder: Path, plan: Plan) -> None:
    """Raises AblateError where a report would replace what a search or another study has found."""
    refuse_a_search(folder)
    refuse_another_study(folder, plan)


def refuse_results_beside_a_run(folder: Path) -> None:
    """Raises AblateError where results from elsewhere would be reported over what a run has found:
    the two would stand for trials of one study.
    """
    compact = compact_records(folder).values()
    if record_files(folder) or not all(record.is_from_elsewhere for record in compact):
        raise AblateError(
            Problem(
                str(folder),
                "holds trials that were run, beside which results from elsewhere make no pairs",
                "name another folder with --out",
            )
        )


def refuse_results_of_others(folder: Path) -> None:
    """Raises AblateError where trials would be run into a report of results from elsewhere."""
    if any(record.is_from_elsewhere for record in compact_records(folder).values()):
        raise AblateError(
            Problem(
                str(folder),
                "is the report of results from elsewhere, which make no pairs with trials run here",
                "name another folder with --out",
            )
        )


def refuse_a_run(folder: Path) -> None:
    """Raises AblateError where a search would write over what a run has found."""
    holds_run = (folder / STUDY_FILE).is_file() and not (folder / SPACE_FILE).is_file()
    if holds_run and _holds_findings(folder):
        raise AblateError(_of_the_other_kind(folder, "run", "search"))


def refuse_a_search(folder: Path) -> None:
    """Raises AblateError where a run would write over what a search has found."""
    if (folder / SPACE_FILE).is_file():
        raise AblateError(_of_the_other_kind(folder, "search", "run"))


def _of_the_other_kind(folder: Path, theirs: str, ours: str) -> Problem:
    return Problem(
        str(folder),
        f"is the folder of a {theirs}, whose report that of a {ours} would replace",
        f"name another folder with --out; with --records {folder} what is trained there is used",
    )


def refuse_other_looks(folder: Path, plan: Plan) -> None:
    """Raises AblateError where a study would be looked at otherwise than at its first look, which
    fixes the number of looks, the order of seeds and what is claimed: error rates rest on all of
    them, and other seeds would be another try at what the first ones left open. Where nothing is
    recorded, nothing has been looked at.
    """
    study, written = plan.study, keys_as_written(folder)
    most = written.get("max_seeds")
    if most is None or not _holds_findings(folder):
        return
    if most != study.max_seeds:
        _refuse_as_looked_at(folder, f"a maximum of {most} seeds", f"--max-seeds {most}")
    gives_up = bool(written.get("stop_futile"))
    if gives_up != study.stop_futile:
        looked, option = (
            ("hopeless claims given up", " --stop-futile")
            if gives_up
            else ("no claim given up", "")
        )
        _refuse_as_looked_at(folder, looked, f"--max-seeds {most}{option}")
    seeds = _seeds_looked_at(written)[: study.max_seeds]
    if study.seeds[: len(seeds)] != seeds:
        text = seeds_text(seeds)
        _refuse_as_looked_at(
            folder, f"seeds {text}, in this order", f"--max-seeds {most} --seeds {text}"
        )
    _refuse_other_claims(folder, plan)


def _refuse_other_claims(folder: Path, plan: Plan) -> None:
    """Of a study that can still be read. Another sentence for the same question is none."""
    stored = still_readable(folder)
    if stored is None:
        return
    before, now = questions(make_plan(stored, plan.workload)), questions(plan)
    lost = [says for says, asked in before if asked not in [other for _, other in now]]
    new = [says for says, asked in now if asked not in [other for _, other in before]]
    if lost or new:
        what = f"'{lost[0]}' is changed or gone" if lost else f"'{new[0]}' is new"
        raise AblateError(
            Problem(
                str(folder),
                f"its claims have been looked at, and error rates rest on all of them: {what}",
                "take back what was changed of claims or smallest_effect_of_interest, or name "
                "another folder with --out",
            )
        )


def _refuse_as_looked_at(folder: Path, looked: str, options: str) -> NoReturn:
    raise AblateError(
        Problem(
            str(folder),
            f"its claims have been looked at with {looked}, which cannot be changed afterwards",
            f"go on with --until-decided {options}, or name another folder with --out",
        )
    )


def _seeds_looked_at(written: Mapping[str, Any]) -> tuple[int, ...]:
    """Of a study as written: all up to the maximum, or, beside a compact report, those up to the
    last look; none where they are not told.
    """
    with suppress(StudyError):
        return parse_seeds(written.get("seeds", ()))
    return ()
