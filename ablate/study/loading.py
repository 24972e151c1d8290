"""YAML -> Study. Every error names file, line, key and the nearest valid word."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ablate.errors import (
    AblateError,
    Problem,
    SettingsError,
    StudyError,
    did_you_mean,
    nearest,
)
from ablate.refused_values import in_words, shown
from ablate.study.arms import (
    by_dependence,
    conditions,
    is_forbidden_somewhere,
    overlaid,
    path_order,
)
from ablate.study.draft import Draft
from ablate.study.looking import looking_problems
from ablate.study.percentages import impossible_percentages
from ablate.study.plan import Plan
from ablate.study.planning import make_plan
from ablate.study.schema import Faster, Study
from ablate.study.seeds import parse_seeds
from ablate.study.shorthand import expand
from ablate.study.tune import check_tune, read_tuned_space
from ablate.study.yaml_source import Place, parse_setting, read_yaml, taken_for_text
from ablate.workload import (
    FROM_ELSEWHERE,
    MetricDescription,
    Workload,
    choice_metric,
    load_workload,
)


def load_study(
    path: Path | str,
    *,
    dataset: str | None = None,
    seeds: Sequence[int] | None = None,
    overrides: Mapping[str, Any] | None = None,
    workload: Workload | None = None,
    to_run: bool = False,
) -> Study:
    """The study in a YAML file, checked so far that it can be planned.

    dataset, overrides: settings laid over every baseline, the data set as `data.dataset`.
    seeds: in place of the file's. workload: in place of the one that the file names. to_run:
    whether trials are to be run, and not only read: claims on what none of them would hold are then
    refused.
    Raises StudyError with all problems found; nothing is read but the file itself, and that of the
    search space which it names.
    """
    draft = Draft(read_yaml(Path(path)))
    long = expand(draft)
    space_source = read_tuned_space(draft, long, Path(path))
    long.setdefault("name", Path(path).stem)
    if seeds is not None:
        long["seeds"] = list(parse_seeds(list(seeds)))
    given = _given(dataset, overrides or {})
    draft.problems += _contradicted(dataset, given)
    workload = workload or _workload(draft, long)
    if workload is not None and workload.takes_any_settings:
        draft.problems += _new_to_the_study(draft, given)
    draft.problems += _empty_sections(draft, given, workload)
    for context, settings in draft.contexts.items():
        draft.contexts[context] = overlaid(settings, {key: value for key, value, _ in given})
    _draw_curves(long)
    study = _validated(draft, long)
    if workload is not None:
        options = {key: option for key, _, option in given}
        refused = dict.fromkeys(_settings_problems(draft, study, workload, options))
        if refused and "workload" not in long:
            draft.problems += _of_another_workload(draft, workload)
        draft.problems += refused
        draft.problems += _metric_problems(draft, long, workload)
        if study is not None:
            draft.problems += [
                problem._replace(where=draft.source.where(draft.written(place)))
                for place, problem in impossible_percentages(
                    study, {**workload.metrics, **study.metrics}
                )
            ]
        if to_run and study is not None:
            draft.problems += _curves_not_had(draft, study, workload)
    if draft.problems or study is None or workload is None:
        raise StudyError(*dict.fromkeys(draft.problems))
    plan = _planned(draft, study, workload)
    if space_source is not None:
        check_tune(draft, plan, workload, space_source, seeds_given=seeds is not None)
    if study.max_seeds is not None:
        draft.problems += looking_problems(study, draft.source.where(("max_seeds",)))
    if draft.problems:
        raise StudyError(*draft.problems)
    return study


def parse_override(text: str) -> tuple[str, Any]:
    """`training.epochs=2` -> ("training.epochs", 2); the value is read as YAML.

    Raises StudyError.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise StudyError(
            Problem(f"--set {text}", "has no key and value", "write --set training.epochs=2")
        )
    try:
        return key.strip(), parse_setting(value)
    except StudyError as error:
        raise StudyError(
            *(problem._replace(where=f"--set {text}") for problem in error.problems)
        ) from None


def _given(dataset: str | None, overrides: Mapping[str, Any]) -> list[tuple[str, Any, str]]:
    """Key, value and option of each setting given on the command line; the last of a key wins."""
    given = [] if dataset is None else [("data.dataset", dataset, f"--dataset {dataset}")]
    for key, value in overrides.items():
        given += [(entry, setting, f"--set {key}") for entry, setting in _by_dotted_key(key, value)]
    return given


def _contradicted(dataset: str | None, given: Sequence[tuple[str, Any, str]]) -> Iterator[Problem]:
    """Settings that would take the place of the data set by which a run's folder is named."""
    for key, value, option in given[1:] if dataset is not None else ():
        if key == "data.dataset" and value != dataset:
            yield Problem(
                option,
                f"asks for data.dataset: {shown(value)}, and --dataset for '{dataset}'",
                "leave one of the two out",
            )


