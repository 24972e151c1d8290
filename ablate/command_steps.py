"""What several commands begin with, and end with."""

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from ablate.terminal import say

if TYPE_CHECKING:
    from ablate.study.plan import Plan

INTERRUPTED = 130
TRIALS_FAILED = 1


def planned(
    study_file: Path, dataset: str | None, seeds: str | None, overrides: list[str] | None
) -> "Plan":
    """The plan of a study with what the options change. Raises AblateError."""
    from ablate.study.loading import load_study, parse_override
    from ablate.study.planning import make_plan
    from ablate.study.seeds import parse_seeds_option

    study = load_study(
        study_file,
        dataset=dataset,
        seeds=None if seeds is None else parse_seeds_option(seeds),
        overrides=dict(map(parse_override, overrides or [])),
        to_run=True,
    )
    return make_plan(study)


def end_interrupted() -> NoReturn:
    """Of a command that Ctrl-C has stopped."""
    say("Stopped. Finished trials are recorded; the same command continues.")
    raise typer.Exit(INTERRUPTED)


def end_failed() -> NoReturn:
    """Of a command some of whose trials have failed, which its report says."""
    raise typer.Exit(TRIALS_FAILED)
