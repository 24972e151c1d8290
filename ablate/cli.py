"""The command line: parse, call one function of a room after the other, render. No logic.

Rooms that import torch, ray, pandas or matplotlib are imported inside the commands that use them,
so that `--help` and shell completion answer at once.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ablate import __version__
from ablate.errors import AblateError, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from ablate.records.search_result import SearchResult
    from ablate.run_folder import Run
    from ablate.study.plan import Plan

INTERRUPTED = 130
TRIALS_FAILED = 1
STOPPED = "Stopped. Finished trials are recorded; the same command continues."


class _Commands(TyperGroup):
    """Shows an expected error as its problems and nothing else; `--debug` lets it through."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except AblateError as error:
            if ctx.params["debug"]:
                raise
            _console(stderr=True).print(
                str(error), style="red", markup=False, highlight=False, soft_wrap=True
            )
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    name="ablate",
    cls=_Commands,
    help="Which design choices matter, by how much, and how sure are we?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study, a YAML file.")]
Dataset = Annotated[
    str | None, typer.Option(metavar="NAME", help="Use this data set, e.g. digits.")
]
Seeds = Annotated[
    str | None, typer.Option(metavar="SEEDS", help="Use these seeds, e.g. 0-4 or 0,2,7.")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a baseline's key; may be repeated."),
]
Out = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder of the run; otherwise runs/STUDY.")
]
Records = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Use the records of this run or report too; may be repeated."),
]

DataDir = Annotated[Path | None, typer.Option(metavar="DIR", help="Look here for data sets first.")]
CpusPerTrial = Annotated[
    float | None, typer.Option(metavar="N", help="CPUs, hence threads, a trial.")
]
GpusPerTrial = Annotated[
    float | None, typer.Option(metavar="N", help="GPUs a trial; 0.5 lets two share one.")
]
MaxConcurrent = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="At most so many trials at a time.")
]
Address = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Join this Ray cluster.")]


def main() -> None:
    """The `ablate` command."""
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
) -> None:
    """Run the trials that a study still misses, and write its report.

    \b
    ablate run studies/pooling.yaml --dataset digits
    """
    from ablate.records.looks import sequential_plan
    from ablate.run_folder import collect, folder_for, open_run, records_of
    from ablate.tuning.greedy import run_in_steps
    from ablate.tuning.progress import show_progress
    from ablate.tuning.runner import ResourceWish, run_trials
    from ablate.until_decided import run_until_decided

    plan = _plan(study_file, dataset, seeds, overrides)
    if until_decided:
        plan = sequential_plan(plan, max_seeds)
    elif max_seeds is not None:
        raise AblateError(Problem("--max-seeds", "goes with --until-decided", "add that, too"))
    folder = folder_for(study_file, dataset, out)
    with open_run(folder, plan, records or []) as store:
        with show_progress() as progress:
            run_step = partial(
                run_trials,
                store=store,
                resources=ResourceWish(cpus_per_trial, gpus_per_trial),
                address=address,
                data_dir=data_dir,
                progress=progress,
                max_concurrent=max_concurrent,
            )
            if plan.study.max_seeds is None:
                plan, summary = run_in_steps(
                    plan, run_step, store.get, lambda longer: collect(folder, longer, records or [])
                )
            else:
                plan, summary = run_until_decided(plan, run_step, store.get)
        if summary.interrupted:
            _say(STOPPED)
            raise typer.Exit(INTERRUPTED)
        _write_report(records_of(plan, store), folder)
    if summary.failed:
        raise typer.Exit(TRIALS_FAILED)


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
    from ablate.records.greedy_path import follow
    from ablate.run_folder import folder_for, recorded
    from ablate.study.plan import estimate_cost, plan_table

    plan = _plan(study_file, dataset, seeds, overrides)
    found = recorded(folder_for(study_file, dataset, out), plan, records or [])
    plan = follow(plan, found.get).plan
    rows = plan_table(plan, found)
    contexts = len(plan.study.contexts) > 1
    _console().print(plan.study.question, style="bold", markup=False, highlight=False)
    _show_table(
        ("context", "arm", "settings", "trials", "recorded")[0 if contexts else 1 :],
        [tuple(map(str, row))[0 if contexts else 1 :] for row in rows],
    )
    missing = [trial for trial in plan.unique_trials if trial.hash not in found]
    costs = {hash_: record.cost for hash_, record in found.items()}
    _console().print(
        _cost_sentence(len(plan.unique_trials), len(missing), estimate_cost(plan, costs)),
        highlight=False,
    )


