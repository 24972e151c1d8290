"""Search spaces as files, found by name, read, and held against the arms that are to be searched.

A file holds `parameters`, each under its settings key, or under a name and with a `key`:

    training.learning_rate:
      type: float                      # float, int or categorical
      range: [1e-5, 1]                 # of a categorical parameter: choices
      scale: log                       # linear, where it is left out
      when: {optimizer: [sgd, adam]}   # choices of another parameter; left out: always
      why: below it nothing moves in ten epochs, above it everything diverges
"""

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_args

from ablate.errors import Problem, SettingsError, StudyError, did_you_mean, nearest
from ablate.refused_values import shown
from ablate.study.arms import Arm, overlaid
from ablate.study.draft import Draft
from ablate.study.schema import SettingsOverride
from ablate.study.search_space import DIGITS, Parameter, SearchSpace, rounded
from ablate.study.yaml_source import (
    Place,
    YamlFile,
    read_yaml,
    scalar_name,
    taken_for_text,
)
from ablate.workload import Workload

FOLDER = Path("search_spaces")
"""Where a space is looked for by its name."""

_KEYS = ("key", "type", "range", "choices", "scale", "when", "why")


class LoadedSpace(NamedTuple):
    """A space, and the file that it was read from."""

    space: SearchSpace
    source: YamlFile


def find_space(name: str | Path, *folders: Path, where: str | None = None) -> Path:
    """The file of a space by its name, or the path itself if it is one of a YAML file.

    folders: looked through in order; FOLDER where none is named. where: what names the space, for
    errors. Raises StudyError when there is none, with the nearest name there is.
    """
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return path
    folders = folders or (FOLDER,)
    for folder in folders:
        found = folder / f"{name}.yaml"
        if found.is_file():
            return found
    names = {file.stem for folder in folders for file in folder.glob("*.yaml")}
    raise StudyError(
        Problem(
            where or f"--space {name}",
            f"no search space named '{name}' in {' or '.join(map(str, dict.fromkeys(folders)))}",
            did_you_mean(str(name), names) if names else "give the path of a YAML file",
        )
    )


def folders_near(study_file: Path) -> tuple[Path, Path]:
    """Where the spaces that a study names are looked for: here, then beside the study's folder."""
    return FOLDER, study_file.resolve().parent.parent / FOLDER


def read_space(path: Path) -> LoadedSpace:
    """The space in a YAML file, checked as far as it goes alone. Raises StudyError."""
    source = read_yaml(path)
    return LoadedSpace(space_in(source, path.stem), source)


def space_in(source: YamlFile, name: str) -> SearchSpace:
    """The space of that name that a file, or a part of one, holds. Raises StudyError."""
    draft = Draft(source)
    content = draft.mapping(source.content, (), "a search space")
    if not draft.problems:
        draft.known_keys(content, (), ("about", "parameters"))
    if "about" in content and not isinstance(content["about"], str):
        draft.refuse(("about",), f"must be text, not {shown(content['about'])}")
    written = draft.mapping(content.get("parameters", {}), ("parameters",), "`parameters`")
    if not written and not draft.problems:
        draft.refuse(("parameters",), "a search space needs parameters", "name a settings key")
    parameters = [_parameter(draft, name, value) for name, value in written.items()]
    if not draft.problems:
        _check_conditions(draft, {item.name: item for item in parameters if item is not None})
    complete = [item for item in parameters if item is not None]
    if not draft.problems:
        _check_keys(draft, complete)
    if draft.problems:
        raise StudyError(*dict.fromkeys(draft.problems))
    by_name = {item.name: item for item in complete}
    complete.sort(key=lambda item: len(_needed(by_name, item.name)))
    return SearchSpace(
        name=name, about=content.get("about", "").strip(), parameters=tuple(complete)
    )


