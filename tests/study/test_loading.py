import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.external_workload import EXTERNAL
from ablate.study.loading import load_study, parse_override
from ablate.study.schema import Design, Difference, Factor, Selector, Study
from ablate.study.writing import study_to_yaml
from ablate.workload import MetricDescription, Workload
from tests.study.fake_workload import FAKE

Load = Callable[..., Study]
Refused = Callable[..., str]

PLAIN = """\
question: Does pooling matter?
baseline: {model.width: 16}
factors:
  model.pool: [max, mean]
"""


def test_a_short_study_gets_its_long_form(load: Load) -> None:
    assert load(PLAIN + "seeds: 0-1\n") == Study(
        name="study",
        question="Does pooling matter?",
        contexts={"baseline": {"model.width": 16}},
        factors={
            "pool": Factor(
                name="pool", levels={"max": {"model.pool": "max"}, "mean": {"model.pool": "mean"}}
            )
        },
        seeds=(0, 1),
    )


def test_shorthand_and_long_form_mean_the_same(load: Load) -> None:
    long = """\
name: study
question: Does pooling matter?
workload: image_classification
baselines:
  baseline: {model: {width: 16}}
factors:
  pool:
    levels:
      max: {model: {pool: max}}
      mean: {model.pool: mean}
    when: {}
    contexts: []
design: {kind: one_at_a_time}
seeds: [0, 1, 2, 3, 4]
metric: test_accuracy
"""
    assert load(long) == load(PLAIN + "design: one_at_a_time\nseeds: 0-4\n")


def test_values_name_their_levels(load: Load) -> None:
    study = load(
        """\
question: "?"
baseline: {}
factors:
  model.rates: [null, [0.1, 0.3], 5e-4, true, 0.5]
"""
    )
    levels = study.factors["rates"].levels
    assert list(levels) == ["none", "0.1-0.3", "0.0005", "true", "0.5"]
    assert levels["0.0005"] == {"model.rates": 0.0005}
    assert type(levels["0.0005"]["model.rates"]) is float
    assert levels["0.1-0.3"] == {"model.rates": [0.1, 0.3]}


def test_a_dotted_key_takes_a_condition_and_contexts(load: Load) -> None:
    study = load(
        """\
question: "?"
baselines: {small: {}, large: {model.width: 99}}
factors:
  training.optimizer: [adam, sgd]
  training.momentum: {levels: [0.0, 0.9], when: {optimizer: sgd}, contexts: [large]}
"""
    )
    assert study.factors["momentum"] == Factor(
        name="momentum",
        levels={"0.0": {"training.momentum": 0.0}, "0.9": {"training.momentum": 0.9}},
        when={"optimizer": "sgd"},
        contexts=("large",),
    )


def test_a_claim_is_its_sentence_and_its_kind(load: Load) -> None:
    study = load(
        PLAIN
        + """\
claims:
  - says: Max pooling is better.
    published: a drop
    metric: test_loss
    difference: {better: {pool: max, context: baseline}, worse: {pool: mean}, by: 0.5}
"""
    )
    assert study.claims == (
        Difference(
            says="Max pooling is better.",
            published="a drop",
            metric="test_loss",
            better=Selector(levels={"pool": "max"}, context="baseline"),
            worse=Selector(levels={"pool": "mean"}),
            by=0.5,
        ),
    )


def test_a_claim_of_every_kind_can_be_written(load: Load) -> None:
    study = load(
        """\
question: "?"
baselines: {small: {}, large: {model.width: 99}}
factors: {model.pool: [max, mean, stride]}
claims:
  - {says: a, context: small, difference: {better: {pool: max}, worse: {pool: mean}}}
  - {says: b, context: small, no_difference: {first: {}, second: {pool: mean}, margin: 0.5}}
  - {says: i, context: small, no_worse: {arm: {pool: mean}, than: {pool: max}, margin: 0.5}}
  - says: c
    context: large
    largest_effect: {change: {pool: mean}, rivals: [{pool: stride}], direction: gain}
  - {says: d, reaches: {arm: {context: large}, value: 80}}
  - {says: e, context: small, faster: {faster: {pool: max}, slower: {pool: mean}, threshold: 60}}
  - {says: f, context: small, more_stable: {stable: {}, unstable: {pool: mean}}}
  - says: g
    interaction: {change: {pool: mean}, first: {context: small}, second: {context: large}, by: 1}
  - {says: h, open: {why: nobody knows}}
published:
  - {value: 60, metric: test_accuracy, label: undescribed}
  - {value: 70.5, metric: test_accuracy, label: small, arm: {context: small, pool: mean}}
"""
    )
    assert [claim.kind for claim in study.claims] == [
        "difference", "no_difference", "no_worse", "largest_effect", "reaches", "faster",
        "more_stable", "interaction", "open",
    ]  # fmt: skip
    assert study.published[1].arm == Selector(levels={"pool": "mean"}, context="small")


def test_a_study_may_describe_metrics_of_its_own(load: Load) -> None:
    from ablate.study.planning import make_plan

    study = load(
        PLAIN + "metric: regret\nmetrics: {regret: {label: regret, higher_is_better: false}}\n"
    )
    described = make_plan(study, FAKE).metrics["regret"]
    assert described == MetricDescription(label="regret", higher_is_better=False)


def test_a_study_may_name_the_workloads_metrics_anew(load: Load) -> None:
    study = load(PLAIN + "metrics: {test_accuracy: {label: hits, unit: '%', chance: 10}}\n")
    assert study.metrics["test_accuracy"].label == "hits"


def test_a_greedy_path_by_a_metric_named_after_the_test_set_needs_its_description(
    load: Load, refused: Refused
) -> None:
    text = (
        "question: '?'\nworkload: external\nbaseline: {a: 1}\nfactors: {a: [1, 2]}\n"
        "design: {kind: path, order: greedy}\nmetric: acc_test\n"
    )
    assert refused(text, workload=None) == (
        "study.yaml, line 6, metric: 'acc_test' rests on test data, by which a greedy path is not "
        "to choose its steps\n    choose by a metric of validation data (or describe this one with "
        "`uses_test_data: false`), or give the path an order"
    )
    described = "metrics: {acc_test: {label: accuracy, uses_test_data: false}}\n"
    assert load(text + described, workload=None).metric == "acc_test"