def _new_to_the_study(draft: Draft, given: Sequence[tuple[str, Any, str]]) -> Iterator[Problem]:
    """Settings given on the command line that the study does not have. A workload that takes any
    would refuse none, and may read none of them.
    """
    levels = [level for factor in draft.factors.values() for level in factor["levels"].values()]
    known = {key for settings in (*draft.contexts.values(), *levels) for key in settings}
    for key, _, option in given:
        if not any(f"{key}.".startswith(f"{k}.") or k.startswith(f"{key}.") for k in known):
            message = f"the study has no setting '{key}' that this could replace"
            near = nearest(key, known)
            cure = "add it to the baseline"
            yield Problem(option, message, f"{near} Else {cure}" if near else cure)


def _empty_sections(
    draft: Draft, given: Sequence[tuple[str, Any, str]], workload: Workload | None
) -> Iterator[Problem]:
    """Sections without keys, laid over keys of theirs that baselines, other factors or options set:
    whether these are to stay, or to go, is not said.
    """
    written = [(place, str(place[-1]), value) for place, value in _settings_written(draft)]
    options = [((option,), key, value) for key, value, option in given]
    takes_null = workload is not None and workload.takes_any_settings
    way_out = (
        "write null, if they are to go" if takes_null else "give the keys that it is to change"
    )
    for place, section, value in (*written, *options):
        if value != {} or place[0] == "contexts":
            continue
        others = [key for other, key, _ in (*written, *options) if other[:2] != place[:2]]
        if any(key.startswith(f"{section}.") for key in others):
            where = draft.source.where(draft.written(place)) if len(place) > 1 else str(place[0])
            yield Problem(
                where,
                f"'{section}' is empty, and the study sets keys of it",
                f"leave it out, if they are to stay, or {way_out}",
            )


def _settings_written(draft: Draft) -> Iterator[tuple[Place, Any]]:
    """Each setting of the baselines and of the levels, at its place in the long form."""
    for name, settings in draft.contexts.items():
        yield from ((("contexts", name, key), value) for key, value in settings.items())
    for name, factor in draft.factors.items():
        for level, settings in factor["levels"].items():
            place = ("factors", name, "levels", level)
            yield from (((*place, key), value) for key, value in settings.items())


def _by_dotted_key(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping) or not value:
        yield key, value
        return
    for name, below in value.items():
        yield from _by_dotted_key(f"{key}.{name}", below)


def _workload(draft: Draft, long: dict[str, Any]) -> Workload | None:
    name = long.get("workload", Study.model_fields["workload"].default)
    if not isinstance(name, str):
        return None  # the schema says so
    try:
        return load_workload(name)
    except AblateError as error:
        for problem in error.problems:
            fix = problem.fix or _where_its_module_is(name, Path(draft.source.name).parent)
            draft.refuse(("workload",), problem.message, fix)
        return None


def _where_its_module_is(name: str, folder: Path) -> str:
    """The cure where a module lies beside a study that is not in the current folder."""
    module = name.partition(":")[0].partition(".")[0]
    beside = (folder / f"{module}.py").is_file() or (folder / module / "__init__.py").is_file()
    there = folder.resolve()
    if not beside or there == Path.cwd():
        return ""
    here, path = shlex.quote(str(folder)), shlex.quote(str(there))
    return f"it lies beside the study: run the command in {here}, or with PYTHONPATH={path}"


def _validated(draft: Draft, long: dict[str, Any]) -> Study | None:
    """The long form as a Study; strict, so that text is no number and 1 is no `true`."""
    try:
        return Study.model_validate_json(json.dumps(long), strict=True)
    except ValidationError as error:
        for detail in error.errors():
            _note_schema_error(draft, detail)
        return None


def _note_schema_error(draft: Draft, detail: Any) -> None:
    loc: Place = detail["loc"]
    if loc[0] == "claims" and len(loc) > 2:
        loc = loc[:2] + loc[3:]  # without the claim's kind, which pydantic puts in
    place, message, fix = draft.written(loc), in_words(detail), ""
    match detail["type"]:
        case "missing":
            place, message = place[:-1], f"'{loc[-1]}' is missing"
        case "literal_error":
            message, fix = _not_known(detail["input"], detail["ctx"]["expected"])
        case "extra_forbidden":  # of the descriptions of metrics; others are known by now
            message = f"no key named '{loc[-1]}'"
            fix = did_you_mean(str(loc[-1]), MetricDescription.model_fields)
    draft.refuse(place, message, fix)