def check_space(
    space: SearchSpace, workload: Workload, arms: Sequence[Arm], source: YamlFile | None = None
) -> None:
    """Refuse parameters that the workload does not know, whose choices, ends or values in between
    it refuses, or that change nothing in one of the arms.

    source: the space's file, for lines. Raises StudyError with every problem found.
    """
    problems: dict[Problem, None] = {}
    if source is not None and workload.takes_any_settings:
        for written, word in source.unquoted.items():
            if written[2:3] == ("choices",):
                problems[taken_for_text(source.where(written), word)] = None
    for arm in arms:
        for parameter in space.parameters:
            for problem in _probed(space, parameter, workload, arm):
                place: Place = ("parameters", parameter.name, *problem.where.split("/"))
                where = f"search space '{space.name}', parameters.{parameter.name}"
                if source is not None:
                    where = source.where(place if place in source.lines else place[:2])
                problems[problem._replace(where=where)] = None
    if problems:
        raise StudyError(*problems)


def unfamiliar_keys(space: SearchSpace, workload: Workload, arms: Sequence[Arm]) -> Iterator[str]:
    """A remark on each key that a workload which takes any settings may not read: no arm has it."""
    if not workload.takes_any_settings:
        return
    known = {key for arm in arms for key in arm.settings}
    for key in dict.fromkeys(parameter.key for parameter in space.parameters):
        if key not in known:
            meant = nearest(key, known)
            yield (
                f"'{key}', which the space searches, is a setting of no arm: where the workload "
                f"does not read it, its values make no difference{f'; {meant}' if meant else ''}"
            )


def probes(space: SearchSpace, arm: Arm) -> Iterator[SettingsOverride]:
    """Settings of the arm at the ends and choices of each parameter, others at the arm's own
    values but for what conditions need.
    """
    for parameter in space.parameters:
        base = _prepared(space, parameter, arm)
        for value in parameter.extremes:
            yield overlaid(base, {parameter.key: value})


def probes_of_pairs(space: SearchSpace, arm: Arm) -> Iterator[SettingsOverride]:
    """The same at each two choices that two parameters may take together. All combinations of more
    would be too many of a large space.
    """
    by_name = {item.name: item for item in space.parameters}
    categorical = [parameter for parameter in space.parameters if parameter.choices]
    for one, other in itertools.combinations(categorical, 2):
        held = _needed(by_name, other.name).get(one.name, one.choice_names)
        first = arm.model_copy(update={"settings": _prepared(space, one, arm)})
        base = _prepared(space, other, first)
        for choice, another in itertools.product(one.choices, other.choices):
            if scalar_name(choice) in held:
                yield overlaid(overlaid(base, {one.key: choice}), {other.key: another})


# --- one parameter as it is written --------------------------------------------------------------


def _parameter(draft: Draft, name: str, written: Any) -> Parameter | None:
    place: Place = ("parameters", name)
    before = len(draft.problems)
    content = draft.mapping(written, place, "a parameter")
    if not content:
        if len(draft.problems) == before:
            draft.refuse(place, "the parameter says nothing", "give `type`, `range` and `why`")
        return None
    draft.known_keys(content, place, _KEYS)
    kind = content.get("type")
    if "type" not in content:
        draft.refuse(place, "'type' is missing", "give float, int or categorical")
    else:
        draft.word(kind, (*place, "type"), _words("type"), "type")
    key = content.get("key", name)
    if not isinstance(key, str) or not all(key.split(".")):
        draft.refuse((*place, "key"), f"{shown(key)} is no settings key", "write section.setting")
    why = content.get("why")
    if not isinstance(why, str) or not why.strip():
        draft.refuse(
            (*place, "why") if "why" in content else place,
            "'why' is missing" if "why" not in content else f"must be text, not {shown(why)}",
            "say in a sentence why this range",
        )
    entries = _categorical(draft, content, place) if kind == "categorical" else {}
    if kind in ("float", "int"):
        entries = _numeric(draft, content, place, str(kind))
    when = _when(draft, content.get("when", {}), (*place, "when"))
    if len(draft.problems) > before:
        return None
    return Parameter(name=name, key=key, type=kind, when=when, why=str(why).strip(), **entries)


def _words(field: str) -> tuple[str, ...]:
    return get_args(Parameter.model_fields[field].annotation)


