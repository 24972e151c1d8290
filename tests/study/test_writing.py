from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ablate.external_workload import EXTERNAL
from ablate.study.loading import load_study
from ablate.study.schema import Factor, Study
from ablate.study.writing import study_to_yaml
from ablate.workload import rests_on_test_data
from tests.study.fake_workload import FAKE

# What YAML could take for something else, and what needs quotes.
WORDS = st.one_of(
    st.sampled_from(["yes", "null", "0.1", "5e-4", "0x1f", "a: b", "- a", "ü ñ", "#", "{", "~"]),
    st.text(st.characters(codec="utf-8", exclude_categories=("C",)), min_size=1, max_size=12),
).filter(str.strip)
NAMES = WORDS.filter(lambda word: "." not in word and word not in ("context", "baseline"))
FACTORS = NAMES.filter(lambda word: ":" not in word and ", " not in word)
RATES = st.floats(min_value=1e-12, max_value=1e6).map(lambda rate: float(repr(rate)))


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """Studies of two factors, in one or two contexts, with claims."""
    contexts = draw(st.lists(NAMES, min_size=1, max_size=2, unique=True))
    optimizer, rate = draw(st.lists(FACTORS, min_size=2, max_size=2, unique=True))
    adam, sgd, low, high = draw(st.lists(NAMES, min_size=4, max_size=4, unique=True))
    rates = draw(st.lists(RATES, min_size=2, max_size=2, unique=True))
    claim: dict[str, Any] = {
        "kind": "difference",
        "says": draw(WORDS),
        "better": {"levels": {rate: high}, "context": contexts[0]},
        "worse": {"context": contexts[-1]},
    }
    return Study.model_validate(
        {
            "name": draw(WORDS),
            "question": draw(st.text(st.characters(exclude_categories=("C",))).filter(str.strip)),
            "contexts": {name: {"model.width": i + 3} for i, name in enumerate(contexts)},
            "factors": {
                optimizer: {
                    "name": optimizer,
                    "levels": {
                        adam: {},
                        sgd: {"training.optimizer": "sgd", "training.rate": 0.5},
                    },
                },
                rate: {
                    "name": rate,
                    "levels": {
                        name: {"model.rates": [value]}
                        for name, value in zip((low, high), rates, strict=True)
                    },
                    "when": draw(st.sampled_from([{}, {optimizer: sgd}])),
                    "contexts": draw(st.sampled_from([(), contexts])),
                },
            },
            "seeds": draw(st.lists(st.integers(0, 99), min_size=1, max_size=3, unique=True)),
            "metrics": draw(
                st.sampled_from([{}, {"regret": {"label": "regret", "higher_is_better": False}}])
            ),
            "diverged": draw(st.sampled_from(["chance", "failure_rate"])),
            "forbid": draw(st.sampled_from([[], [{optimizer: sgd, rate: low}]])),
            "claims": draw(st.sampled_from([[], [claim]])),
        }
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(studies())
def test_a_study_is_read_back_as_it_was_written(study: Study) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder, "study.yaml")
        file.write_text(study_to_yaml(study), encoding="utf-8")
        assert load_study(file, workload=FAKE) == study


# Long lines, in which a fold could fall at any of these.
PARTS = [
    "word",
    "a-long-word-of-a-sentence",
    "  ",
    " ",
    "\t",
    "\\",
    "\\  ",
    '"',
    "\u2028",
    ": ",
    "\ufeff",
]
LONG = st.lists(st.sampled_from(PARTS), min_size=20, max_size=80).map("".join).filter(str.strip)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(LONG, LONG, LONG)
def test_long_text_is_read_back_to_the_letter(question: str, prompt: str, other: str) -> None:
    study = Study(
        name="study",
        question=question,
        workload="external",
        contexts={"baseline": {"prompt": prompt}},
        factors={"ask": Factor(name="ask", levels={"once": {"ask": other}, "twice": {"ask": 2}})},
        seeds=(0,),
    )
    with TemporaryDirectory() as folder:
        file = Path(folder, "study.yaml")
        file.write_text(study_to_yaml(study), encoding="utf-8")
        assert load_study(file) == study