def test_aliases_may_stand_for_what_is_written_elsewhere(load: Load) -> None:
    text = PLAIN.replace("baseline: {", "baselines:\n  a: &a {").replace(
        "factors:",
        "  b: {<<: *a, training.epochs: 3}\n  c: {model.width: 64}\n"
        "factors:\n  size: {narrow: *a, wide: {model.width: 32}}",
    )
    width = {"model.width": 16}
    loaded = load(text.replace("16}", "16, }"))
    assert loaded.contexts == {
        "a": width,
        "b": {"training.epochs": 3, **width},
        "c": {"model.width": 64},
    }
    assert loaded.factors["size"].levels["narrow"] == width


def test_text_may_be_marked_as_such(load: Load) -> None:
    study = load(PLAIN.replace("width: 16", "norm: !!str batch, model.rates: [!!str 5, 5]"))
    assert study.contexts["baseline"] == {"model.norm": "batch", "model.rates": ["5", 5]}


def test_merged_levels_stand_before_a_factors_own(load: Load) -> None:
    study = load(
        """\
question: "?"
baseline: {model.width: 8}
factors:
  norm: {levels: &norm {<<: &without {without: {}}, with: {model.norm: batch}}}
  pool: {<<: *without, with: {model.pool: mean}}
  both: {with: {model.pool: stride}, <<: *norm, more: {model.width: 16}}
"""
    )
    assert [list(factor.levels) for factor in study.factors.values()] == [
        ["without", "with"],
        ["without", "with"],
        ["without", "with", "more"],
    ]
    assert study.factors["both"].levels["with"] == {"model.pool": "stride"}


NEEDS_WIDTH = """\
question: Which pooling, of a network that is wide enough?
baseline: {model.width: 1}
factors:
  size: {small: {}, large: {model.width: 8}}
  pool: {levels: {max: {}, stride: {model.pool: stride}}, when: {size: large}}
  norm: {levels: {none: {}, batch: {model.norm: batch}}, when: {pool: stride}}
"""


def test_a_level_is_checked_on_all_that_its_condition_needs(load: Load, refused: Refused) -> None:
    assert load(NEEDS_WIDTH)
    assert refused(NEEDS_WIDTH.replace(", when: {size: large}", "")) == (
        "study.yaml, line 5, factors.pool.levels.stride.model.pool: model: a strided layer needs a "
        "width of at least 2"
    )


def test_on_a_path_a_level_is_checked_on_the_steps_before(load: Load, refused: Refused) -> None:
    text = NEEDS_WIDTH.replace(", when: {size: large}", "").replace(", when: {pool: stride}", "")
    assert load(text + "design: path\n")
    assert refused(text + "design: {kind: path, order: [norm, pool, size]}\n") == (
        "study.yaml, line 5, factors.pool.levels.stride.model.pool: model: a strided layer needs a "
        "width of at least 2"
    )


def test_what_replaces_a_setting_of_any_names_one_that_the_study_has(
    load: Load, refused: Refused
) -> None:
    text = PLAIN.replace("{model.width: 16}", "{model.width: 16, rates: {}}")
    known = {"model": {"width": 8}, "rates.first": 0.1, "model.pool": 1}
    given = known | {"model.widht": 8, "model": {"depth": 3, "width": 8}}
    assert refused(text, workload=EXTERNAL, dataset="moons", overrides=given) == (
        "--dataset moons: the study has no setting 'data.dataset' that this could replace\n"
        "    add it to the baseline\n"
        "--set model: the study has no setting 'model.depth' that this could replace\n"
        "    did you mean 'model.width'? Else add it to the baseline\n"
        "--set model.widht: the study has no setting 'model.widht' that this could replace\n"
        "    did you mean 'model.width'? Else add it to the baseline"
    )
    own = text.replace("rates: {}", "rates: {}, data: {dataset: blobs}")
    study = load(own, workload=EXTERNAL, dataset="moons", overrides=known)
    assert study.contexts["baseline"] == {
        "data.dataset": "moons",
        "model.width": 8,
        "rates.first": 0.1,
        "model.pool": 1,
    }


@pytest.mark.parametrize(
    ("workload", "way_out"),
    [(FAKE, "give the keys that it is to change"), (EXTERNAL, "write null, if they are to go")],
)
def test_an_empty_section_over_its_keys_is_refused(
    refused: Refused, workload: Workload, way_out: str
) -> None:
    levels = "  net: {same: {model: {}}, mean: {model.pool: mean}}"
    level = PLAIN.replace("  model.pool: [max, mean]", levels)
    said = "'model' is empty, and the study sets keys of it"
    said += "\n    leave it out, if they are to stay, or "
    message = refused(level, workload=workload)
    assert f"line 4, factors.net.same.model: {said}{way_out}" in message
    given = refused(PLAIN, workload=workload, overrides={"model": {}})
    assert f"--set model: {said}{way_out}" in given


def test_an_empty_section_beside_levels_that_fill_it_is_a_level(load: Load) -> None:
    levels = "  options: {plain: {aug: {}}, flipped: {aug.flip: true}}"
    for baseline in ("{model.width: 16}", "{model.width: 16, aug: {}}"):
        text = PLAIN.replace("  model.pool: [max, mean]", levels)
        study = load(text.replace("{model.width: 16}", baseline), workload=EXTERNAL)
        assert study.factors["options"].levels["plain"] == {"aug": {}}


def test_a_factor_named_by_a_digit_that_is_no_number_has_its_place(refused: Refused) -> None:
    factors = '  "²": {levels: {a: {model.pool: max}, b: {model.pool: mean}}, when: {x: wide}}\n'
    factors += (
        "  x: {thin: {model.width: 8}, wide: {model.width: 64}}\ndesign: fractional_factorial\n"
    )
    text = PLAIN.replace("  model.pool: [max, mean]\n", factors)
    assert "line 4, factors.²" in refused(text)


CURVE = """\
metrics: {gap: {label: gap, uses_test_data: true, only_at_end: true}}
claims:
  - {says: a, faster: {faster: {}, slower: {pool: mean}, curve: test_loss}}
  - {says: b, faster: {faster: {}, slower: {pool: mean}, curve: gap}}
  - {says: c, faster: {faster: {}, slower: {pool: mean}, curve: validation_loss}}
"""


def test_a_claim_on_a_curve_that_no_trial_will_have_is_refused_before_it_is_run(
    load: Load, refused: Refused
) -> None:
    at_its_end = (
        "study.yaml, line 8, claims[1].faster.curve: 'gap' has no curve: a trial has it at its "
        "end alone\n    name a metric of validation points"
    )
    assert refused(PLAIN + CURVE, to_run=True) == (
        "study.yaml, line 7, claims[0].faster.curve: 'test_loss' has no curve: the test set is "
        "scored at a trial's end alone\n    add test_curve: true, or name a validation metric\n"
        + at_its_end
    )
    assert refused(PLAIN + CURVE + "test_curve: true\n", to_run=True) == at_its_end
    assert load(PLAIN + CURVE).claims
    elsewhere = PLAIN + CURVE + "workload: external\n"
    assert load(elsewhere, to_run=True, workload=EXTERNAL).claims