def _not_known(value: Any, expected: str) -> tuple[str, str]:
    """Message and cure for a value that is none of the words, or numbers, that pydantic lists as
    "'a', 'b' or 'c'", or "3, 4 or 5".
    """
    words = expected.replace(" or ", ", ").replace("'", "").split(", ")
    if isinstance(value, str) and "'" not in expected:
        of_words = f"write {value}, without quotes" if value in words else ""
        return f"must be a number, not {shown(value)}", of_words or f"known are: {', '.join(words)}"
    return f"{shown(value)} is not known here", did_you_mean(str(value), words)


# --- what the workload says ---------------------------------------------------------------------


def _settings_problems(
    draft: Draft, study: Study | None, workload: Workload, options: Mapping[str, str]
) -> Iterator[Problem]:
    """What the workload refuses in baselines, and in each level laid on each baseline.

    study: the draft's, if its schema is met.
    """
    if workload.takes_any_settings:
        yield from _words_taken_for_text(draft)
    for context, baseline in draft.contexts.items():
        refused = _refused(workload, baseline)
        for problem in refused:
            yield _located(draft, problem, ("contexts", context), baseline, options)
        for name, factor in draft.factors.items():
            if factor["contexts"] and context not in factor["contexts"]:
                continue
            for level, settings in factor["levels"].items():
                base = _laid_before(draft, study, context, name, level)
                known = refused if base == baseline else _refused(workload, base)
                # Values may go together in no arm but those that are drawn, which planning judges.
                lenient = study is not None and is_forbidden_somewhere(study, name, level)
                for problem in _refused(workload, overlaid(base, settings)):
                    if problem not in known and not (lenient and problem.about == "value"):
                        place = ("factors", name, "levels", level)
                        yield _located(draft, problem, place, settings, {})


def _of_another_workload(draft: Draft, workload: Workload) -> Iterator[Problem]:
    """That a study names no workload, where the default one knows nothing of its settings."""
    for baseline in draft.contexts.values():
        refused = _refused(workload, baseline)
        unknown = {problem.where: problem.fix for problem in refused if problem.about == "key"}
        sections = {key.partition(".")[0] for key in baseline}
        # A key that is nearly a known one is a misprint.
        if sections <= unknown.keys() and any(
            not unknown[section].startswith("did you mean") for section in sections
        ):
            yield Problem(
                draft.source.where(()),
                f"names no workload, and its settings are none of {workload.name}",
                "of results from elsewhere write `workload: external`, and of a function of your "
                "own `workload: module:function`",
            )
            return


def _words_taken_for_text(draft: Draft) -> Iterator[Problem]:
    """Values of settings that look like true, false or null, which nothing else would refuse."""
    written = {draft.written(place) for place, _ in _settings_written(draft)}
    for place, word in draft.source.unquoted.items():
        if any(place[:depth] in written for depth in range(len(place) + 1)):
            yield taken_for_text(draft.source.where(place), word)


def _laid_before(
    draft: Draft, study: Study | None, context: str, name: str, level: str
) -> dict[str, Any]:
    """A baseline with what arms that have a factor's level have below it: levels that conditions
    name, and on a path, below a level that is added, the steps before.
    """
    below: dict[str, str] = draft.factors[name]["when"]
    if study is not None:
        with suppress(StudyError):  # conditions that form a circle, which planning refuses
            needed = conditions(study, name)
            below = {other: needed[other] for other in by_dependence(study, needed)}
            if level == list(study.factors[name].levels)[-1]:
                below = _steps_before(study, context, name) | below
    settings = draft.contexts[context]
    for other, held in below.items():
        settings = overlaid(settings, draft.factors[other]["levels"].get(held, {}))
    return settings


def _steps_before(study: Study, context: str, name: str) -> dict[str, str]:
    """Factors that a path in a given order adds before another, each at the level that it adds."""
    order = path_order(study)
    if study.design.kind != "path" or study.design.order == "greedy" or name not in order:
        return {}
    before = [study.factors[other] for other in order[: order.index(name)]]
    return {
        other.name: list(other.levels)[-1]
        for other in before
        if other.levels and (not other.contexts or context in other.contexts)
    }


def _refused(workload: Workload, settings: dict[str, Any]) -> tuple[Problem, ...]:
    try:
        workload.resolve(settings)
    except SettingsError as error:
        return error.problems
    return ()


def _located(
    draft: Draft,
    problem: Problem,
    place: Place,
    settings: Mapping[str, Any],
    options: Mapping[str, str],
) -> Problem:
    """The workload's problem, at the line that set the key; `where` is the key it speaks of."""
    key = _setting_of(problem.where, settings)
    if key is not None and key in options:
        return problem._replace(where=options[key])
    written = draft.written((*place, key) if key else place)
    message = problem.message if key == problem.where else f"{problem.where}: {problem.message}"
    return Problem(draft.source.where(written), message, problem.fix)


def _setting_of(key: str, settings: Mapping[str, Any]) -> str | None:
    """The entry that set a key: itself, one above it, or one below it."""
    if key in settings:
        return key
    for entry in settings:
        if key.startswith(f"{entry}.") or entry.startswith(f"{key}."):
            return entry
    return None