def _numeric(draft: Draft, content: dict[str, Any], place: Place, kind: str) -> dict[str, Any]:
    if "choices" in content:
        draft.refuse((*place, "choices"), f"a parameter of type {kind} has a range, not choices")
    scale = content.get("scale", "linear")
    known = draft.word(scale, (*place, "scale"), _words("scale"), "scale")
    if "range" not in content:
        draft.refuse(place, "'range' is missing", "give its lowest and highest value: [1e-5, 1]")
        return {}
    written, where = content["range"], (*place, "range")
    if not isinstance(written, list) or len(written) != 2 or not all(map(_is_number, written)):
        draft.refuse(
            where,
            f"a range is two numbers, lowest and highest, not {shown(written)}",
            "write it as in [1e-5, 1]",
        )
        return {}
    low, high = written
    if kind == "int" and not (float(low).is_integer() and float(high).is_integer()):
        draft.refuse(where, f"an int goes from one whole number to another, not {shown(written)}")
    elif low == high:
        draft.refuse(
            where,
            f"the range is empty: {low:g} is both its ends",
            "give it room, or set the value in the study's baseline",
        )
    elif low > high:
        draft.refuse(
            where,
            f"the range is impossible: its low end {low:g} is above its high end {high:g}",
            f"write [{high:g}, {low:g}]",
        )
    elif known and scale == "log" and low <= 0:
        draft.refuse(
            where,
            f"a log scale never reaches {low:g}",
            "start the range above zero, as in [1e-5, 1], or write scale: linear",
        )
    elif rounded(float(low)) != low or rounded(float(high)) != high:
        draft.refuse(where, f"an end of a range has at most {DIGITS} significant digits")
    return {"range": (float(low), float(high)), "scale": scale}


def _categorical(draft: Draft, content: dict[str, Any], place: Place) -> dict[str, Any]:
    for key in ("range", "scale"):
        if key in content:
            draft.refuse((*place, key), f"a categorical parameter has choices, and no {key}")
    if "choices" not in content:
        draft.refuse(place, "'choices' is missing", "list the values that may be taken")
        return {}
    where = (*place, "choices")
    choices = draft.sequence(content["choices"], where, "`choices`")
    names = [scalar_name(choice) for choice in choices]
    if isinstance(content["choices"], list) and len(choices) < 2:
        draft.refuse(
            where,
            "the range is empty: a choice needs at least two values",
            "add a value, or set it in the study's baseline",
        )
    for index, choice in enumerate(choices):
        if isinstance(choice, dict):
            draft.refuse((*where, index), "a choice is a value or a list, not a mapping")
        elif names[index] in names[:index]:
            draft.refuse((*where, index), f"choice '{names[index]}' is there twice", "keep one")
    return {"choices": tuple(choices)}


def _when(draft: Draft, written: Any, place: Place) -> dict[str, tuple[str, ...]]:
    result = {}
    for other, value in draft.mapping(written, place, "`when`").items():
        held = value if isinstance(value, list) else [value]
        if not held or any(isinstance(item, dict) for item in held):
            draft.refuse((*place, other), "a condition names one choice or several")
        result[other] = tuple(map(scalar_name, held))
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


# --- parameters together -------------------------------------------------------------------------


def _check_conditions(draft: Draft, parameters: Mapping[str, Parameter]) -> None:
    for parameter in parameters.values():
        place: Place = ("parameters", parameter.name, "when")
        before = len(draft.problems)
        for other, held in parameter.when.items():
            _check_condition(draft, parameters, (*place, other), other, held)
        if len(draft.problems) > before:
            continue
        if parameter.name in _needed(parameters, parameter.name):
            draft.refuse(
                place,
                f"the condition never holds: '{parameter.name}' depends on itself",
                "remove one of the conditions that form the circle",
            )
            continue
        for other, allowed in _needed(parameters, parameter.name).items():
            if not allowed:
                draft.refuse(
                    place,
                    f"the condition never holds: what it needs asks '{other}' for two things "
                    "at once",
                    "compare it with the conditions of the parameters that it names",
                )


