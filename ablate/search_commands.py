"""`ablate search`, and what `ablate report` does of a search."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablate.command_options import (
    Address,
    CpusPerTrial,
    DataDir,
    Dataset,
    GpusPerTrial,
    MaxConcurrent,
    Out,
    Overrides,
    Records,
    StudyFile,
)
from ablate.command_steps import end_failed, end_interrupted, planned
from ablate.errors import AblateError, Problem
from ablate.study.search_options import DEFAULTS, SearchOptions
from ablate.terminal import show, show_table, show_warnings

if TYPE_CHECKING:
    from ablate.search_folder import Search


def search(
    study_file: StudyFile,
    space: Annotated[
        str, typer.Option(metavar="SPACE", help="Name of a search space, or its file.")
    ],
    trials: Annotated[
        int, typer.Option(metavar="N", min=1, help="Points to try in an arm.")
    ] = DEFAULTS.trials,
    arm: Annotated[
        str | None, typer.Option(metavar="ARM", help="Search this arm; otherwise each.")
    ] = None,
    sampler: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="tpe, random, quasi_monte_carlo, gaussian_process, cma_es or nsga2.",
        ),
    ] = DEFAULTS.sampler,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Stop poor trials early: asha or median_stopping."),
    ] = None,
    grace_period: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="With --scheduler: validations before a trial may be stopped; 1 otherwise.",
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="Seeds that a point is averaged over.")
    ] = ",".join(map(str, DEFAULTS.seeds)),
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the sampler.")] = DEFAULTS.seed,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="Search for this validation metric.")
    ] = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="Optuna storage; otherwise a journal file.")
    ] = None,
    dataset: Dataset = None,
    overrides: Overrides = None,
    out: Out = None,
    records: Records = None,
    data_dir: DataDir = None,
    cpus_per_trial: CpusPerTrial = None,
    gpus_per_trial: GpusPerTrial = None,
    max_concurrent: MaxConcurrent = None,
    address: Address = None,
) -> None:
    """Search hyperparameters of a study's arms; nothing is chosen by the test set.

    \b
    ablate search studies/optimizer.yaml --space learning_rate --trials 32
    """
    from ablate.search_folder import read_search_folder, search_folder_for, search_study
    from ablate.study.seeds import parse_seeds_option
    from ablate.study.space_file import folders_near
    from ablate.tuning.progress import show_progress
    from ablate.tuning.resources import ResourceWish
    from ablate.tuning.running import Running

    plan = planned(study_file, dataset, None, overrides)
    folder = search_folder_for(study_file, space, dataset, out)
    options = SearchOptions(
        trials=trials,
        seeds=parse_seeds_option(seeds),
        metric=metric,
        sampler=sampler,
        seed=seed,
        scheduler=scheduler,
        grace_period=grace_period,
        storage=storage,
    )
    with show_progress() as progress:
        results = search_study(
            plan,
            space,
            folder,
            options,
            arm=arm,
            others=records or [],
            spaces=folders_near(study_file),
            running=Running(
                resources=ResourceWish(cpus_per_trial, gpus_per_trial),
                max_concurrent=max_concurrent,
                address=address,
                data_dir=data_dir,
                progress=progress,
            ),
        )
    if results and results[-1].interrupted:
        end_interrupted()
    _write_search_report(read_search_folder(folder), folder)
    if any(result.went_wrong for result in results):
        end_failed()


def report_of_search(runs: list[Path], results: Path | None, folder: Path, compact: bool) -> None:
    """Draws a search's report again, with its evidence beside it where `compact` says so.

    runs: one of them is a search. Raises AblateError where it is not alone.
    """
    from ablate.run_folder import make_folder
    from ablate.search_folder import (
        is_search,
        read_search_folder,
        refuse_to_report_into,
        write_compact_search,
    )

    if len(runs) > 1 or results is not None:
        named = next(filter(is_search, runs))
        raise AblateError(
            Problem(str(named), "is a search, whose report is its own", "name no other with it")
        )
    search = read_search_folder(runs[0])
    refuse_to_report_into(folder, search)
    make_folder(folder)
    if compact:
        write_compact_search(search, runs[0], folder)
        search = read_search_folder(folder)
    _write_search_report(search, folder)


def _write_search_report(search: "Search", folder: Path) -> None:
    """Writes it, prints what it says in a sentence and its best points, and its path last."""
    from ablate.analysis.search_findings import analyse_search
    from ablate.records.provenance import provenance_of
    from ablate.reporting.search_answer import search_answer, search_warnings
    from ablate.reporting.search_report import write_search_report
    from ablate.reporting.search_tables import brief_rows

    findings = analyse_search(search.plan, search.space, search.results, search.records)
    path = write_search_report(findings, folder, provenance_of(search.records.values()))
    show(search_answer(findings))
    header, rows = brief_rows(findings)
    show_table(header, rows, right=(len(header) - 3,))
    show_warnings(search_warnings(findings))
    typer.echo(path)