def _metric_problems(draft: Draft, long: dict[str, Any], workload: Workload) -> Iterator[Problem]:
    """Metrics that the workload does not give; one that declares none may give any."""
    named: list[tuple[Place, Any]] = [(("metric",), long.get("metric", "test_accuracy"))]
    for index, claim in enumerate(long.get("claims", ())):
        named += [(("claims", index, key), claim.get(key)) for key in ("metric", "curve")]
    for index, number in enumerate(long.get("published", ())):
        named.append((("published", index, "metric"), number.get("metric")))
    named.append((("tune", "metric"), (long.get("tune") or {}).get("metric")))
    declared = long.get("metrics")
    known = {*workload.metrics, *(declared if isinstance(declared, dict) else ())}
    for place, name in named:
        if isinstance(name, str) and name.strip() and workload.metrics and name not in known:
            yield Problem(
                draft.source.where(draft.written(place)),
                f"no metric named '{name}'",
                did_you_mean(name, known),
            )
    described = declared if isinstance(declared, dict) else {}
    yield from _hidden_test_data(draft, workload, described)
    yield from _turned_round(draft, workload, described)


def _draw_curves(long: dict[str, Any]) -> None:
    """Convergence is judged by what the study is about, where a claim names no curve."""
    metric = long.get("metric", "test_accuracy")
    for claim in long.get("claims", ()):
        if claim["kind"] == "faster" and claim.get("curve") is None and isinstance(metric, str):
            claim["curve"] = choice_metric(metric)


def _curves_not_had(draft: Draft, study: Study, workload: Workload) -> Iterator[Problem]:
    """Claims on the course of a metric that no trial run here has at validation points. A table of
    results from elsewhere may have it.
    """
    known = {**workload.metrics, **study.metrics}
    for index, claim in enumerate(study.claims):
        if not isinstance(claim, Faster) or workload.name == FROM_ELSEWHERE:
            continue
        curve = claim.curve
        by_its_mean = claim.threshold is None and f"{curve}_mean" in known
        where = draft.source.where(draft.written(("claims", index, "curve")))
        if curve in known and known[curve].only_at_end and not by_its_mean:
            message = f"'{curve}' has no curve: a trial has it at its end alone"
            yield Problem(where, message, "name a metric of validation points")
        elif curve in workload.metrics and curve.startswith("test_") and not study.test_curve:
            message = f"'{curve}' has no curve: the test set is scored at a trial's end alone"
            yield Problem(where, message, "add test_curve: true, or name a validation metric")


def _hidden_test_data(
    draft: Draft, workload: Workload, declared: Mapping[str, Any]
) -> Iterator[Problem]:
    """Metrics of the test set that the study describes as if they were none."""
    for name, description in declared.items():
        rests = name in workload.metrics and workload.metrics[name].uses_test_data
        if rests and isinstance(description, dict) and not description.get("uses_test_data"):
            yield Problem(
                draft.source.where(("metrics", name)),
                f"'{name}' rests on test data, which this description leaves out",
                "add uses_test_data: true, or leave the description to the workload",
            )


def _turned_round(
    draft: Draft, workload: Workload, declared: Mapping[str, Any]
) -> Iterator[Problem]:
    """Metrics of the workload that the study describes as better the other way: every verdict would
    turn round. One that leaves the direction out says `true`, as the long form would.
    """
    for name, description in declared.items():
        if name not in workload.metrics or not isinstance(description, dict):
            continue
        better = workload.metrics[name].higher_is_better
        key = "higher_is_better"
        if description.get(key, MetricDescription.model_fields[key].default) is (not better):
            yield Problem(
                draft.source.where(("metrics", name, *([key] if key in description else []))),
                f"the workload's '{name}' is better when {'higher' if better else 'lower'}, and "
                f"this description turns it round{'' if key in description else ' by its default'}",
                f"write {key}: {shown(better)}, or leave the description to the workload",
            )


# --- what planning says -------------------------------------------------------------------------


def _planned(draft: Draft, study: Study, workload: Workload) -> Plan:
    """Raises StudyError, at the lines concerned, when the study cannot be planned."""
    try:
        return make_plan(study, workload)
    except StudyError as error:
        raise StudyError(
            *(
                problem._replace(where=draft.source.where(_written(draft, problem.where)))
                for problem in error.problems
            )
        ) from None


def _written(draft: Draft, key: str) -> Place:
    """The place in the file of a key of the long form, given as text."""
    places = {".".join(map(str, place)): place for place in draft.source.lines}
    places |= {".".join(map(str, place)): origin for place, origin in draft.origin.items()}
    while key and key not in places:
        key = key.rpartition(".")[0]
    return places.get(key, ())
