"""A study as it is written -> the long form of `schema.py`.

Every shorthand is expanded here and nowhere else. What cannot be meant is gathered in the draft's
problems, each with its place in the file, and left out of the long form.
"""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from ablate.errors import StudyError
from ablate.refused_values import shown
from ablate.study.draft import Draft, is_blank
from ablate.study.schema import Claim, Design, Selector, Study, Tune
from ablate.study.seeds import parse_seeds
from ablate.study.yaml_source import Place, is_same_number, scalar_name

CLAIMS: dict[str, Any] = {
    kind.model_fields["kind"].default: kind for kind in get_args(get_args(Claim)[0])
}
"""Claim models by kind, which is the key that a study writes."""

_ABOUT_CLAIMS = ("says", "published", "context", "metric", "family")
_KINDS_OF_DESIGN = get_args(Design.model_fields["kind"].annotation)
_KEYS = ("baseline", "baselines", *(key for key in Study.model_fields if key != "contexts"))
_AS_WRITTEN = (
    "name", "question", "workload", "metric", "metrics", "smallest_effect_of_interest", "diverged",
    "max_seeds", "stop_futile", "test_curve", "keep_weights", "retries",
)  # fmt: skip


def expand(draft: Draft) -> dict[str, Any]:
    """The long form of the draft's source, as `Study` takes it.

    Raises StudyError when there is nothing to expand; other problems go to the draft.
    """
    content = draft.mapping(draft.source.content, (), "a study")
    if draft.problems:
        raise StudyError(*draft.problems)
    draft.known_keys(content, (), _KEYS)
    draft.empty(content, ())
    long = {key: content[key] for key in _AS_WRITTEN if key in content}
    _contexts(draft, content)
    factors = draft.mapping(
        content.get("factors", {}), ("factors",), "factors", "write `name: levels`, without a dash"
    )
    for key, value in factors.items():
        _factor(draft, key, value)
    _conditions(draft)
    long |= {"contexts": draft.contexts, "factors": draft.factors}
    readers: dict[str, Callable[[Draft, Any], Any]] = {
        "design": _design,
        "forbid": _forbid,
        "seeds": _seeds,
        "tune": _tune,
        "claims": _claims,
        "published": _published,
    }
    return long | {
        key: read(draft, content[key]) for key, read in readers.items() if key in content
    }


# --- baselines --------------------------------------------------------------------------------


def _contexts(draft: Draft, content: dict[str, Any]) -> None:
    if "baseline" in content and "baselines" in content:
        draft.refuse(("baselines",), "there is a `baseline` already", "keep one of the two")
    elif "baselines" in content:
        baselines = draft.mapping(
            content["baselines"], ("baselines",), "baselines", "write `name: {setting: value}`"
        )
        if baselines == {} and isinstance(content["baselines"], dict):
            draft.refuse(("baselines",), "there is no baseline", "name at least one")
        for name, value in baselines.items():
            if is_blank(name):
                draft.refuse(("baselines", name), "a baseline's name is empty", "give it one")
            else:
                _context(draft, name, value, ("baselines", name))
    elif "baseline" in content:
        _context(draft, "baseline", content["baseline"], ("baseline",))
    else:
        draft.refuse((), "'baseline' is missing", "add the settings that arms are compared with")


def _context(draft: Draft, name: str, value: Any, place: Place) -> None:
    draft.origin["contexts", name] = place
    settings = draft.mapping(value, place, "a baseline", "write its settings: {setting: value}")
    draft.contexts[name] = _flat(draft, settings, place, ("contexts", name))


def _flat(
    draft: Draft, settings: Mapping[str, Any], place: Place, long: Place, prefix: str = ""
) -> dict[str, Any]:
    """Settings by dotted key, however they were nested."""
    result: dict[str, Any] = {}
    for key, value in settings.items():
        dotted, there = f"{prefix}{key}", (*place, key)
        entries = (
            _flat(draft, value, there, long, f"{dotted}.")
            if isinstance(value, dict) and value
            else {dotted: value}
        )
        for entry in entries.keys() & result.keys():
            draft.refuse(there, f"'{entry}' is set twice", "keep one of the two")
        draft.origin.setdefault((*long, dotted), there)
        result |= entries
    return result


# --- factors ----------------------------------------------------------------------------------