@app.command()
def search(
    study_file: StudyFile,
    space: Annotated[
        str, typer.Option(metavar="SPACE", help="Name of a search space, or its file.")
    ],
    trials: Annotated[int, typer.Option(metavar="N", min=1, help="Points to try in an arm.")] = 32,
    arm: Annotated[
        str | None, typer.Option(metavar="ARM", help="Search this arm; otherwise each.")
    ] = None,
    sampler: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="tpe, random, quasi_monte_carlo, gaussian_process, cma_es or nsga2.",
        ),
    ] = "tpe",
    scheduler: Annotated[
        str | None, typer.Option(metavar="NAME", help="Stop poor trials early: asha or median.")
    ] = None,
    grace_period: Annotated[
        int, typer.Option(metavar="N", min=1, help="Validations before a trial may be stopped.")
    ] = 1,
    seeds: Annotated[
        str, typer.Option(metavar="SEEDS", help="Seeds that a point is averaged over.")
    ] = "100",
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the sampler.")] = 0,
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
    """Search hyperparameters of a study's arms by validation data; the test set is not looked at.

    \b
    ablate search studies/optimizer.yaml --space learning_rate --trials 32
    """
    from ablate.search_folder import search_folder_for, search_study
    from ablate.study.loading import parse_seeds
    from ablate.tuning.progress import show_progress
    from ablate.tuning.runner import ResourceWish

    plan = _plan(study_file, dataset, None, overrides)
    folder = search_folder_for(study_file, space, dataset, out)
    with show_progress() as progress:
        results = search_study(
            plan,
            space,
            folder,
            arm=arm,
            others=records or [],
            seeds=parse_seeds(seeds),
            trials=trials,
            sampler=sampler,
            scheduler=scheduler,
            grace_period=grace_period,
            seed=seed,
            storage=storage,
            metric=metric,
            resources=ResourceWish(cpus_per_trial, gpus_per_trial),
            address=address,
            data_dir=data_dir,
            progress=progress,
            max_concurrent=max_concurrent,
        )
    if results and results[-1].interrupted:
        _say(STOPPED)
        raise typer.Exit(INTERRUPTED)
    _show_table(
        ("arm", results[0].metric, "at", "points"),
        [_best_row(result) for result in results],
        right=(1, 3),
    )
    typer.echo(folder / "search.csv")


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
    """Write the report of a run, of several runs together, or of results from elsewhere.

    \b
    ablate report runs/pooling --out reports/pooling --compact
    ablate report studies/pooling.yaml --results results.csv
    """
    from ablate.run_folder import folder_for_results, make_folder, read_runs, write_compact_run

    if results is None:
        run, folder = read_runs(runs), out or runs[0]
    else:
        run, folder = (
            _results_from_elsewhere(runs, results),
            folder_for_results(runs[0], results, out),
        )
    make_folder(folder)
    if compact:
        write_compact_run(run, folder)
    _write_report(run, folder)