def _check_condition(
    draft: Draft,
    parameters: Mapping[str, Parameter],
    place: Place,
    other: str,
    held: tuple[str, ...],
) -> None:
    if not draft.word(other, place, list(parameters), "parameter"):
        return
    named = parameters[other]
    if named.type != "categorical":
        draft.refuse(
            place,
            f"'{other}' is no categorical parameter, so that no condition can name its value",
            "make the condition depend on a parameter with choices",
        )
        return
    for name in held:
        if name not in named.choice_names:
            draft.refuse(
                place,
                f"the condition never holds: '{other}' is never '{name}'",
                did_you_mean(name, named.choice_names),
            )


def _needed(parameters: Mapping[str, Parameter], name: str) -> dict[str, set[str]]:
    """Parameters that a parameter depends on, directly or not -> the choices under which it is
    searched; no choice where conditions contradict each other.
    """
    needed: dict[str, set[str]] = {}
    pending, seen = [name], set()
    while pending:
        current = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        for other, held in parameters[current].when.items():
            needed[other] = needed.get(other, set(held)) & set(held)
            pending.append(other)
    return needed


def _check_keys(draft: Draft, parameters: Sequence[Parameter]) -> None:
    """Two parameters set one setting only if they are never searched together."""
    by_name = {item.name: item for item in parameters}
    for index, later in enumerate(parameters):
        for earlier in parameters[:index]:
            if not _overlap(earlier.key, later.key):
                continue
            one, two = _needed(by_name, earlier.name), _needed(by_name, later.name)
            if not any(one[other].isdisjoint(two[other]) for other in one.keys() & two.keys()):
                draft.refuse(
                    ("parameters", later.name),
                    f"'{earlier.name}' sets {earlier.key} too",
                    "keep one of them, or give both a `when` that holds for one at a time",
                )


def _overlap(one: str, two: str) -> bool:
    return one == two or one.startswith(f"{two}.") or two.startswith(f"{one}.")


# --- what the workload says ----------------------------------------------------------------------


def _probed(
    space: SearchSpace, parameter: Parameter, workload: Workload, arm: Arm
) -> Iterator[Problem]:
    """What is wrong with a parameter in an arm; `where` is the key below it, as in range/0."""
    base = _prepared(space, parameter, arm)
    forms, refused = set(), False
    for index, value in enumerate((*parameter.extremes, *parameter.inner)):
        if refused and index >= len(parameter.extremes):
            return  # one value within the range says enough
        try:
            resolved = workload.resolve(overlaid(base, {parameter.key: value}))
        except SettingsError as error:
            refused = True
            for problem in error.problems:
                yield _refused(parameter, value, problem)
            if index == 0 and any(problem.about == "key" for problem in error.problems):
                return
        else:
            forms.add(json.dumps(workload.canonical(resolved), sort_keys=True))
    if not refused and len(forms) < 2:
        yield Problem(
            "",
            f"changes nothing in arm '{arm.name}'",
            "give it a `when`, leave it out, or search another arm",
        )


def _refused(parameter: Parameter, value: Any, problem: Problem) -> Problem:
    """A workload's problem with a value of a parameter, or with its key."""
    elsewhere = "" if problem.where == parameter.key else f"{problem.where}: "
    if problem.about == "key":
        return Problem("key", f"{elsewhere}{problem.message}", problem.fix)
    place = "choices" if parameter.choices else "range"
    message = f"{scalar_name(value)} is refused: {elsewhere}{problem.message}"
    return Problem(place, message, problem.fix)


def _prepared(space: SearchSpace, parameter: Parameter, arm: Arm) -> SettingsOverride:
    """The arm's settings with what the parameter's condition needs."""
    by_name = {item.name: item for item in space.parameters}
    needed = _needed(by_name, parameter.name)
    base = dict(arm.settings)
    for other in space.parameters:
        if other.name in needed:
            chosen = next(
                choice for choice in other.choices if scalar_name(choice) in needed[other.name]
            )
            base = overlaid(base, {other.key: chosen})
    return base