def _factor(draft: Draft, key: str, value: Any) -> None:
    name, place = key.rpartition(".")[2], ("factors", key)
    if name in draft.factors:
        draft.refuse(
            place,
            f"two factors are named '{name}'",
            "name one yourself: `other_name: {level: {setting: value}}`",
        )
        return
    if name in ("context", ""):
        draft.refuse(place, f"a factor cannot be named '{name}'", "choose another name")
        return
    if ":" in name or ", " in name:  # which join the factors of an interaction, and its aliases
        draft.refuse(
            place,
            f"the factor's name '{name}' holds ':' or ', ', which join factors in results",
            f"name it '{name.replace(', ', '_').replace(':', '_')}'",
        )
        return
    draft.origin["factors", name] = place
    long = {"levels": value}
    levels_place: Place = place
    if isinstance(value, dict) and "levels" in value:
        draft.known_keys(value, place, ("levels", "when", "contexts"))
        long, levels_place = value, (*place, "levels")
    elif not isinstance(value, dict | list):
        draft.refuse(
            place,
            f"a factor is a list of values or a mapping of levels, not {shown(value)}",
            f"write `{key}: [{scalar_name(value)}, ...]`",
        )
        return
    elif isinstance(value, dict):
        long = {"levels": _without_conditions(draft, name, value, place)}
    draft.factors[name] = {
        "name": name,
        "levels": _levels(draft, name, key, long["levels"], levels_place),
        "when": draft.mapping(long.get("when", {}), (*place, "when"), "`when`"),
        "contexts": draft.sequence(long.get("contexts", []), (*place, "contexts"), "`contexts`"),
    }


def _without_conditions(
    draft: Draft, name: str, value: dict[str, Any], place: Place
) -> dict[str, Any]:
    """Levels that stand directly under their factor, where no condition has a place."""
    beside = [word for word in ("when", "contexts") if word in value]
    for word in beside:
        draft.refuse(
            (*place, word),
            f"`{word}` stands among the levels of '{name}', as if it were one",
            f"put the levels under `levels:`, beside `{word}`",
        )
    return {level: settings for level, settings in value.items() if level not in beside}


def _levels(draft: Draft, name: str, key: str, value: Any, place: Place) -> dict[str, Any]:
    levels: dict[str, Any] = {}
    if isinstance(value, list):
        for index, setting in enumerate(value):
            _value_level(draft, levels, (name, key), setting, (*place, index))
    else:
        for level, settings in draft.mapping(value, place, "`levels`").items():
            _named_level(draft, levels, (name, level), settings, (*place, level))
    if not value:
        draft.refuse(place, f"factor '{name}' has no levels", "give at least one")
    return levels


def _value_level(
    draft: Draft, levels: dict[str, Any], of: tuple[str, str], value: Any, place: Place
) -> None:
    """A level that is a value of the factor's own key."""
    name, key = of
    if isinstance(value, dict):
        draft.refuse(
            place,
            "a level in a list is a value, not a mapping",
            f"name the levels: `{name}: {{level: {{setting: value}}}}`",
        )
        return
    level = scalar_name(value)
    if is_blank(level):
        written = f"'{value}'" if isinstance(value, str) else value
        fix = f"name the levels: `{name}: {{empty: {{{key}: {written}}}, other: {{{key}: ...}}}}`"
        draft.refuse(place, f"the level {shown(value)} has no name", fix)
        return
    if level in levels:
        draft.refuse(place, f"level '{level}' is there twice", "each level makes one arm")
        return
    levels[level] = {key: value}
    draft.origin["factors", name, "levels", level] = place
    draft.origin["factors", name, "levels", level, key] = place


def _named_level(
    draft: Draft, levels: dict[str, Any], of: tuple[str, str], settings: Any, place: Place
) -> None:
    name, level = of
    if is_blank(level):
        draft.refuse(place, f"a level of '{name}' has an empty name", "give it one")
        return
    if not isinstance(settings, dict):
        fix = f"write `{level}: {{setting: value}}`, with {{}} for no change"
        if isinstance(settings, list) and place == ("factors", place[1], level):
            fix = f"a setting with a list of levels is a factor: write `{place[1]}.{level}: [...]`"
        draft.refuse(place, f"a level is a mapping of settings, not {shown(settings)}", fix)
        return
    long = ("factors", name, "levels", level)
    draft.origin[long] = place
    levels[level] = _flat(draft, settings, place, long)