EMPTY = {
    "baseline": "baseline: {}\nfactors: {model.pool: [max, mean]}\n",
    "one of several baselines": (
        "baselines: {a: {}, b: {model.width: 9}}\nfactors: {model.pool: [max, mean]}\n"
    ),
    "factors": "baseline: {model.width: 9}\nfactors: {}\n",
    "baseline and factors": "baseline: {}\nfactors: {}\n",
    "level": "baseline: {}\nfactors: {pool: {with: {}, without: {model.pool: mean}}}\n",
    "condition and contexts": (
        "baseline: {}\nfactors: {model.pool: {levels: [max, mean], when: {}, contexts: []}}\n"
    ),
    "lists and metrics": (
        "baseline: {}\nfactors: {}\nforbid: []\nclaims: []\npublished: []\nmetrics: {}\n"
    ),
    "arms": (
        "baseline: {}\nfactors: {model.pool: [max, mean]}\n"
        "claims: [{says: a, no_difference: {first: {}, second: {pool: mean}}}]\n"
        "published: [{value: 60, metric: test_accuracy, label: a, arm: {}}]\n"
    ),
}


@pytest.mark.parametrize("what", EMPTY)
def test_what_is_empty_is_read_back_as_empty(load: Callable[..., Study], what: str) -> None:
    study = load("question: '?'\n" + EMPTY[what])
    assert load(study_to_yaml(study)) == study


@pytest.mark.parametrize(
    ("description", "rests"),
    [
        ("{label: accuracy}", True),
        ("{label: accuracy, uses_test_data: false}", False),
        ("{label: accuracy, higher_is_better: true, chance: 10}", True),
    ],
)
def test_whether_a_metric_rests_on_test_data_stays_as_it_was_said(
    load: Callable[..., Study], description: str, rests: bool
) -> None:
    study = load(
        "question: '?'\nworkload: external\nbaseline: {a: 1}\nfactors: {a: [1, 2]}\n"
        f"metric: testAcc\nmetrics: {{testAcc: {description}}}\n",
        workload=EXTERNAL,
    )
    stored = load(study_to_yaml(study), workload=EXTERNAL)
    assert stored == study
    assert rests_on_test_data("testAcc", study.metrics) is rests
    assert rests_on_test_data("testAcc", stored.metrics) is rests


def test_a_resolution_is_written_where_it_says_something(load: Callable[..., Study]) -> None:
    text = "question: '?'\nbaseline: {}\nfactors: {model.pool: [max, mean]}\n"
    fraction = load(text + "design: {kind: fractional_factorial, resolution: 3}\n")
    assert "resolution: 3" in study_to_yaml(fraction)
    assert load(study_to_yaml(fraction)) == fraction
    assert "resolution" not in study_to_yaml(load(text))


def test_a_line_break_of_unicode_is_read_back_as_itself(load: Callable[..., Study]) -> None:
    text = (
        'question: "a\\Nb"\nbaseline: {}\nfactors: {pool: {"c\\Nd": {}, e: {model.pool: mean}}}\n'
    )
    study = load(text)
    assert (study.question, list(study.factors["pool"].levels)) == ("a\x85b", ["c\x85d", "e"])
    assert load(study_to_yaml(study)) == study


def test_seeds_far_apart_are_listed_and_a_row_of_them_is_a_range(tmp_path: Path) -> None:
    """Neither takes memory for what lies between."""
    for seeds, written in (((3, 7, 10**17), "[3, 7, 100000000000000000]"), ((4, 5, 6), "4-6")):
        study = Study.model_validate(
            {
                "name": "s",
                "question": "?",
                "contexts": {"baseline": {}},
                "factors": {},
                "seeds": seeds,
            }
        )
        assert f"seeds: {written}\n" in study_to_yaml(study)