BARE = """\
question: Does normalisation matter?
workload: external
baseline: {net: {norm: on}, rates: [0.1, None], spelt: 'no'}
factors:
  net.norm: ['on', off]
  bias:
    yes: {bias: "yes", why: yes}
    no: {bias: false}
metric: accuracy
claims:
  - says: Yes.
    difference: {better: {}, worse: {bias: no}}
"""


def test_words_that_look_like_true_false_or_null_are_no_settings_without_quotes(
    refused: Refused,
) -> None:
    def problem(line: int, key: str, word: str, meant: str) -> str:
        return (
            f"study.yaml, line {line}, {key}: {word} without quotes is text, and not {meant}\n"
            f"    write {meant}, or '{word}' in quotes where text is meant"
        )

    assert refused(BARE, workload=EXTERNAL) == "\n".join(
        (
            problem(3, "baseline.net.norm", "on", "true"),
            problem(3, "baseline.rates[1]", "None", "null"),
            problem(5, "factors.net.norm[1]", "off", "false"),
            problem(7, "factors.bias.yes.why", "yes", "true"),
        )
    )


def test_such_words_are_text_in_quotes_and_in_names_and_stay_so_when_stored(load: Load) -> None:
    text = BARE.replace(": on", ": 'on'").replace("None", "null").replace("off", "'off'")
    study = load(text.replace("why: yes", "why: true"), workload=EXTERNAL)
    assert study.contexts["baseline"] == {"net.norm": "on", "rates": [0.1, None], "spelt": "no"}
    assert study.factors["bias"].levels["yes"] == {"bias": "yes", "why": True}
    assert load(study_to_yaml(study), workload=EXTERNAL) == study


def test_keys_that_look_like_one_may_be_quoted(load: Load) -> None:
    levels = "  width:\n    '1': {model.width: 4}\n    'true': {model.width: 5}\n"
    assert list(load(PLAIN + levels).factors["width"].levels) == ["1", "true"]


def test_a_level_may_be_named_when_where_it_cannot_be_a_condition(load: Load) -> None:
    long = "pool: {levels: {when: {}, b: {model.pool: mean}}}"
    text = PLAIN.replace("model.pool: [max, mean]", long)
    assert list(load(text).factors["pool"].levels) == ["when", "b"]
    text = "question: '?'\nworkload: external\nbaseline: {a: when}\nfactors: {a: [when, x]}\n"
    assert list(load(text + "metric: m\n", workload=None).factors["a"].levels) == ["when", "x"]


def test_overrides_are_laid_over_every_baseline(load: Load) -> None:
    text = PLAIN.replace(
        "baseline: {model.width: 16}", "baselines: {a: {model.width: 16, model.norm: batch}, b: {}}"
    )
    study = load(
        text,
        dataset="moons",
        seeds=(3,),
        overrides={"training.epochs": 1, "model": {"width": 4}},
    )
    given = {"data.dataset": "moons", "training.epochs": 1, "model.width": 4}
    assert study.contexts == {"a": {**given, "model.norm": "batch"}, "b": given}
    assert study.seeds == (3,)


def test_overridden_settings_decide_the_reference_level(load: Load) -> None:
    from ablate.study.planning import make_plan

    plan = make_plan(load(PLAIN, overrides={"model.pool": "mean"}), FAKE)
    assert plan.reference("baseline").levels == {"pool": "mean"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training.epochs=2", ("training.epochs", 2)),
        ("training.rate=5e-4", ("training.rate", 0.0005)),
        ("model.norm=none", ("model.norm", "none")),
        ("training.patience=null", ("training.patience", None)),
        ("model.rates=[0.1, 0.3]", ("model.rates", [0.1, 0.3])),
        ("data.filter=a=b", ("data.filter", "a=b")),
        ("model.norm='no'", ("model.norm", "no")),
    ],
)
def test_an_override_is_read_as_yaml(text: str, expected: tuple[str, Any]) -> None:
    key, value = parse_override(text)
    assert (key, value, type(value)) == (*expected, type(expected[1]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "epochs",
            "--set epochs: has no key and value\n    write --set training.epochs=2",
        ),
        (
            'model.norm="\\ud800"',
            "--set model.norm=\"\\ud800\": '\\ud800' holds half a character, which no file "
            "can keep\n"
            "    write the character itself",
        ),
        ("model.rates=[1", "--set model.rates=[1: 'model.rates=[1' is no value in YAML"),
        (
            "model.norm=!!bool maybe",
            "--set model.norm=!!bool maybe: '!!bool maybe' is no value in YAML",
        ),
        (
            "model.norm=None",
            "--set model.norm=None: None without quotes is text, and not null\n"
            "    write null, or 'None' in quotes where text is meant",
        ),
    ],
)
def test_a_bad_override_is_refused(text: str, message: str) -> None:
    with pytest.raises(StudyError) as error:
        parse_override(text)
    assert str(error.value) == message.replace("'model.rates=[1'", "'[1'")


# --- refusals: file, line, key, the nearest word ------------------------------------------------