def _conditions(draft: Draft) -> None:
    """What factors say of other factors and of contexts, which are all known by now."""
    for name, factor in draft.factors.items():
        place = draft.written(("factors", name))
        factor["when"] = _by_factor(draft, factor["when"], (*place, "when"))
        for index, context in enumerate(factor["contexts"]):
            draft.word(context, (*place, "contexts", index), draft.contexts, "baseline")
        factor["contexts"] = [name for name in factor["contexts"] if isinstance(name, str)]


def _by_factor(draft: Draft, value: Mapping[str, Any], place: Place) -> dict[str, str]:
    """Factor -> level, both known."""
    result = {}
    for factor, level in value.items():
        there = (*place, factor)
        if draft.word(factor, there, draft.factors, "factor"):
            levels = draft.factors[factor]["levels"]
            name = _of_that_number(level, levels) or scalar_name(level)
            if isinstance(level, list) and name not in levels:
                draft.refuse(
                    there,
                    f"{shown(level)} is no level of '{factor}', of which one is named here",
                    f"write `{factor}: {next(iter(levels), 'level')}`; known are: "
                    f"{', '.join(levels) or 'none'}",
                )
                continue
            if name == "baseline" or draft.word(name, there, levels, f"level of '{factor}'"):
                result[factor] = name
    return result


def _of_that_number(level: Any, levels: Mapping[str, Any]) -> str | None:
    """The one level that is the same number written otherwise, as 0.0 is for 0."""
    is_number = isinstance(level, int | float) and not isinstance(level, bool)
    if not is_number or scalar_name(level) in levels:
        return None
    equal = [name for name in levels if is_same_number(name, scalar_name(level))]
    return equal[0] if len(equal) == 1 else None


# --- design, seeds, tuning --------------------------------------------------------------------


def _design(draft: Draft, value: Any) -> dict[str, Any]:
    place: Place = ("design",)
    if not isinstance(value, dict):
        return {"kind": value} if draft.word(value, place, _KINDS_OF_DESIGN, "design") else {}
    draft.known_keys(value, place, Design.model_fields)
    result = {key: value[key] for key in ("kind", "order", "resolution") if key in value}
    kind = result.get("kind", _KINDS_OF_DESIGN[0])
    if not draft.word(kind, (*place, "kind"), _KINDS_OF_DESIGN, "design"):
        del result["kind"]
    if not _is_order(draft, result.get("order", []), (*place, "order")):
        del result["order"]
    return result


def _is_order(draft: Draft, order: Any, place: Place) -> bool:
    if isinstance(order, list):
        known = [
            draft.word(factor, (*place, index), draft.factors, "factor")
            for index, factor in enumerate(order)
        ]
        return all(known)
    if order != "greedy":
        draft.refuse(place, f"{shown(order)} is no order", "give a list of factors, or greedy")
    return bool(order == "greedy")


def _forbid(draft: Draft, value: Any) -> list[dict[str, str]]:
    result = []
    for index, combination in enumerate(draft.sequence(value, ("forbid",), "`forbid`")):
        place: Place = ("forbid", index)
        what = "a combination to leave out"
        levels = draft.mapping(combination, place, what, "write {factor: level, factor: level}")
        if levels == {} and isinstance(combination, dict):
            draft.refuse(place, "an empty combination would leave out every arm")
        result.append(_by_factor(draft, levels, place))
    return result


def _seeds(draft: Draft, value: Any, place: Place = ("seeds",)) -> list[int]:
    if value is None or isinstance(value, dict | bool | float):
        draft.refuse(place, f"{shown(value)} gives no seeds", "write them as 0-4 or as [0, 1]")
        return []
    try:
        return list(parse_seeds(value))
    except StudyError as error:
        for problem in error.problems:
            draft.refuse(place, problem.message, problem.fix)
        return []


def _tune(draft: Draft, value: Any) -> dict[str, Any] | None:
    """As written, but for seeds; `tune.py` finds the space."""
    if not isinstance(value, dict):
        draft.refuse(
            ("tune",),
            f"`tune` is a mapping of keys to values, not {shown(value)}",
            "write {space: learning_rate, trials: 16}",
        )
        return None
    draft.known_keys(value, ("tune",), Tune.model_fields)
    draft.empty(value, ("tune",))
    result = {key: value[key] for key in Tune.model_fields if key in value}
    if "seeds" in result:
        result["seeds"] = _seeds(draft, result["seeds"], ("tune", "seeds"))
    return result


# --- claims and published numbers -------------------------------------------------------------


