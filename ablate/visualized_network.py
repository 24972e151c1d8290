"""Which network is looked into: one of a run's, one from a file of weights, or an untrained one."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ablate.combined_runs import read_runs
from ablate.errors import AblateError, Problem, did_you_mean
from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.architecture.spec import NO_WEIGHTS
from ablate.image_classification.architecture.weights import SUFFIXES
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.resolving import of_preset, parse, resolve
from ablate.records.store import RecordStore, record_files
from ablate.refused_values import shown
from ablate.reporting.picture_folder import PICTURES_FOLDER
from ablate.stored_study import STUDY_FILE
from ablate.study.plan import Plan, PlannedTrial

if TYPE_CHECKING:
    from torch import nn

_WORKLOAD = "image_classification"


class Subject(NamedTuple):
    """A network to look into. name: in titles, "baseline (pooling, seed 0)"; file_name: in names
    of files, which are of one run in its own folder. folder: where its pictures go. origin: the
    run's name, "" where it is of none.
    """

    network: "nn.Module"
    settings: ImageClassificationSettings
    name: str
    file_name: str
    folder: Path
    origin: str = ""

    def drawn_into(self, folder: Path | None) -> "Subject":
        """The same with a folder of the user's, where networks of other runs may be as well."""
        if folder is None:
            return self
        parts = [self.origin, self.file_name] if self.origin else [self.file_name]
        return self._replace(folder=folder, file_name="_".join(parts))


def find_subject(
    which: str,
    *,
    arm: str | None = None,
    seed: int | None = None,
    preset: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    data_dir: Path | None = None,
) -> Subject:
    """The network that is asked for.

    which: the folder of a run that keeps weights (arm: a name, or "context/name", else the
    baseline; seed: else the first with weights); a file of weights (preset and overrides: of their
    network); or a preset, whose network is as it starts (seed: of its initial weights, else 0;
    overrides; data_dir: where weights that it starts from are looked for, too). Raises AblateError
    when there is no such network, with those that there are.
    """
    path, overrides = Path(which), overrides or {}
    if path.is_dir():
        _refuse([*_given(preset=preset), *overrides], f"{which} is a run, and knows its networks")
        return _of_run(path, arm, seed)
    if path.is_file() or path.suffix in SUFFIXES:
        _refuse(_given(arm=arm, seed=seed), f"{which} is no run, but one network")
        return _of_file(path, preset, overrides)
    if which in PRESETS:
        _refuse(_given(arm=arm, preset=preset), f"{which} is a preset itself")
        return _of_preset(which, seed or 0, overrides, data_dir)
    raise AblateError(
        Problem(
            which,
            "is neither the folder of a run, nor a file of weights, nor a preset",
            did_you_mean(which, PRESETS),
        )
    )


def _given(**options: Any) -> list[str]:
    return [f"--{name}" for name, value in options.items() if value is not None]


def _refuse(given: Iterable[str], why: str) -> None:
    if problems := [
        Problem(option, f"has no meaning here: {why}", "leave it out") for option in given
    ]:
        raise AblateError(*problems)


def _of_preset(
    preset: str, seed: int, overrides: Mapping[str, Any], data_dir: Path | None
) -> Subject:
    from ablate.image_classification.visualization.network import load_network

    settings = parse(resolve(of_preset(preset, overrides)))
    start, spec = "untrained", settings.architecture
    if spec.weights != NO_WEIGHTS:
        start = f"{Path(spec.weights.partition('@')[0]).stem} weights"
    told = [start, f"seed {seed}", *_told(overrides)]
    return Subject(
        load_network(settings, seed, data_dir=data_dir),
        settings,
        f"{preset} ({', '.join(told)})",
        "_".join([preset, start, f"seed{seed}", *_told(overrides)]),
        Path(PICTURES_FOLDER),
    )


def _told(overrides: Mapping[str, Any]) -> list[str]:
    """As in "kernel_size 5"; weights have their file's name."""
    return [
        f"{key.rpartition('.')[2]} {value if isinstance(value, str) else shown(value)}"
        for key, value in overrides.items()
        if key != "architecture.weights"
    ]


