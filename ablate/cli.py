"""The command line: parse, call one function of a room after the other, render. No logic.

Rooms that import torch, ray, pandas or matplotlib are imported inside the commands that use them,
so that `--help` and shell completion answer at once.
"""

from dataclasses import replace
from errno import EPIPE
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ablate import __version__
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
    Seeds,
    StudyFile,
)
from ablate.command_steps import end_failed, end_interrupted, planned
from ablate.errors import AblateError, Problem
from ablate.search_commands import report_of_search, search
from ablate.terminal import (
    console,
    say,
    show,
    show_paths,
    show_table,
    show_warnings,
    write_whatever_can_be_written,
)
from ablate.visualize_commands import visualize

if TYPE_CHECKING:
    from ablate.run_folder import Run


class _Commands(TyperGroup):
    """Shows an expected error, or one of the system such as a full disk, as its problems and
    nothing else; `--debug` lets it through.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (AblateError, OSError) as error:
            shown = _of_the_system(error) if isinstance(error, OSError) else error
            if ctx.params["debug"] or shown is None:
                raise
            console(stderr=True).print(
                str(shown), style="red", markup=False, highlight=False, soft_wrap=True
            )
            raise typer.Exit(shown.exit_code) from None


def _of_the_system(error: OSError) -> AblateError | None:
    """None where Python alone has raised it, and of a closed pipe, which typer sees to."""
    if error.errno in (None, EPIPE):
        return None
    return AblateError(
        Problem(
            str(error.filename or ""),
            f"the system says: {error.strerror or error}",
            "`ablate --debug ...` shows where",
        )
    )


app = typer.Typer(
    name="ablate",
    cls=_Commands,
    help="Which design choices matter, by how much, and how sure are we?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(visualize, name="visualize")


def main() -> None:
    """The `ablate` command."""
    write_whatever_can_be_written()
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ablate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command()
def run(
    study_file: StudyFile,
    dataset: Dataset = None,
    seeds: Seeds = None,
    overrides: Overrides = None,
    out: Out = None,
    records: Records = None,
    data_dir: DataDir = None,
    cpus_per_trial: CpusPerTrial = None,
    gpus_per_trial: GpusPerTrial = None,
    max_concurrent: MaxConcurrent = None,
    address: Address = None,
    until_decided: Annotated[
        bool,
        typer.Option("--until-decided", help="Add seeds one by one until every claim is decided."),
    ] = False,
    max_seeds: Annotated[
        int | None,
        typer.Option(metavar="N", help="With --until-decided: at most so many; 20 otherwise."),
    ] = None,
    stop_futile: Annotated[
        bool,
        typer.Option(
            "--stop-futile",
            help="With --until-decided, or `max_seeds` in the study: give up claims that the most "
            "seeds would hardly settle.",
        ),
    ] = False,
) -> None:
    """Run the trials that a study still misses, and write its report.

    \b
    ablate run studies/pooling.yaml --dataset digits
    """
    from ablate.analysis.looks import never_decided
    from ablate.records.looks import sequential_plan
    from ablate.stored_study import folder_for
    from ablate.study.looking import looking_warnings
    from ablate.study_run import run_study
    from ablate.tuning.progress import show_progress
    from ablate.tuning.resources import ResourceWish
    from ablate.tuning.running import Running

    plan = planned(study_file, dataset, seeds, overrides)
    if until_decided or (stop_futile and max_seeds is None and plan.study.max_seeds is not None):
        plan = sequential_plan(plan, max_seeds, stop_futile)
    elif max_seeds is not None or stop_futile:
        option = "--stop-futile" if max_seeds is None else "--max-seeds"
        raise AblateError(Problem(option, "goes with --until-decided", "add that, too"))
    folder = folder_for(study_file, dataset, out)
    show_warnings([*looking_warnings(plan.study), *never_decided(plan.study)])
    with show_progress() as progress:
        ended = run_study(
            plan,
            folder,
            records or [],
            Running(
                resources=ResourceWish(cpus_per_trial, gpus_per_trial),
                max_concurrent=max_concurrent,
                address=address,
                data_dir=data_dir,
                progress=progress,
            ),
        )
    if ended.run is None:
        end_interrupted()
    _write_report(ended.run, folder)
    if ended.failed:
        end_failed()


@app.command()
def plan(
    study_file: StudyFile,
    dataset: Dataset = None,
    seeds: Seeds = None,
    overrides: Overrides = None,
    out: Out = None,
    records: Records = None,
) -> None:
    """Show a study's arms, its trials, which of them are recorded, and what the rest will cost.

    \b
    ablate plan studies/pooling.yaml --seeds 0-4
    """
    from ablate.recorded_workload import of_other_versions
    from ablate.records.asked_metrics import as_asked
    from ablate.records.greedy_path import follow
    from ablate.records.looks import with_looks
    from ablate.records.tuned_search import own_plan
    from ablate.run_folder import recorded, searched
    from ablate.stored_study import folder_for
    from ablate.study.cost import cost_sentence, data_sentence, tuning_sentence
    from ablate.study.looking import looking_warnings
    from ablate.study.plan_table import plan_table

    plan = with_looks(planned(study_file, dataset, seeds, overrides))
    folder = folder_for(study_file, dataset, out)
    found = recorded(folder, plan, records or [])
    plan = follow(plan, as_asked(plan, found.get)).plan
    rows = plan_table(plan, found)
    contexts = len(plan.study.contexts) > 1
    console().print(plan.study.question, style="bold", markup=False, highlight=False)
    show_table(
        ("context", "arm", "settings", "trials", "recorded")[0 if contexts else 1 :],
        [tuple(map(str, row))[0 if contexts else 1 :] for row in rows],
    )
    costs = {hash_: record.cost for hash_, record in found.items()}
    known_seeds = {record.spec.seed for record in found.values()}
    show(cost_sentence(plan, costs, known_seeds))
    if plan.study.tune is not None:
        own = own_plan(plan, searched(folder, plan, records or []))
        show(tuning_sentence(plan, plan.study.tune, own, costs, known_seeds))
    if reads := data_sentence(plan, found):
        show(reads)
    show_warnings((*looking_warnings(plan.study), *of_other_versions(folder, plan)))


app.command()(search)


@app.command()
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN...", help="Folders of runs or reports; with --results a study."
        ),
    ],
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Results from elsewhere, as CSV or Parquet."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the report; otherwise the run's.")
    ] = None,
    compact: Annotated[
        bool, typer.Option("--compact", help="Put study and records beside the report, compact.")
    ] = False,
) -> None:
    """Write the report of a run, of several together, of a search, or of results from elsewhere.

    \b
    ablate report runs/pooling --out reports/pooling --compact
    ablate report runs/optimizer-learning_rate
    ablate report studies/pooling.yaml --results results.csv
    """
    from ablate.search_folder import is_search
    from ablate.stored_study import folder_for_results

    if any(map(is_search, runs)):
        report_of_search(runs, results, out or runs[0], compact)
    elif results is None:
        _report_of_runs(runs, out or runs[0], compact)
    else:
        _report_of_results(runs, results, folder_for_results(runs[0], results, out))


@app.command()
def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs or reports.")
    ],
    arm: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ARM", help="Draw this arm, ARM or RUN:ARM; may be repeated. Otherwise all."
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Draw this curve; may be repeated. Otherwise validation loss and accuracy.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder; otherwise runs/compare-RUN-RUN.")
    ] = None,
) -> None:
    """Draw arms of several runs on common axes, against epochs, seconds and images seen.

    \b
    ablate compare runs/pooling runs/optimizer --arm baseline --arm optimizer:sgd
    """
    from ablate.comparison_folder import compare_runs, shown_rows

    compared = compare_runs(runs, arm or [], metric or [], out)
    header, rows = shown_rows(compared.comparison)
    show_table(header, rows, right=tuple(range(1, len(header))))
    show_warnings(compared.comparison.warnings)
    show_paths(compared.paths)


@app.command()
def model(
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset.")],
    overrides: Overrides = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="CxHxW",
            help="Channels, height and width of an image; otherwise those of the settings.",
        ),
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="Number of classes; otherwise that of the settings."),
    ] = None,
) -> None:
    """Show a network's layers with output shapes and parameters, and their totals.

    \b
    ablate model good_model --set architecture.downsampling=strided_conv
    """
    from ablate.image_classification.described_network import HEADER, NUMERIC, described_network
    from ablate.study.loading import parse_override

    rows = described_network(preset, dict(map(parse_override, overrides or [])), image, classes)
    show_table(HEADER, rows, right=NUMERIC)


@app.command()
def settings(
    preset: Annotated[
        str | None, typer.Argument(metavar="PRESET", help="Show the values that a preset sets.")
    ] = None,
) -> None:
    """List every settings key of image classification: its value, levels and meaning.

    \b
    ablate settings good_model
    """
    from ablate.image_classification.settings.reference import settings_reference

    header = ("key", preset or "default", "may be", "what it does")
    show_table(header, [tuple(row) for row in settings_reference(preset)])


def _report_of_runs(runs: list[Path], folder: Path, compact: bool) -> None:
    from ablate.combined_runs import read_runs, seeds_left_aside
    from ablate.recorded_workload import read_from_records_alone
    from ablate.refused_folders import refuse_to_report_into
    from ablate.reporting.picture_folder import PICTURES_FOLDER, carry_pictures
    from ablate.run_folder import make_folder

    run = read_runs(runs)
    told = (*read_from_records_alone(run.plan.workload), *seeds_left_aside(runs, run.plan))
    refuse_to_report_into(folder, run.plan)
    make_folder(folder)
    if compact:
        run = _as_evidence(run, folder)
    for shown in reversed(runs):
        carry_pictures(shown / PICTURES_FOLDER, folder / PICTURES_FOLDER)
    _write_report(run, folder, told)


def _report_of_results(studies: list[Path], table: Path, folder: Path) -> None:
    """Always with its evidence, by which the folder is known for what it is."""
    from ablate.records.results_table import read_results
    from ablate.refused_folders import refuse_results_beside_a_run, refuse_to_report_into
    from ablate.run_folder import Run, make_folder
    from ablate.study.loading import load_study

    if len(studies) > 1:
        raise AblateError(
            Problem("--results", "goes with one study", f"leave out {studies[1]}, or --results")
        )
    found = read_results(table, load_study(studies[0]))
    if found.ignored:
        say(f"Columns left aside: {', '.join(found.ignored)}.")
    refuse_results_beside_a_run(folder)
    refuse_to_report_into(folder, found.plan)
    make_folder(folder)
    _write_report(_as_evidence(Run(found.plan, found.records), folder), folder)


def _as_evidence(run: "Run", folder: Path) -> "Run":
    """Puts study and records beside the report; the run as these say it, rounded, so that the
    report says what its own evidence says.
    """
    from ablate.combined_runs import read_runs
    from ablate.run_folder import write_compact_run

    write_compact_run(run, folder)
    return read_runs([folder])


def _write_report(run: "Run", folder: Path, more_warnings: tuple[str, ...] = ()) -> None:
    """Writes it, prints what it says in a sentence, and its path last."""
    from ablate.analysis.findings import analyse
    from ablate.records.provenance import provenance_of
    from ablate.reporting.answer import answer
    from ablate.reporting.report import write_report

    findings = analyse(run.plan, run.records, run.searches)
    findings = replace(findings, warnings=findings.warnings + more_warnings)
    path = write_report(findings, folder, provenance_of(run.records.values()))
    show(answer(findings))
    show_warnings(findings.warnings)
    typer.echo(path)