REFUSALS = {
    "unknown key": (
        PLAIN + "sede: 0-4\n",
        "study.yaml, line 5, sede: no key named 'sede'\n    did you mean 'seeds'?",
    ),
    "unknown key of a factor": (
        PLAIN.replace("[max, mean]", "{levels: [max, mean], wen: {}}"),
        "study.yaml, line 4, factors.model.pool.wen: no key named 'wen'\n    did you mean 'when'?",
    ),
    "unknown key of a claim": (
        PLAIN + "claims:\n  - says: a\n    diference: {}\n",
        "study.yaml, line 7, claims[0].diference: no key named 'diference'\n"
        "    did you mean 'difference'?",
    ),
    "unknown key within a claim": (
        PLAIN + "claims:\n  - says: a\n    reaches: {arm: {}, valu: 1, value: 2}\n",
        "study.yaml, line 7, claims[0].reaches.valu: no key named 'valu'\n"
        "    did you mean 'value'?",
    ),
    "unknown key of the design": (
        PLAIN + "design: {kind: path, ordr: greedy}\n",
        "study.yaml, line 5, design.ordr: no key named 'ordr'\n    did you mean 'order'?",
    ),
    "claim without a kind": (
        PLAIN + "claims:\n  - says: a\n",
        "study.yaml, line 6, claims[0]: the claim does not say its kind\n    give one of "
        "difference, no_difference, no_worse, largest_effect, reaches, faster, more_stable, "
        "interaction, open",
    ),
    "missing field": (
        PLAIN + "claims:\n  - says: a\n    reaches: {arm: {}}\n",
        "study.yaml, line 7, claims[0].reaches: 'value' is missing",
    ),
    "missing question": (
        PLAIN.replace("question: Does pooling matter?\n", ""),
        "study.yaml: 'question' is missing",
    ),
    "missing baseline": (
        PLAIN.replace("baseline: {model.width: 16}\n", ""),
        "study.yaml: 'baseline' is missing\n    add the settings that arms are compared with",
    ),
    "wrong type": (
        PLAIN + "smallest_effect_of_interest: half\n",
        "study.yaml, line 5, smallest_effect_of_interest: must be a number, not 'half'",
    ),
    "text for true": (
        PLAIN + "test_curve: 'yes'\n",
        "study.yaml, line 5, test_curve: must be true or false, not 'yes'",
    ),
    "more seeds than there may be": (
        PLAIN + "max_seeds: 10001\n",
        "study.yaml, line 5, max_seeds: must be less than or equal to 10000, not 10001",
    ),
    "negative retries": (
        PLAIN + "retries: -1\n",
        "study.yaml, line 5, retries: must be greater than or equal to 0, not -1",
    ),
    "unknown word": (
        PLAIN + "diverged: chanc\n",
        "study.yaml, line 5, diverged: 'chanc' is not known here\n    did you mean 'chance'?",
    ),
    "wrong type within a claim": (
        PLAIN + "claims:\n  - says: a\n    reaches:\n      arm: {}\n      value: high\n",
        "study.yaml, line 9, claims[0].reaches.value: must be a number, not 'high'",
    ),
    "list for a mapping": (
        PLAIN.replace("{model.width: 16}", "[good_model]"),
        "study.yaml, line 2, baseline: a baseline is a mapping of keys to values, "
        "not ['good_model']\n    write its settings: {setting: value}",
    ),
    "list of factors": (
        PLAIN.replace("  model.pool", "  - model.pool"),
        "study.yaml, line 3, factors: factors is a mapping of keys to values, "
        "not [{'model.pool': ['max', 'mean']}]\n    write `name: levels`, without a dash",
    ),
    "list of baselines": (
        PLAIN.replace("baseline: {model.width: 16}", "baselines: [narrow]"),
        "study.yaml, line 2, baselines: baselines is a mapping of keys to values, "
        "not ['narrow']\n    write `name: {setting: value}`",
    ),
    "a claim that is no entry of a list": (
        PLAIN + "claims: {says: a}\n",
        "study.yaml, line 5, claims: `claims` is a list, not {'says': 'a'}"
        "\n    write a dash before each entry: `- ...`",
    ),
    "claims of which none is left": (
        PLAIN + "claims:\n",
        "study.yaml, line 5, claims: `claims` is a list, not null\n    leave it out",
    ),
    "a claim that is its sentence alone": (
        PLAIN + "claims: [Pooling matters.]\n",
        "study.yaml, line 5, claims[0]: a claim is a mapping of keys to values, not 'Pooling "
        "matters.'\n    write `says: its sentence` and its kind, as `reaches: {...}`",
    ),
    "a combination that is no mapping": (
        PLAIN + "forbid: [mean]\n",
        "study.yaml, line 5, forbid[0]: a combination to leave out is a mapping of keys to values, "
        "not 'mean'\n    write {factor: level, factor: level}",
    ),
    "arm named by its level": (
        PLAIN + "claims:\n  - says: a\n    reaches: {arm: mean, value: 1.0}\n",
        "study.yaml, line 7, claims[0].reaches.arm: an arm is a mapping of keys to values, not "
        "'mean'\n    write {pool: mean}",
    ),
    "arm named by a word that is no level": (
        PLAIN + "claims:\n  - says: a\n    reaches: {arm: baseline, value: 1.0}\n",
        "study.yaml, line 7, claims[0].reaches.arm: an arm is a mapping of keys to values, not "
        "'baseline'\n    write {factor: level}, and {} for the baseline",
    ),
    "factor named by its whole key": (
        PLAIN + "claims:\n  - says: a\n    reaches: {arm: {model.pool: mean}, value: 1.0}\n",
        "study.yaml, line 7, claims[0].reaches.arm.model.pool: no factor named 'model.pool'"
        "\n    did you mean 'pool'?",
    ),
    "one value for a factor": (
        PLAIN.replace("[max, mean]", "mean"),
        "study.yaml, line 4, factors.model.pool: a factor is a list of values or a mapping of "
        "levels, not 'mean'\n    write `model.pool: [mean, ...]`",
    ),
    "condition and contexts beside levels": (
        PLAIN.replace(
            "model.pool: [max, mean]",
            "pool: {max: {}, mean: {model.pool: mean}, when: {norm: batch}, contexts: [a]}",
        ),
        "study.yaml, line 4, factors.pool.when: `when` stands among the levels of 'pool', as if it "
        "were one\n    put the levels under `levels:`, beside `when`\n"
        "study.yaml, line 4, factors.pool.contexts: `contexts` stands among the levels of 'pool', "
        "as if it were one\n    put the levels under `levels:`, beside `contexts`",
    ),
    "nested factor": (
        PLAIN.replace("model.pool: [max, mean]", "model: {pool: [max, mean]}"),
        "study.yaml, line 4, factors.model.pool: a level is a mapping of settings, not "
        "['max', 'mean']\n    a setting with a list of levels is a factor: write "
        "`model.pool: [...]`",
    ),
    "value for a level": (
        PLAIN.replace("model.pool: [max, mean]", "pool: {max: max}"),
        "study.yaml, line 4, factors.pool.max: a level is a mapping of settings, not 'max'\n"
        "    write `max: {setting: value}`, with {} for no change",
    ),
    "unknown factor in a claim": (
        PLAIN + "claims:\n  - says: a\n    reaches: {value: 1, arm: {pol: max}}\n",
        "study.yaml, line 7, claims[0].reaches.arm.pol: no factor named 'pol'\n"
        "    did you mean 'pool'?",
    ),
    "unknown level in a claim": (
        PLAIN + "claims:\n  - says: a\n    reaches: {value: 1, arm: {pool: maxx}}\n",
        "study.yaml, line 7, claims[0].reaches.arm.pool: no level of 'pool' named 'maxx'\n"
        "    did you mean 'max'?",
    ),
    "unknown context in a claim": (
        PLAIN + "claims:\n  - says: a\n    context: base\n    reaches: {value: 1, arm: {}}\n",
        "study.yaml, line 7, claims[0].context: no baseline named 'base'\n"
        "    did you mean 'baseline'?",
    ),
    "unknown factor in a condition": (
        PLAIN.replace("[max, mean]", "{levels: [max, mean], when: {norm: batch}}"),
        "study.yaml, line 4, factors.model.pool.when.norm: no factor named 'norm'\n"
        "    known are: pool",
    ),
    "unknown level in forbid": (
        PLAIN + "forbid:\n  - {pool: men}\n",
        "study.yaml, line 6, forbid[0].pool: no level of 'pool' named 'men'\n"
        "    did you mean 'mean'?",
    ),
    "unknown context of a factor": (
        PLAIN.replace("[max, mean]", "{levels: [max, mean], contexts: [bseline]}"),
        "study.yaml, line 4, factors.model.pool.contexts[0]: no baseline named 'bseline'\n"
        "    did you mean 'baseline'?",
    ),
    "unknown factor in an order": (
        PLAIN + "design: {kind: path, order: [pol]}\n",
        "study.yaml, line 5, design.order[0]: no factor named 'pol'\n    did you mean 'pool'?",
    ),
    "unknown design": (
        PLAIN + "design: one_at_time\n",
        "study.yaml, line 5, design: no design named 'one_at_time'\n"
        "    did you mean 'one_at_a_time'?",
    ),
    "list for a design": (
        PLAIN + "design: [path]\n",
        "study.yaml, line 5, design: must be the name of a design, not ['path']\n    known are: "
        "add_one_in, fractional_factorial, full_factorial, leave_one_out, one_at_a_time, path",
    ),
    "list for a kind of design": (
        PLAIN + "design: {kind: [path]}\n",
        "study.yaml, line 5, design.kind: must be the name of a design, not ['path']\n    known "
        "are: add_one_in, fractional_factorial, full_factorial, leave_one_out, one_at_a_time, path",
    ),
    "unknown kind of design": (
        PLAIN + "design: {kind: pth}\n",
        "study.yaml, line 5, design.kind: no design named 'pth'\n    did you mean 'path'?",
    ),
    "number in an order": (
        PLAIN + "design: {kind: path, order: [1]}\n",
        "study.yaml, line 5, design.order[0]: must be the name of a factor, not 1\n"
        "    known are: pool",
    ),
    "mapping for an order": (
        PLAIN + "design: {kind: path, order: {pool: 1}}\n",
        "study.yaml, line 5, design.order: {'pool': 1} is no order\n"
        "    give a list of factors, or greedy",
    ),
    "resolution of another design": (
        PLAIN + "design: {kind: full_factorial, resolution: 3}\n",
        "study.yaml, line 5, design.resolution: full_factorial has no resolution\n"
        "    leave it out, or use kind: fractional_factorial",
    ),
    "resolution without a kind": (
        PLAIN + "design: {resolution: 5}\n",
        "study.yaml, line 5, design.resolution: one_at_a_time has no resolution\n"
        "    leave it out, or use kind: fractional_factorial",
    ),
    "text for a resolution": (
        PLAIN + "design: {kind: fractional_factorial, resolution: '4'}\n",
        "study.yaml, line 5, design.resolution: must be a number, not '4'\n"
        "    write 4, without quotes",
    ),
    "word for a resolution": (
        PLAIN + "design: {kind: fractional_factorial, resolution: IV}\n",
        "study.yaml, line 5, design.resolution: must be a number, not 'IV'\n"
        "    known are: 3, 4, 5",
    ),
    "resolution that there is not": (
        PLAIN + "design: {kind: fractional_factorial, resolution: 6}\n",
        "study.yaml, line 5, design.resolution: 6 is not known here\n    known are: 3, 4, 5",
    ),
    "open claim with one arm": (
        PLAIN + "claims:\n  - says: a\n    open: {why: w, better: {pool: mean}}\n",
        "study.yaml, line 7, claims[0].open: 'better' is compared with 'worse', which is missing\n"
        "    add `worse`, which is {} for the baseline, or leave out `better`",
    ),
    "metric of a claim about a curve": (
        PLAIN
        + "claims:\n  - says: a\n    metric: validation_loss\n"
        + "    faster: {faster: {}, slower: {pool: mean}}\n",
        "study.yaml, line 7, claims[0].metric: a `faster` claim is about a curve, and has no "
        "metric beside it\n    write `curve: validation_loss` within `faster`",
    ),
    "maximum of seeds without a claim": (
        PLAIN + "max_seeds: 5\nclaims:\n  - {says: a, open: {why: b}}\n",
        "study.yaml, line 5, max_seeds: the study makes no claim to decide\n    add `claims`",
    ),
    "maximum of seeds of a greedy path": (
        PLAIN
        + "max_seeds: 5\ndesign: {kind: path, order: greedy}\nclaims:\n  - says: a\n"
        + "    reaches: {arm: {}, value: 1}\n",
        "study.yaml, line 5, max_seeds: a greedy path has no fixed arms to claim things of\n"
        "    give the path an order, or the number of seeds beforehand",
    ),
    "number for a baseline's name": (
        PLAIN + "claims:\n  - says: a\n    context: 5\n    open: {why: b}\n",
        "study.yaml, line 7, claims[0].context: must be the name of a baseline, not 5\n"
        "    known are: baseline",
    ),
    "list for metrics": (
        PLAIN + "metrics: [regret]\n",
        "study.yaml, line 5, metrics: must be a mapping of keys to values, not ['regret']",
    ),
    "unknown key of a metric": (
        PLAIN + "metrics: {regret: {label: regret, unti: points}}\n",
        "study.yaml, line 5, metrics.regret.unti: no key named 'unti'\n    did you mean 'unit'?",
    ),
    "fraction for a whole number": (
        PLAIN + "retries: 1.5\n",
        "study.yaml, line 5, retries: must be a whole number, not 1.5",
    ),
    "unknown metric": (
        PLAIN + "metric: test_acuracy\n",
        "study.yaml, line 5, metric: no metric named 'test_acuracy'\n"
        "    did you mean 'test_accuracy'?",
    ),
    "unknown curve": (
        PLAIN
        + "claims:\n  - says: a\n    faster: {faster: {}, slower: {pool: mean}, curve: accuracy}\n",
        "study.yaml, line 7, claims[0].faster.curve: no metric named 'accuracy'\n"
        "    did you mean 'test_accuracy'?",
    ),
    "unknown setting of the baseline": (
        PLAIN.replace("model.width: 16", "model.widht: 16"),
        "study.yaml, line 2, baseline.model.widht: no setting named 'model.widht'\n"
        "    did you mean 'model.width'?",
    ),
    "unknown value of a level": (
        PLAIN.replace("[max, mean]", "\n    - max\n    - meen"),
        "study.yaml, line 6, factors.model.pool[1]: 'meen' is not a level\n"
        "    did you mean 'mean'?",
    ),
    "unknown setting of a nested level": (
        PLAIN
        + "  optimizer:\n    sgd:\n      training:\n        optimizer: sgd\n        rat: 0.1\n",
        "study.yaml, line 9, factors.optimizer.sgd.training.rat: no setting named 'training.rat'\n"
        "    did you mean 'training.rate'?",
    ),
    "impossible combination": (
        PLAIN.replace("16", "1").replace("[max, mean]", "[max, stride]"),
        "study.yaml, line 4, factors.model.pool[1]: model: a strided layer needs a width of at "
        "least 2",
    ),
    "empty seeds": (
        PLAIN + "seeds: []\n",
        "study.yaml, line 5, seeds: there are no seeds\n"
        "    write them as 0-4, as 0-2,7 or as [0, 1]",
    ),
    "seeds left out": (
        PLAIN + "seeds:\n",
        "study.yaml, line 5, seeds: null gives no seeds\n    write them as 0-4 or as [0, 1]",
    ),
    "seed twice": (
        PLAIN + "seeds: 0-2,1\n",
        "study.yaml, line 5, seeds: seed 1 is given twice\n    give each seed once",
    ),
    "level twice": (
        PLAIN.replace("[max, mean]", "[max, mean, max]"),
        "study.yaml, line 4, factors.model.pool[2]: level 'max' is there twice\n"
        "    each level makes one arm",
    ),
    "level that is empty text": (
        PLAIN.replace("[max, mean]", "\n    - max\n    - ''"),
        "study.yaml, line 6, factors.model.pool[1]: the level '' has no name\n"
        "    name the levels: `pool: {empty: {model.pool: ''}, other: {model.pool: ...}}`",
    ),
    "level that is an empty list": (
        PLAIN + "  model.rates: [[0.1], []]\n",
        "study.yaml, line 5, factors.model.rates[1]: the level [] has no name\n"
        "    name the levels: `rates: {empty: {model.rates: []}, other: {model.rates: ...}}`",
    ),
    "level with an empty name": (
        PLAIN + "  width:\n    ' ': {model.width: 4}\n",
        "study.yaml, line 6, factors.width. : a level of 'width' has an empty name\n"
        "    give it one",
    ),
    "baseline with an empty name": (
        PLAIN.replace("baseline: {model.width: 16}", "baselines: {a: {}, '': {model.width: 16}}"),
        "study.yaml, line 2, baselines.: a baseline's name is empty\n    give it one",
    ),
    "empty question and metric": (
        PLAIN.replace("Does pooling matter?", "''") + "metric: ''\n",
        "study.yaml, line 1, question: is empty\n    write what the study asks\n"
        "study.yaml, line 5, metric: is empty\n    name one, or leave the key out",
    ),
    "claim that says nothing": (
        PLAIN + "claims:\n  - says: ' '\n    metric: ''\n    reaches: {arm: {}, value: 1}\n",
        "study.yaml, line 7, claims[0].metric: is empty\n    name one, or leave the key out\n"
        "study.yaml, line 6, claims[0].says: is empty\n    write the claim as a sentence",
    ),
    "factor name twice": (
        PLAIN + "  training.pool: [1, 2]\n",
        "study.yaml, line 5, factors.training.pool: two factors are named 'pool'\n"
        "    name one yourself: `other_name: {level: {setting: value}}`",
    ),
    "key twice": (
        PLAIN + "baseline: {}\n",
        "study.yaml, line 5: key 'baseline' is written twice",
    ),
    "arm that changes nothing": (
        PLAIN.replace("[max, mean]", "[max, mean]\n  width: {same: {model.pool: mean}}"),
        "study.yaml, line 5, factors.width.same: arms 'mean' and 'same' compute the same\n"
        "    an arm that changes nothing is none: give the level another setting, or remove it",
    ),
    "claim about an arm that is not drawn": (
        PLAIN
        + "  model.norm: [none, batch]\nclaims:\n  - says: a\n"
        + "    reaches: {value: 1, arm: {pool: mean, norm: batch}}\n",
        "study.yaml, line 8, claims[0].reaches.arm: 'baseline' has no arm with "
        "{pool: mean, norm: batch}\n    its arms are 'baseline', 'mean', 'batch'",
    ),
    "claim that compares an arm with itself": (
        PLAIN
        + "claims:\n  - says: a\n    difference:\n      better: {pool: mean}\n"
        + "      worse: {pool: mean}\n",
        "study.yaml, line 9, claims[0].difference.worse: compares 'mean' with itself\n"
        "    name two arms that differ",
    ),
    "greedy path by a metric of the test set": (
        PLAIN + "design: {kind: path, order: greedy}\nmetric: gap\n",
        "study.yaml, line 6, metric: 'gap' rests on test data, by which a greedy path is not to "
        "choose its steps\n    choose by a metric of validation data, such as "
        "'validation_accuracy', or give the path an order",
    ),
    "metric of the test set described as none": (
        PLAIN + "metrics: {gap: {label: gap}}\n",
        "study.yaml, line 5, metrics.gap: 'gap' rests on test data, which this description leaves "
        "out\n    add uses_test_data: true, or leave the description to the workload",
    ),
    "metric of the workload turned round": (
        PLAIN + "metrics:\n  test_accuracy:\n    label: accuracy\n    higher_is_better: false\n",
        "study.yaml, line 8, metrics.test_accuracy.higher_is_better: the workload's "
        "'test_accuracy' is better when higher, and this description turns it round\n"
        "    write higher_is_better: true, or leave the description to the workload",
    ),
    "metric of the workload turned round unsaid": (
        PLAIN + "metrics: {test_loss: {label: loss}}\n",
        "study.yaml, line 5, metrics.test_loss: the workload's 'test_loss' is better when lower, "
        "and this description turns it round by its default\n"
        "    write higher_is_better: false, or leave the description to the workload",
    ),
    "not YAML": (
        PLAIN + "seeds: [0, 1\n",
        "study.yaml, line 6: is not YAML: expected ',' or ']', but got '<stream end>'\n"
        "    check indentation, colons and quotes there",
    ),
    "empty file": ("", "study.yaml: a study is a mapping of keys to values, not null"),
    "an object": (
        PLAIN + "metric: !!python/object:os.system {}\n",
        "study.yaml, line 5: has the tag '!!python/object:os.system', which means nothing here\n"
        "    leave it out",
    ),
    "no boolean": (
        PLAIN.replace("16", "!!bool maybe"),
        "study.yaml, line 2: 'maybe' is neither true nor false\n    write one of the two",
    ),
    "a tag": (
        PLAIN.replace("{model.width: 16}", "!small {model.width: 16}"),
        "study.yaml, line 2: has the tag '!small', which means nothing here\n    leave it out",
    ),
    "an alias of what it stands in": (
        PLAIN.replace("{model.width: 16}", "&a {model.width: 16, model.pool: *a}"),
        "study.yaml, line 2: '&a' holds itself, by its alias\n    write out what is meant",
    ),
    "an alias merged into what it stands in": (
        PLAIN.replace("{model.width: 16}", "&a {<<: *a, model.width: 16}"),
        "study.yaml, line 2: '&a' holds itself, by its alias\n    write out what is meant",
    ),
    "a list that holds itself": (
        "&a [*a]\n",
        "study.yaml, line 1: '&a' holds itself, by its alias\n    write out what is meant",
    ),
    "two documents": (
        PLAIN + "---\n" + PLAIN,
        "study.yaml, line 5: begins a second document\n    keep one, without `---` after it",
    ),
    "a set": (
        PLAIN.replace("16", "!!set {1, 2}"),
        "study.yaml, line 2, baseline.model.width: a set is no plain value\n"
        "    use text, a finite number, true, false, null, a list or a mapping",
    ),
    "keys that YAML takes for one": (
        PLAIN + "  width:\n    1: {model.width: 4}\n    true: {model.width: 5}\n",
        "study.yaml, line 7: keys '1' and 'true' are equal as numbers, and taken for one\n"
        "    put them in quotes",
    ),
    "key twice that is no text": (
        PLAIN + "  width:\n    true: {model.width: 4}\n    true: {model.width: 5}\n",
        "study.yaml, line 7: key 'true' is written twice",
    ),
    "no finite number": (
        PLAIN.replace("16", ".nan"),
        "study.yaml, line 2, baseline.model.width: nan is no plain value\n"
        "    use text, a finite number, true, false, null, a list or a mapping",
    ),
    "number beyond all that can be meant": (
        PLAIN.replace("16", "0x" + "f" * 5000),
        "study.yaml, line 2, baseline.model.width: is a number of more than 308 digits\n"
        "    write one that can be meant",
    ),
    "end of a range beyond every float": (
        PLAIN
        + "tune:\n  space:\n    parameters:\n      training.rate:\n        {type: float, range: "
        + f"[1, 1{'0' * 400}], why: w}}\n",
        "study.yaml, line 9, tune.space.parameters.training.rate.range[1]: is a number of more "
        "than 308 digits\n    write one that can be meant",
    ),
    "half a character": (
        PLAIN.replace("Does pooling matter?", '"\\ud800"'),
        "study.yaml, line 1, question: '\\ud800' holds half a character, which no file can keep\n"
        "    write the character itself",
    ),
    "half a character in a key": (
        PLAIN + '  "\\udfff": [max, mean]\n',
        "study.yaml, line 3, factors: '\\udfff' holds half a character, which no file can keep\n"
        "    write the character itself",
    ),
    "another YAML": (
        "# a study\n%YAML 1.1\n---\n" + PLAIN,
        "study.yaml, line 2: asks for YAML 1.1, and studies are read as YAML 1.2\n"
        "    leave the line out",
    ),
    "a factor of a path that has no levels": (
        PLAIN + "  model.norm: []\n  model.width: [16, 32]\ndesign: path\n",
        "study.yaml, line 5, factors.model.norm: factor 'norm' has no levels\n"
        "    give at least one",
    ),
    "nested deeply": (
        "question: " + "[" * 30 + "]" * 30 + "\n",
        "study.yaml: is nested too deeply, or too large, for a study",
    ),
    "nested too deeply": (
        "question: " + "[" * 700 + "]" * 700 + "\n",
        "study.yaml: is nested too deeply",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_a_mistake_is_shown_where_it_is(refused: Refused, case: str) -> None:
    text, message = REFUSALS[case]
    assert refused(text) == message


def test_all_mistakes_are_shown_at_once(refused: Refused) -> None:
    message = refused(
        """\
question: "?"
baseline: {model.widht: 16}
factors:
  model.pool: [max, meen]
metric: accuracy
seeds: 4-0
extra: 1
"""
    )
    assert message.splitlines()[::2] == [
        "study.yaml, line 7, extra: no key named 'extra'",
        "study.yaml, line 6, seeds: '4-0' runs backwards",
        "study.yaml, line 2, baseline.model.widht: no setting named 'model.widht'",
        "study.yaml, line 4, factors.model.pool[1]: 'meen' is not a level",
        "study.yaml, line 5, metric: no metric named 'accuracy'",
    ]


def test_a_wrong_option_is_named_as_the_option(refused: Refused) -> None:
    message = refused(PLAIN, dataset="blob", overrides={"training.epoch": 1})
    assert message == (
        "--dataset blob: 'blob' is not a level\n    did you mean 'blobs'?\n"
        "--set training.epoch: no setting named 'training.epoch'\n"
        "    did you mean 'training.epochs'?"
    )


@pytest.mark.parametrize("overrides", [{"data.dataset": "blobs"}, {"data": {"dataset": "blobs"}}])
def test_two_options_that_ask_for_other_data_sets_are_refused(
    load: Load, refused: Refused, overrides: dict[str, Any]
) -> None:
    option = f"--set {next(iter(overrides))}"
    assert refused(PLAIN, dataset="moons", overrides=overrides) == (
        f"{option}: asks for data.dataset: 'blobs', and --dataset for 'moons'\n"
        "    leave one of the two out"
    )
    same = load(PLAIN, dataset="blobs", overrides=overrides)
    assert same.contexts["baseline"]["data.dataset"] == "blobs"


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "pooling.yaml").write_text(PLAIN)
    with pytest.raises(StudyError) as error:
        load_study(tmp_path / "poling.yaml")
    assert str(error.value) == (
        f"{tmp_path}/poling.yaml: no such file\n    did you mean '{tmp_path}/pooling.yaml'?"
    )


def test_an_unknown_workload_is_located(refused: Refused) -> None:
    message = refused(PLAIN + "workload: image_clasification\n", workload=None)
    assert message.startswith(
        "study.yaml, line 5, workload: no workload named 'image_clasification'"
    )


@pytest.mark.parametrize("name", ["v1.1", "20"])
def test_what_planning_refuses_is_located_whatever_the_name(refused: Refused, name: str) -> None:
    baselines = f"baselines:\n  other: {{}}\n  {name}: {{}}\n"
    text = f"question: q\n{baselines}factors: {{model.pool: [max, mean]}}\n"
    assert refused(text).startswith(f"study.yaml, line 4, baselines.{name}: baselines 'other' and ")


def test_what_no_combination_makes_right_is_refused_of_a_level_that_is_forbidden_with_another(
    refused: Refused,
) -> None:
    text = (
        "question: q\nbaseline: {model.width: 1}\ndesign: full_factorial\nfactors:\n"
        "  model.width: [1, 8]\n"
        "  pool:\n    max: {model.pool: max}\n    stride: {model.pool: stride, model.nrm: batch}\n"
        "forbid: [{width: 1, pool: stride}]\n"
    )
    assert refused(text) == (
        "study.yaml, line 8, factors.pool.stride.model.nrm: no setting named 'model.nrm'\n"
        "    did you mean 'model.norm'?"
    )


@pytest.mark.parametrize("head", ["\ufeff%YAML 1.1\n---\n", "  # a study\n%YAML 1.1\n---\n"])
def test_another_yaml_is_refused_whatever_stands_before_it(refused: Refused, head: str) -> None:
    assert "asks for YAML 1.1" in refused(head + PLAIN)


def test_a_character_that_json_writes_as_two_halves_is_one(load: Load) -> None:
    text = PLAIN.replace("Does pooling matter?", '"Does it fly? \\ud83d\\ude00"')
    assert load(text).question == "Does it fly? \N{GRINNING FACE}"


def test_a_module_beside_a_study_elsewhere_is_said_to_lie_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "lies_beside.py").write_text("")
    study = tmp_path / "elsewhere" / "study.yaml"
    study.write_text(PLAIN + "workload: lies_beside:train\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError) as error:
        load_study("elsewhere/study.yaml")
    assert str(error.value) == (
        "elsewhere/study.yaml, line 5, workload: workload 'lies_beside:train' cannot be loaded: No "
        "module named 'lies_beside'. It must name an importable module and a function in it, as in "
        "my_package.training:train\n    it lies beside the study: run the command in elsewhere, or "
        f"with PYTHONPATH={tmp_path}/elsewhere"
    )


def test_the_default_resolution_may_stand_beside_any_design(load: Load) -> None:
    """As the studies of earlier runs write it."""
    assert load(PLAIN + "design: {kind: one_at_a_time, order: [], resolution: 4}\n") == load(PLAIN)


def test_a_design_may_be_short_or_long(load: Load) -> None:
    assert load(PLAIN + "design: full_factorial\n").design == Design(kind="full_factorial")
    long = "design: {kind: path, order: [pool]}\n"
    assert load(PLAIN + long).design == Design(kind="path", order=("pool",))


@pytest.mark.parametrize("name", ["loading", "plan", "designs", "schema", "trial"])
def test_planning_imports_no_heavy_package(name: str) -> None:
    code = (
        f"import sys, ablate.study.{name}\n"
        "heavy = {'torch', 'ray', 'pandas', 'scipy', 'pydoe'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["smoke", "pooling"])
def test_shipped_studies_can_be_planned(name: str) -> None:
    file = Path(__file__).parents[2] / "studies" / f"{name}.yaml"
    assert load_study(file).name == name


def test_a_condition_on_several_levels_is_answered_with_what_would_be_right(tmp_path: Path):
    text = (
        "question: '?'\nworkload: external\nbaseline: {o: a, m: 1}\nfactors:\n  o: [a, b]\n"
        "  m: {levels: [1, 2], when: {o: [a, b]}}\nmetric: accuracy\n"
    )
    (tmp_path / "study.yaml").write_text(text)
    with pytest.raises(StudyError) as caught:
        load_study(tmp_path / "study.yaml")
    (problem,) = caught.value.problems
    assert problem.where.endswith("line 6, factors.m.when.o")
    assert problem.message.endswith("is no level of 'o', of which one is named here")
    assert problem.fix == "write `o: a`; known are: a, b"


@pytest.mark.parametrize(
    ("metric", "curve"),
    [("test_accuracy", "validation_accuracy"), ("test_loss", "validation_loss")],
)
def test_convergence_is_judged_by_what_the_study_is_about(
    load: Load, metric: str, curve: str
) -> None:
    claim = "  - says: s\n    faster: {faster: {pool: max}, slower: {pool: mean}"
    (own,) = load(f"{PLAIN}metric: {metric}\nclaims:\n{claim}}}\n").claims
    (named,) = load(f"{PLAIN}metric: {metric}\nclaims:\n{claim}, curve: validation_loss}}\n").claims
    assert (own.curve, named.curve) == (curve, "validation_loss")


def test_an_accuracy_that_is_given_as_a_fraction_is_refused_at_its_line(load: Load) -> None:
    claims = "claims:\n  - says: s\n    reaches: {arm: {}, value: 0.9}\n"
    with pytest.raises(StudyError) as error:
        load(PLAIN + claims)
    assert str(error.value) == (
        "study.yaml, line 7, claims[0].reaches.value: 0.9 is a fraction, and 'test_accuracy' is in "
        "percent\n    write 90"
    )


def test_settings_of_no_named_workload_that_the_default_does_not_know(tmp_path: Path) -> None:
    text = "question: '?'\nbaseline: {tying: true, dropout: 0.1}\nfactors: {tying: [true, false]}\n"
    path = tmp_path / "study.yaml"
    hint = "names no workload, and its settings are none of image_classification\n    of results "
    for written, hinted in (
        (text, True),
        (text.replace("tying: true, dropout: 0.1", "preset: goo_model"), False),
        (text.replace("tying: true, dropout: 0.1", "prest: good_model"), False),
        (text.replace("question", "workload: image_classification\nquestion"), False),
    ):
        path.write_text(written, encoding="utf-8")
        with pytest.raises(StudyError) as error:
            load_study(path)
        assert (hint in str(error.value)) == hinted


@pytest.mark.parametrize("written", ["0", "0.0", "0.000"])
def test_a_level_may_be_named_by_its_number_however_that_is_written(
    load: Load, written: str
) -> None:
    text = (
        PLAIN.replace("{model.width: 16}", "{model.width: 16, training.rate: 0.1}")
        + "  training.rate: [0.1, 0.0]\nclaims:\n  - says: a\n"
        + f"    reaches: {{value: 1, arm: {{rate: {written}}}}}\n"
    )
    (claim,) = load(text).claims
    assert claim.arm.levels == {"rate": "0.0"}