def _of_file(path: Path, preset: str | None, overrides: Mapping[str, Any]) -> Subject:
    from ablate.image_classification.visualization.network import load_network

    if not path.is_file():
        raise AblateError(Problem(str(path), "no such file"))
    if preset is None:
        raise AblateError(
            Problem(
                str(path),
                "holds weights, but says nothing of their network",
                f"name it with --preset: {', '.join(PRESETS)}",
            )
        )
    settings = parse(resolve(of_preset(preset, overrides)))
    network = load_network(settings, 0, path)
    told = _told(overrides)
    name = f"{preset} ({', '.join([path.name, *told])})"
    file_name = "_".join([preset, path.stem, *told])
    return Subject(network, settings, name, file_name, Path(PICTURES_FOLDER))


def _of_run(folder: Path, arm: str | None, seed: int | None) -> Subject:
    from ablate.image_classification.visualization.network import load_network
    from ablate.image_classification.workload import WORKLOAD

    run = read_runs([folder])
    plan, records = run.plan, run.records
    if plan.study.workload != _WORKLOAD:
        raise AblateError(
            Problem(
                str(folder),
                f"its trials are of the workload '{plan.study.workload}'",
                f"only networks of '{_WORKLOAD}' can be looked into",
            )
        )
    kept = {hash_: record.weights for hash_, record in records.items() if record.weights}
    trial = _chosen(folder, plan, [t for t in plan.trials if t.hash in kept], arm, seed)
    settings = parse(WORKLOAD.resolve(trial.spec.settings))
    weights = RecordStore(folder).folder / str(kept[trial.hash])
    name = _named(plan, trial)
    return Subject(
        load_network(settings, trial.seed, weights),
        settings,
        f"{name} ({plan.study.name}, seed {trial.seed})",
        f"{name}_seed{trial.seed}",
        folder / PICTURES_FOLDER,
        folder.resolve().name,
    )


def _chosen(
    folder: Path, plan: Plan, kept: list[PlannedTrial], arm: str | None, seed: int | None
) -> PlannedTrial:
    """The trial that is asked for, of those whose weights are kept."""
    if not kept:
        raise AblateError(
            Problem(str(folder), "holds no weights of any trial", _way_to_weights(folder, plan))
        )
    names = {one.key: (one.name, f"{one.context}/{one.name}") for one in plan.arms}
    if arm is not None and not any(arm in both for both in names.values()):
        known = [_named(plan, trial) for trial in plan.trials]
        raise AblateError(Problem(f"--arm {arm}", "no such arm", did_you_mean(arm, set(known))))
    references = {one.key for one in plan.arms if one.is_reference}
    for trial in kept:
        key = (trial.context, trial.arm)
        of_arm = key in references if arm is None else arm in names[key]
        if of_arm and seed in (None, trial.seed):
            return trial
    wanted = f"{arm or 'the baseline'}{'' if seed is None else f' with seed {seed}'}"
    there_are = f"there are those of {_list(plan, kept)}"
    if seed is None or seed in plan.study.seeds:
        there_are += f"; for others {_way_to_weights(folder, plan)}"
    raise AblateError(Problem(str(folder), f"holds no weights of {wanted}", there_are))


def _way_to_weights(folder: Path, plan: Plan) -> str:
    if not record_files(folder):
        return "name the run's own folder: reports carry no weights"
    if plan.study.keep_weights:  # their files are gone, or their trials have not ended
        return (
            "run it again, which trains those that lack them: "
            f"ablate run {folder / STUDY_FILE} --out {folder}"
        )
    return "set `keep_weights: true` in its study and run it again"


def _list(plan: Plan, kept: list[PlannedTrial]) -> str:
    """Arms and their seeds, as in "baseline (seeds 0, 1), strided_conv (seed 0)"."""
    seeds: dict[str, list[int]] = {}
    for trial in kept:
        seeds.setdefault(_named(plan, trial), []).append(trial.seed)
    return ", ".join(
        f"{name} (seed{'s' if len(of_arm) > 1 else ''} {', '.join(map(str, of_arm))})"
        for name, of_arm in seeds.items()
    )


def _named(plan: Plan, trial: PlannedTrial) -> str:
    """The arm, with its context where there are several."""
    return f"{trial.context}/{trial.arm}" if len(plan.study.contexts) > 1 else trial.arm
