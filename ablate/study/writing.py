"""A study as a file: all defaults and overrides written out, every shorthand in its long form."""

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ablate.study.schema import Claim, Design, Factor, Selector, Study, Tune
from ablate.study.search_space import Parameter
from ablate.study.yaml_source import TEXT_ALL_THE_SAME

_ALONE = "baseline"
_NOTHING: tuple[Any, ...] = ([], (), {}, None)
_PLAIN_WORD = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


class _Representer(RoundTripRepresenter):
    """Writes `null` where ruamel leaves a blank, the line break of U+0085, which it would read
    back as another, by its escape, and words that may be meant otherwise in quotes.
    """


_Representer.add_representer(
    type(None), lambda yaml, _: yaml.represent_scalar("tag:yaml.org,2002:null", "null")
)
_Representer.add_representer(
    str,
    lambda yaml, text: yaml.represent_scalar(
        "tag:yaml.org,2002:str",
        text,
        style='"' if "\x85" in text else "'" if text in TEXT_ALL_THE_SAME else None,
    ),
)


def study_to_yaml(study: Study) -> str:
    """The study as YAML that `load_study` reads back to an equal study."""
    yaml = YAML(typ="rt", pure=True)
    yaml.Representer = _Representer
    yaml.width = 2**31  # a fold loses a space of two, and adds one beside an escape
    text = io.StringIO()
    yaml.dump(_content(study), text)
    return text.getvalue()


def _content(study: Study) -> dict[str, Any]:
    plain = study.model_dump(
        mode="json",
        include={
            "metric", "smallest_effect_of_interest", "diverged", "test_curve",
            "max_seeds", "stop_futile", "keep_weights", "retries",
        },
    )  # fmt: skip
    # A description that leaves uses_test_data out leaves it to the metric's name.
    metrics = {
        name: description.model_dump(mode="json", exclude_unset=True)
        for name, description in study.metrics.items()
    }
    alone = list(study.contexts) == [_ALONE]
    content = {
        "name": study.name,
        "question": study.question,
        "workload": study.workload,
        **({"baseline": study.contexts[_ALONE]} if alone else {"baselines": study.contexts}),
        "factors": {name: _factor(factor) for name, factor in study.factors.items()},
        "design": _design(study.design),
        "forbid": [_on_one_line(combination) for combination in study.forbid],
        "seeds": _seeds(study.seeds),
        **plain,
        "metrics": metrics,
        "tune": None if study.tune is None else _tune(study.tune),
        "claims": [_claim(claim) for claim in study.claims],
        "published": [
            {
                **number.model_dump(exclude={"arm"}),
                **({} if number.arm is None else {"arm": _selector(number.arm)}),
            }
            for number in study.published
        ],
    }
    # A baseline that sets nothing is a baseline all the same.
    kept = ("baseline", "baselines")
    return {k: value for k, value in content.items() if k in kept or value not in _NOTHING}


def _design(design: Design) -> Any:
    others = set() if design.kind == "fractional_factorial" else {"resolution"}
    return _on_one_line(design.model_dump(mode="json", exclude=others))


def _factor(factor: Factor) -> dict[str, Any]:
    levels = {name: _on_one_line(settings) for name, settings in factor.levels.items()}
    long = {
        "levels": levels,
        "when": _on_one_line(factor.when),
        "contexts": _on_one_line(factor.contexts),
    }
    return {key: value for key, value in long.items() if value or key == "levels"}


def _seeds(seeds: tuple[int, ...]) -> str | CommentedSeq:
    is_dense = len(seeds) > 1 and seeds[-1] - seeds[0] == len(seeds) - 1  # a range may be huge
    in_a_row = is_dense and seeds == tuple(range(seeds[0], seeds[-1] + 1))
    return f"{seeds[0]}-{seeds[-1]}" if in_a_row else _on_one_line(seeds)


def _tune(tune: Tune) -> dict[str, Any]:
    space = {
        "name": tune.space.name,
        **({"about": tune.space.about} if tune.space.about else {}),
        "parameters": {item.name: _parameter(item) for item in tune.space.parameters},
    }
    others = tune.model_dump(include={"metric", "scheduler", "grace_period"}, exclude_none=True)
    return {"space": space, "trials": tune.trials, "seeds": _seeds(tune.seeds), **others}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    numeric = parameter.range is not None
    return {
        **({} if parameter.key == parameter.name else {"key": parameter.key}),
        "type": parameter.type,
        **(
            {"range": _on_one_line(parameter.bounds), "scale": parameter.scale}
            if numeric
            else {"choices": _on_one_line(parameter.choices)}
        ),
        **({"when": _on_one_line(parameter.when)} if parameter.when else {}),
        "why": parameter.why,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    common = ("published", "context", "metric", "family")
    own = {
        key: _plain(getattr(claim, key))
        for key in type(claim).model_fields
        if key not in ("kind", "says", *common) and getattr(claim, key) is not None
    }
    about = {key: getattr(claim, key) for key in common if getattr(claim, key) is not None}
    return {"says": claim.says, claim.kind: own, **about}


def _plain(value: Any) -> Any:
    if isinstance(value, Selector):
        return _selector(value)
    return [_selector(item) for item in value] if isinstance(value, tuple) else value


def _selector(selector: Selector) -> Any:
    named = {} if selector.context is None else {"context": selector.context}
    return _on_one_line({**selector.levels, **named})


def _on_one_line(value: Any) -> Any:
    """The mapping or sequence, to be written as {key: value} or [item]."""
    if isinstance(value, str):
        # ruamel leaves words such as ?x bare, which a reader takes for a key between braces
        bare = _PLAIN_WORD.fullmatch(value) and value not in TEXT_ALL_THE_SAME
        return value if bare else DoubleQuotedScalarString(value)
    if isinstance(value, dict):
        compact: Any = CommentedMap(
            (_on_one_line(key), _on_one_line(v)) for key, v in value.items()
        )
    elif isinstance(value, list | tuple):
        compact = CommentedSeq(map(_on_one_line, value))
    else:
        return value
    compact.fa.set_flow_style()
    return compact