def _claims(draft: Draft, value: Any) -> list[dict[str, Any]]:
    claims: list[dict[str, Any]] = []
    for index, written in enumerate(draft.sequence(value, ("claims",), "`claims`")):
        place: Place = ("claims", index)
        content = draft.mapping(
            written,
            place,
            "a claim",
            "write `says: its sentence` and its kind, as `reaches: {...}`",
        )
        known = draft.known_keys(content, place, (*_ABOUT_CLAIMS, *CLAIMS))
        kinds = [key for key in content if key in CLAIMS]
        if len(kinds) == 1:
            draft.origin["claims", len(claims)] = place
            claims.append(_claim(draft, content, kinds[0], ("claims", len(claims)), place))
        elif content and (kinds or known):
            draft.refuse(
                place,
                "a claim is of one kind" if kinds else "the claim does not say its kind",
                f"give one of {', '.join(CLAIMS)}",
            )
    return claims


def _claim(
    draft: Draft, content: dict[str, Any], kind: str, long: Place, place: Place
) -> dict[str, Any]:
    draft.empty(content, place)
    result = {key: content[key] for key in _ABOUT_CLAIMS if key in content}
    result["context"] = _context_of(draft, result.pop("context", None), place)
    fields = CLAIMS[kind].model_fields
    own = {key for key in fields if key not in (*_ABOUT_CLAIMS, "kind")}
    written = draft.mapping(content[kind], (*place, kind), f"`{kind}`")
    draft.known_keys(written, (*place, kind), own)
    draft.empty(written, (*place, kind))
    if kind == "open":
        _refuse_one_of_two(draft, written, (*place, kind))
    if kind == "faster" and result.get("metric") is not None:
        draft.refuse(
            (*place, "metric"),
            "a `faster` claim is about a curve, and has no metric beside it",
            f"write `curve: {scalar_name(result['metric'])}` within `faster`",
        )
    for key in own:
        draft.origin[(*long, key)] = (*place, kind, key)
    for key in own & written.keys():
        result[key] = _claim_field(
            draft, key, written[key], (*place, kind, key), fields[key].annotation
        )
    return {**result, "kind": kind}


def _refuse_one_of_two(draft: Draft, written: Mapping[str, Any], place: Place) -> None:
    """Of an open claim's two arms, both or neither: one alone would show nothing."""
    named = [key for key in ("better", "worse") if written.get(key) is not None]
    if len(named) == 1:
        other = "worse" if named == ["better"] else "better"
        draft.refuse(
            place,
            f"'{named[0]}' is compared with '{other}', which is missing",
            f"add `{other}`, which is {{}} for the baseline, or leave out `{named[0]}`",
        )


def _claim_field(draft: Draft, key: str, value: Any, place: Place, annotation: Any) -> Any:
    """annotation: the field's. Arms are written out; whatever else there is stays as it is."""
    if annotation == tuple[Selector, ...]:
        arms = draft.sequence(value, place, f"`{key}`")
        return [_selector(draft, arm, (*place, index)) for index, arm in enumerate(arms)]
    names_an_arm = annotation in (Selector, Selector | None)
    return _selector(draft, value, place) if names_an_arm else value


def _selector(draft: Draft, value: Any, place: Place) -> dict[str, Any]:
    fix = "" if isinstance(value, dict) else _as_selector(draft, value)
    content = dict(draft.mapping(value, place, "an arm", fix))
    context = _context_of(draft, content.pop("context", None), place)
    return {"levels": _by_factor(draft, content, place), "context": context}


def _as_selector(draft: Draft, value: Any) -> str:
    """How an arm is written that was named by a word."""
    name = scalar_name(value)
    factors = [other for other, factor in draft.factors.items() if name in factor["levels"]]
    if len(factors) == 1 and name != "baseline":
        return f"write {{{factors[0]}: {name}}}"
    return "write {factor: level}, and {} for the baseline"


def _context_of(draft: Draft, value: Any, place: Place) -> Any:
    """The context that a claim or an arm names, None where it names none that there is."""
    known = value is None or draft.word(value, (*place, "context"), draft.contexts, "baseline")
    return value if known else None


def _published(draft: Draft, value: Any) -> list[dict[str, Any]]:
    result = []
    for index, written in enumerate(draft.sequence(value, ("published",), "`published`")):
        place: Place = ("published", index)
        number = dict(draft.mapping(written, place, "a published number"))
        draft.known_keys(number, place, ("value", "metric", "label", "arm"))
        draft.empty(number, place)
        if number.get("arm") is not None:
            number["arm"] = _selector(draft, number["arm"], (*place, "arm"))
        result.append(number)
    return result