@app.command()
def model(
    preset: Annotated[str, typer.Argument(metavar="PRESET", help="Name of a preset.")],
    overrides: Overrides = None,
    image: Annotated[
        str, typer.Option(metavar="CxHxW", help="Channels, height and width of an image.")
    ] = "3x32x32",
    classes: Annotated[int, typer.Option(metavar="N", min=2, help="Number of classes.")] = 10,
) -> None:
    """Show a network's layers with output shapes and parameters, and their totals.

    \b
    ablate model good_model --set architecture.downsampling=strided_conv
    """
    from ablate.image_classification.architecture.summary import layer_table
    from ablate.image_classification.settings import parse, resolve
    from ablate.study.loading import parse_override

    settings = resolve({"preset": preset, **dict(map(parse_override, overrides or []))})
    try:
        table = layer_table(parse(settings).architecture, _image_shape(image), classes)
    except ValueError as error:
        raise AblateError(str(error)) from None
    rows = [
        (
            row.name,
            row.description,
            _shape_text(row.output_shape),
            f"{row.parameters:,}",
            f"{row.flops:,}",
        )
        for row in table.rows
    ]
    _show_table(
        ("layer", "what", "output", "parameters", "FLOPs an image"),
        [*rows, ("total", "", "", f"{table.parameters:,}", f"{table.flops:,}")],
        right=(2, 3, 4),
    )


def _plan(
    study_file: Path, dataset: str | None, seeds: str | None, overrides: list[str] | None
) -> "Plan":
    from ablate.study.loading import load_study, parse_override, parse_seeds
    from ablate.study.plan import make_plan

    study = load_study(
        study_file,
        dataset=dataset,
        seeds=None if seeds is None else parse_seeds(seeds),
        overrides=dict(map(parse_override, overrides or [])),
    )
    return make_plan(study)


def _best_row(result: "SearchResult") -> tuple[str, str, str, str]:
    best = result.best
    points = str(len(result.points))
    if best is None:
        return result.arm, "", "no point completed", points
    settings = ", ".join(f"{key}: {value}" for key, value in best.values.items())
    return result.arm, f"{best.value:.4g}", settings, points


def _results_from_elsewhere(studies: list[Path], table: Path) -> "Run":
    from ablate.records.results_table import read_results
    from ablate.run_folder import Run
    from ablate.study.loading import load_study

    if len(studies) > 1:
        raise AblateError(
            Problem("--results", "goes with one study", f"leave out {studies[1]}, or --results")
        )
    found = read_results(table, load_study(studies[0]))
    if found.ignored:
        _say(f"Columns left aside: {', '.join(found.ignored)}.")
    return Run(found.plan, found.records)


def _write_report(run: "Run", folder: Path) -> None:
    """Writes it, prints what it says in a sentence, and its path last."""
    from ablate.analysis.findings import analyse
    from ablate.records.provenance import provenance_of
    from ablate.reporting.answer import answer
    from ablate.reporting.report import write_report

    findings = analyse(run.plan, run.records)
    path = write_report(findings, folder, provenance_of(run.records.values()))
    _console().print(answer(findings), markup=False, highlight=False, soft_wrap=True)
    for warning in findings.warnings:
        _say(f"Mind this: {warning}")
    typer.echo(path)


def _cost_sentence(trials: int, missing: int, core_seconds: float | None) -> str:
    if not missing:
        return f"{trials} trials, all recorded."
    known = f"{trials} trials, {trials - missing} recorded, {missing} to run"
    if core_seconds is None:
        return f"{known}; their cost is not known before one has run."
    return f"{known}: about {core_seconds / 3600:.2f} core-hours."


def _image_shape(text: str) -> tuple[int, ...]:
    parts = text.lower().split("x")
    if len(parts) != 3 or not all(part.isdecimal() and int(part) for part in parts):
        raise AblateError(
            Problem(
                f"--image {text}",
                "is no shape of an image",
                "write channels x height x width, as in 3x32x32",
            )
        )
    return tuple(map(int, parts))


def _shape_text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _say(text: str) -> None:
    _console(stderr=True).print(text, markup=False, highlight=False, soft_wrap=True)


def _show_table(
    header: tuple[str, ...], rows: list[tuple[str, ...]], right: tuple[int, ...] = ()
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for position, title in enumerate(header):
        number = position in right or title in ("trials", "recorded")
        table.add_column(title, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    _console().print(table)


def _console(stderr: bool = False) -> "Console":
    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal:
        console = Console(stderr=stderr, width=160)  # a file has no width to wrap at
    return console
