"""Claims and their verdicts: every kind supported, refuted and undecided, and families."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from ablate.analysis import inference, power
from ablate.analysis.claims import Verdict, _seeds_needed, standing, verdicts
from ablate.analysis.inference import Sample
from ablate.analysis.reading import Reading
from ablate.errors import StudyError
from ablate.study.schema import (
    Claim,
    Design,
    Difference,
    Faster,
    Interaction,
    LargestEffect,
    MoreStable,
    NoDifference,
    NoWorse,
    Open,
    Reaches,
)
from ablate.workload import MetricDescription
from tests.analysis.evidence import (
    EPOCHS,
    MOMENTUM,
    NORM,
    OPTIMIZER,
    POOL,
    WIDTH,
    ByArm,
    arm,
    evidence_of,
    plan_of,
    records_of,
    verdicts_of,
)
from tests.analysis.simulation import share

WIDE_IS_BETTER = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
WIDE_IS_NO_WORSE = NoWorse(
    says="Wide costs nothing.", arm=arm(width="wide"), than=arm(), margin=0.5
)
WIDE_IS_EQUAL = NoDifference(says="Wide is no better.", first=arm(width="wide"), second=arm())
WIDE_GAINS_MOST = LargestEffect(says="Wide gains most.", change=arm(width="wide"), direction="gain")


def verdict_of(claim: Claim, values: ByArm, *factors: Any, **options: Any) -> Verdict:
    """The verdict on one claim of a study; of the factor width, where no others are given."""
    seeds = len(next(iter(values.values())))
    fields = {name: options.pop(name) for name in list(options) if name in ("metric_resolution",)}
    plan = plan_of(*(factors or (WIDTH,)), seeds=seeds, claims=(claim,), **options)
    (verdict,) = verdicts_of(plan, values, **fields)
    return verdict


def against_80(*differences: float, name: str = "wide") -> dict[str, list[float]]:
    """An arm that differs by so much from a baseline of 80."""
    return {"baseline": [80.0] * len(differences), name: [80.0 + d for d in differences]}


# --- difference -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ((1.9, 2.0, 2.2, 1.8), "supported"),
        ((-1.9, -2.0, -2.2, -1.8), "refuted"),
        ((0.1, 0.2, 0.0, 0.15), "refuted"),  # above zero, but below what is of interest
        ((0.9, 0.2, 1.4, 0.6), "undecided"),
    ],
)
def test_a_difference_is_held_against_the_smallest_effect_of_interest(differences, expected):
    values = against_80(*differences)
    verdict = verdict_of(WIDE_IS_BETTER, values, smallest_effect_of_interest=0.5)
    test = stats.ttest_1samp(differences, 0.5)
    between = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
    assert verdict.verdict == expected
    assert verdict.threshold == 0.5
    assert verdict.estimate == pytest.approx(np.mean(differences))
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))
    assert verdict.p == verdict.p_adjusted == pytest.approx(test.pvalue)
    assert verdict.confidence == pytest.approx(0.95)


def test_p_of_a_difference_beyond_zero_is_that_of_the_paired_t_test():
    values = {"baseline": [80.0, 81.5, 79.0, 80.2], "wide": [82.0, 82.0, 81.5, 82.9]}
    verdict = verdict_of(WIDE_IS_BETTER, values)
    assert verdict.p == pytest.approx(stats.ttest_rel(*reversed(values.values())).pvalue)
    assert verdict.verdict == "supported"


def test_a_verdict_says_what_its_metric_means_where_a_label_does_not():
    described = MetricDescription(label="roughness", meaning="Roughness: the mean rise.")
    claim = WIDE_IS_BETTER.model_copy(update={"metric": "roughness"})
    values = {arm: [{"roughness": value} for value in own] for arm, own in against_80(1, 2).items()}
    verdict = verdict_of(claim, values, metrics={"roughness": described})
    assert verdict.note == "Roughness: the mean rise."
    assert verdict_of(WIDE_IS_BETTER, against_80(1, 2)).note == ""


def test_a_verdict_repeats_its_claim():
    claim = WIDE_IS_BETTER.model_copy(update={"published": "two points", "family": "widths"})
    verdict = verdict_of(claim, against_80(1.9, 2.0, 2.2))
    assert (verdict.says, verdict.kind) == ("Wide is better.", "difference")
    assert (verdict.published, verdict.family) == ("two points", "widths")
    assert (verdict.metric, verdict.unit, verdict.context) == ("test_accuracy", "points", None)
    assert (verdict.n, verdict.arms, verdict.note) == (3, ("wide", "baseline"), "")


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ((0.9, 0.88, 0.91), "supported"),
        ((1.1, 1.2, 1.15), "refuted"),
        ((0.9, 1.2, 0.8), "undecided"),
    ],
)
def test_less_is_better_where_lower_is(losses, expected):
    values = {"baseline": [1.0, 1.0, 1.0], "wide": list(losses)}
    verdict = verdict_of(WIDE_IS_BETTER, values, metric="test_loss")
    assert verdict.verdict == expected
    assert verdict.estimate == pytest.approx(1.0 - np.mean(losses))
    assert verdict.unit == ""


def test_a_claim_may_name_its_own_threshold():
    claim = WIDE_IS_BETTER.model_copy(update={"by": 3.0})
    verdict = verdict_of(claim, against_80(1.9, 2.0, 2.2), smallest_effect_of_interest=0.5)
    assert (verdict.threshold, verdict.verdict) == (3.0, "refuted")


def test_a_claim_may_ask_for_zero_in_place_of_the_smallest_effect_of_interest():
    claim = WIDE_IS_BETTER.model_copy(update={"by": 0.0})
    verdict = verdict_of(claim, against_80(0.1, 0.12, 0.11), smallest_effect_of_interest=0.5)
    assert (verdict.threshold, verdict.verdict) == (0.0, "supported")


def test_the_smallest_effect_of_interest_is_of_the_study_metric_alone():
    claim = WIDE_IS_BETTER.model_copy(update={"metric": "test_loss"})
    wide = [{"test_accuracy": 80.0, "test_loss": loss} for loss in (0.9, 0.88, 0.91)]
    values = {"baseline": [{"test_accuracy": 80.0, "test_loss": 1.0}] * 3, "wide": wide}
    verdict = verdict_of(claim, values, smallest_effect_of_interest=0.5)
    assert (verdict.metric, verdict.threshold, verdict.verdict) == ("test_loss", 0.0, "supported")


def test_seeds_that_tie_do_not_settle_a_claim_by_themselves():
    values = against_80(0.5, 0.5, 0.5)
    verdict = verdict_of(WIDE_IS_BETTER, values, metric_resolution={"test_accuracy": 1.0})
    assert verdict.verdict == "undecided"
    half = stats.t.ppf(0.975, 2) / np.sqrt(6) / np.sqrt(3)
    assert verdict.high == pytest.approx(0.5 + half)


def test_a_claim_across_contexts_pairs_their_seeds():
    claim = Difference(
        says="Longer is better.",
        better=arm(context="long", width="wide"),
        worse=arm(context="short", width="wide"),
    )
    values = {("short", "wide"): [80, 81, 82], ("long", "wide"): [82, 83.5, 84]}
    contexts = {"short": {}, "long": {"training.epochs": 9}}
    verdict = verdict_of(claim, values, WIDTH, contexts=contexts)
    assert verdict.arms == ("long/wide", "short/wide")
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(6.5 / 3)


# --- no difference --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ((0.1, -0.1, 0.05, 0.0), "supported"),
        ((1.9, 2.0, 2.2, 1.8), "refuted"),
        ((-1.9, -2.0, -2.2, -1.8), "refuted"),
        ((0.4, -0.3, 0.6, 0.1), "undecided"),
    ],
)
def test_no_difference_is_held_against_its_margin(differences, expected):
    claim = WIDE_IS_EQUAL.model_copy(update={"margin": 0.5})
    verdict = verdict_of(claim, against_80(*differences))
    assert (verdict.verdict, verdict.threshold) == (expected, 0.5)
    between = stats.ttest_1samp(differences, 0.0).confidence_interval(0.95)
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))


def test_p_of_no_difference_is_twice_that_of_two_one_sided_tests():
    differences = [0.1, -0.1, 0.05, 0.0]
    verdict = verdict_of(WIDE_IS_EQUAL, against_80(*differences), smallest_effect_of_interest=0.5)
    expected, _, _ = ttost_paired(80 + np.array(differences), np.full(4, 80.0), -0.5, 0.5)
    assert verdict.p == pytest.approx(2 * expected)


def test_without_a_margin_nothing_is_equal():
    verdict = verdict_of(WIDE_IS_EQUAL, against_80(0.01, -0.01, 0.0))
    assert (verdict.verdict, verdict.threshold) == ("undecided", 0.0)
    assert verdict.note == "Without a margin, or a smallest effect of interest, nothing is equal."


# --- no worse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ((0.1, -0.1, 0.05, 0.0), "supported"),
        ((1.9, 2.0, 2.2, 1.8), "supported"),
        ((-1.9, -2.0, -2.2, -1.8), "refuted"),
        ((0.4, -0.9, 0.6, -0.1), "undecided"),
    ],
)
def test_no_worse_asks_only_that_nothing_beyond_the_margin_is_lost(differences, expected):
    verdict = verdict_of(WIDE_IS_NO_WORSE, against_80(*differences))
    assert (verdict.verdict, verdict.threshold, verdict.wanted) == (expected, -0.5, "above")
    assert verdict.arms == ("wide", "baseline")


def test_an_undecided_no_worse_tells_the_loss_that_the_seeds_could_have_ruled_out():
    differences = (0.4, -0.9, 0.6, -0.1)
    verdict = verdict_of(WIDE_IS_NO_WORSE, against_80(*differences))
    found = power.detectable_distance([np.std(differences, ddof=1)], 4)
    assert verdict.detectable_effect == pytest.approx(found - np.mean(differences))


def test_no_worse_is_a_difference_moved_by_its_margin():
    differences = [0.3, -0.2, 0.4, 0.1]
    moved = Difference(says="?", better=arm(width="wide"), worse=arm())
    expected = verdict_of(moved, against_80(*(each + 0.5 for each in differences)))
    verdict = verdict_of(WIDE_IS_NO_WORSE, against_80(*differences))
    assert (verdict.p, verdict.verdict) == (pytest.approx(expected.p), expected.verdict)
    assert verdict.low == pytest.approx(expected.low - 0.5)


def test_no_worse_in_a_loss_means_not_much_higher():
    claim = WIDE_IS_NO_WORSE.model_copy(update={"metric": "test_loss", "margin": 0.0})
    lower, higher = ([{"test_loss": x} for x in xs] for xs in ((0.4, 0.5, 0.41), (0.6, 0.7, 0.62)))
    plain = [{"test_loss": x} for x in (0.5, 0.6, 0.52)]
    assert verdict_of(claim, {"baseline": plain, "wide": lower}).verdict == "supported"
    assert verdict_of(claim, {"baseline": plain, "wide": higher}).verdict == "refuted"


def test_a_margin_of_zero_is_written_without_a_sign():
    claim = WIDE_IS_NO_WORSE.model_copy(update={"margin": 0.0})
    assert str(verdict_of(claim, against_80(0.1, 0.2)).threshold) == "0.0"


def test_without_a_margin_no_worse_takes_the_smallest_effect_of_interest():
    claim = WIDE_IS_NO_WORSE.model_copy(update={"margin": None})
    assert verdict_of(claim, against_80(0.1), smallest_effect_of_interest=0.25).threshold == -0.25


# --- largest effect -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wide", "batch", "expected"),
    [
        ((3.0, 3.2, 2.9), (1.0, 1.1, 1.0), "supported"),
        ((1.0, 1.1, 1.0), (3.0, 3.2, 2.9), "refuted"),
        ((1.0, 2.1, 1.5), (1.2, 1.1, 2.0), "undecided"),
    ],
)
def test_the_largest_gain_leads_every_rival(wide, batch, expected):
    values = against_80(*wide) | against_80(*batch, name="batch")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM)
    assert verdict.verdict == expected
    assert verdict.estimate == pytest.approx(np.mean(wide) - np.mean(batch))
    assert (verdict.arms, verdict.note) == (
        ("wide", "batch", "baseline"),
        "What wide gains, less what batch gains, the only rival.",
    )


def test_a_baseline_cancels_in_the_lead_over_a_rival():
    values = against_80(3.0, 3.2, 2.9) | against_80(1.0, 1.1, 1.0, name="batch")
    alone = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM)
    noisy = values | {"baseline": [79.0, 78.0, 78.5]}
    assert verdict_of(WIDE_GAINS_MOST, noisy, WIDTH, NORM).estimate == alone.estimate


@pytest.mark.parametrize(
    ("direction", "sign", "verb"), [("gain", 1.0, "gains"), ("loss", -1.0, "costs")]
)
def test_what_does_not_gain_itself_never_gains_most(direction, sign, verb):
    """It leads its rivals, which do worse still."""
    claim = WIDE_GAINS_MOST.model_copy(update={"direction": direction})
    around_zero = [sign * each for each in (0.1, -0.2, 0.05, -0.1)]
    rivals = against_80(*[sign * each for each in (-3.0, -3.2, -2.9, -3.1)], name="batch")
    unclear = verdict_of(claim, against_80(*around_zero) | rivals, WIDTH, NORM)
    assert unclear.verdict == "undecided"
    assert unclear.estimate == pytest.approx(-0.0375)
    assert unclear.note == f"What wide itself {verb}, which is less than its lead over any rival."
    worse = against_80(*[sign * each for each in (-1.0, -1.1, -0.9, -1.05)])
    assert verdict_of(claim, worse | rivals, WIDTH, NORM).verdict == "refuted"


def test_the_largest_loss_is_the_default_direction():
    claim = LargestEffect(says="Wide loses most.", change=arm(width="wide"))
    values = against_80(-3.0, -3.2, -2.9) | against_80(-1.0, -1.1, -1.0, name="batch")
    assert verdict_of(claim, values, WIDTH, NORM).verdict == "supported"
    mirrored = against_80(3.0, 3.2, 2.9) | against_80(-1.0, -1.1, -1.0, name="batch")
    assert verdict_of(claim, mirrored, WIDTH, NORM).verdict == "refuted"


def test_a_loss_gains_by_falling():
    values = {
        "wide": [0.5, 0.51, 0.48], "batch": [0.8, 0.82, 0.79], "baseline": [1.0, 1.1, 1.05]
    }  # fmt: skip
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, metric="test_loss")
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(0.92 / 3)


def test_one_rival_that_is_not_clearly_behind_leaves_the_largest_effect_undecided():
    """The nearest by its mean is clearly behind; the one that wavers decides the interval."""
    values = (
        against_80(3.0, 3.1, 2.9, 3.0)
        | against_80(2.0, 2.1, 1.9, 2.0, name="batch")
        | against_80(6.0, -6.0, 1.0, 0.0, name="long")
    )
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    assert verdict.verdict == "undecided"
    assert verdict.note == "What wide gains, less what batch gains, of 2 rivals the strongest."
    assert verdict.estimate == pytest.approx(1.0)
    lead = stats.ttest_rel([3.0, 3.1, 2.9, 3.0], [6.0, -6.0, 1.0, 0.0])
    assert verdict.low == pytest.approx(lead.confidence_interval(0.95).low)
    assert verdict.low < 0 < verdict.high
    assert verdict.p == pytest.approx(lead.pvalue)
    assert verdict.seeds_needed > 4


def test_rivals_and_the_effect_itself_share_the_error_rate_of_refuting():
    wide, batch = [1.0, 1.1, 0.9, 1.3], [2.0, 2.6, 1.9, 2.1]
    values = against_80(*wide) | against_80(*batch, name="batch")
    values |= against_80(-5.0, -5.2, -4.9, -5.1, name="long")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    test = stats.ttest_rel(wide, batch)
    assert verdict.verdict == "refuted"
    assert verdict.p == pytest.approx(3 * test.pvalue)
    assert verdict.high == pytest.approx(test.confidence_interval(1 - 0.05 / 3).high)


def test_rivals_may_be_named():
    claim = WIDE_GAINS_MOST.model_copy(update={"rivals": (arm(pool="mean"),)})
    values = (
        against_80(3.0, 3.2, 2.9)
        | against_80(9.0, 9.1, 9.2, name="stride")
        | against_80(1.0, 1.1, 1.0, name="mean")
    )
    verdict = verdict_of(claim, values, WIDTH, POOL)
    assert verdict.verdict == "supported"
    assert verdict.arms == ("wide", "mean", "baseline")


def test_other_levels_of_the_same_factor_are_rivals():
    claim = WIDE_GAINS_MOST.model_copy(update={"change": arm(pool="mean")})
    values = against_80(1.0, 1.1, 1.0, name="mean") | against_80(9.0, 9.1, 9.2, name="stride")
    verdict = verdict_of(claim, values, POOL)
    assert verdict.verdict == "refuted"
    assert verdict.arms == ("mean", "stride", "baseline")


def test_the_effect_of_a_conditional_level_is_that_on_top_of_its_condition():
    """Momentum gains 3 over sgd, which loses 5: more than wide, which gains 1."""
    claim = LargestEffect(
        says="Momentum gains most.", change=arm(momentum="rolling"), direction="gain"
    )
    values = (
        against_80(-5.0, -5.1, -4.9, name="sgd")
        | against_80(-2.0, -2.2, -1.9, name="sgd, rolling")
        | against_80(1.0, 1.1, 1.0)
    )
    verdict = verdict_of(claim, values, WIDTH, OPTIMIZER, MOMENTUM)
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(np.mean([3.0, 2.9, 3.0]) - np.mean([1.0, 1.1, 1.0]))


def test_on_a_path_each_step_is_taken_against_the_one_before():
    """The steps gain 5, 1 and 2: the last arm is best, the first step largest."""
    steps = {"baseline": 70.0, "+ width": 75.0, "+ norm": 76.0, "+ epochs": 78.0}
    noise = (0.0, 0.1, -0.1, 0.05)
    values = {
        name: [mean + noise[(seed + place) % 4] for seed in range(4)]
        for place, (name, mean) in enumerate(steps.items())
    }
    last = WIDE_GAINS_MOST.model_copy(update={"change": arm(epochs="long")})
    options = {"design": "path", "claims": (WIDE_GAINS_MOST, last)}
    first_step, last_step = verdicts_of(plan_of(WIDTH, NORM, EPOCHS, seeds=4, **options), values)
    assert (first_step.verdict, last_step.verdict) == ("supported", "refuted")
    assert first_step.estimate == pytest.approx(3.0, abs=0.2)
    assert last_step.estimate == pytest.approx(-3.0, abs=0.3)
    assert set(first_step.arms) == set(steps)


def test_without_rivals_there_is_no_largest_effect():
    verdict = verdict_of(WIDE_GAINS_MOST, against_80(3.0, 3.2, 2.9))
    assert (verdict.verdict, verdict.note) == ("undecided", "There is no rival.")
    assert verdict.core_hours is None


def test_a_rival_with_one_seed_leaves_the_largest_effect_undecided():
    values = (
        against_80(3.0, 3.2, 2.9)
        | against_80(1.0, 1.1, 1.0, name="batch")
        | {"long": [80.0, None, None]}
    )
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    assert (verdict.verdict, verdict.n) == ("undecided", 1)
    assert verdict.note == "One seed gives no interval."
    assert (verdict.low, verdict.high, verdict.confidence) == (None, None, None)


def test_a_rival_that_is_ahead_refutes_the_largest_effect_whatever_others_lack():
    values = against_80(1.0, 1.2, 0.9) | against_80(3.0, 3.1, 2.9, name="batch")
    whole = verdict_of(
        WIDE_GAINS_MOST, values | against_80(0.1, 0.3, 0.2, name="long"), WIDTH, NORM, EPOCHS
    )
    early = " An early look: {} of its trials are still to be recorded."
    for lacking, to_come in (
        ({}, early.format(3)),
        ({"long": ["failed"] * 3}, ""),
        ({"long": [80.0, None, None]}, early.format(2)),
    ):
        verdict = verdict_of(WIDE_GAINS_MOST, values | lacking, WIDTH, NORM, EPOCHS)
        assert verdict.verdict == "refuted"
        assert (verdict.estimate, verdict.high) == (whole.estimate, whole.high)
        assert verdict.p == whole.p
        assert verdict.note == (
            "What wide gains, less what batch gains, of 2 rivals the strongest. Of 3 leads 2 are "
            "known: they can refute the claim alone." + to_come
        )


@pytest.mark.parametrize("pairs", [0, 1, 2, 3])
def test_a_rival_too_young_for_a_look_keeps_no_other_from_refuting(pairs):
    """Two pairs have no repeated interval, though they have a plain one."""
    values = against_80(1.0, 1.2, 0.9, 1.1) | against_80(3.0, 3.1, 2.9, 3.2, name="batch")
    values |= {"long": [*[80.1, 80.3, 80.2][:pairs], *["failed"] * (4 - pairs)]}
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS, max_seeds=8)
    assert (verdict.verdict, verdict.n) == ("refuted", 3)
    assert ("Of 3 leads 2 are known" in verdict.note) == (pairs < 3)


def test_a_largest_loss_says_what_is_subtracted_from_what():
    """Where less is lost the arm is better, so that it is no lead of the one over the other."""
    claim = WIDE_GAINS_MOST.model_copy(update={"direction": "loss"})
    values = against_80(-3.0, -3.2, -2.9) | against_80(-1.0, -1.1, -1.0, name="batch")
    note = verdict_of(claim, values, WIDTH, NORM).note
    assert note == "What wide costs, less what batch costs, the only rival."


def test_a_largest_effect_leans_to_refutation_where_a_rival_is_ahead_however_unsurely():
    values = against_80(1.0, 1.2, 0.9) | against_80(-3.0, 9.0, 1.0, name="batch")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM)
    assert (verdict.verdict, verdict.leaning) == ("undecided", "refuted")
    behind = verdict_of(
        WIDE_GAINS_MOST, values | against_80(-3.0, 2.0, 1.0, name="batch"), WIDTH, NORM
    )
    assert (behind.verdict, behind.leaning) == ("undecided", "supported")


def test_a_largest_effect_names_the_rival_that_refutes_beside_the_one_farthest_ahead():
    sure, unsure = (3.0, 3.1, 2.9), (-9.0, 40.0, 2.0)
    values = against_80(1.0, 1.2, 0.9) | against_80(*sure, name="batch")
    values |= against_80(*unsure, name="long")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    assert verdict.verdict == "refuted"
    assert verdict.estimate == pytest.approx(np.mean([1.0, 1.2, 0.9]) - np.mean(unsure))
    assert verdict.note == (
        "What wide gains, less what long gains, of 2 rivals the strongest. Ahead most surely: "
        "'batch'."
    )


def test_a_rival_that_is_not_clearly_ahead_refutes_nothing_where_others_lack():
    values = against_80(1.0, 1.2, 0.9) | against_80(1.0, 2.1, 0.9, name="batch")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    assert verdict.verdict == "undecided"
    assert verdict.low < 0 < verdict.high
    assert verdict.detectable_effect is None
    lead = np.subtract((1.0, 1.2, 0.9), (1.0, 2.1, 0.9))
    assert verdict.seeds_needed == power.seeds_for_difference(
        np.mean(lead), np.std(lead, ddof=1), 0.05 / 3
    )


# --- reaches --------------------------------------------------------------------------------------

REACHES_80 = Reaches(says="Wide reaches 80.", arm=arm(width="wide"), value=80.0)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((82.0, 82.1, 81.9), "supported"), ((78, 78.1, 77.9), "refuted"), ((79, 82, 80), "undecided")],
)
def test_an_arm_reaches_a_value_when_its_whole_interval_lies_above(values, expected):
    verdict = verdict_of(REACHES_80, {"wide": list(values)})
    between = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert (verdict.verdict, verdict.threshold, verdict.unit) == (expected, 80.0, "%")
    assert verdict.estimate == pytest.approx(np.mean(values))
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))
    assert verdict.p == pytest.approx(stats.ttest_1samp(values, 80.0).pvalue)
    assert verdict.detectable_effect is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [((0.5, 0.51, 0.49), "supported"), ((2, 2.1, 1.9), "refuted"), ((0.9, 1.2, 1.0), "undecided")],
)
def test_a_loss_reaches_a_value_from_above(values, expected):
    claim = REACHES_80.model_copy(update={"value": 1.0})
    verdict = verdict_of(claim, {"wide": list(values)}, metric="test_loss")
    assert verdict.verdict == expected
    assert verdict.estimate == pytest.approx(np.mean(values))


# --- faster ---------------------------------------------------------------------------------------


def faster(**changes: Any) -> Faster:
    return Faster(says="Wide is faster.", faster=arm(width="wide"), slower=arm(), **changes)


def reaching(epoch: int, epochs: int = 8, low: float = 50.0, high: float = 70.0) -> dict[str, Any]:
    """A curve of validation accuracy that is high from this epoch on."""
    numbers = list(range(1, epochs + 1))
    curve = [high if number >= epoch else low for number in numbers]
    return {"epoch": numbers, "validation_accuracy": curve}


def verdict_of_curves(
    claim: Claim,
    curves: ByArm,
    statuses: ByArm | None = None,
    chance_level: Mapping[str, float] | None = None,
    **options: Any,
) -> Verdict:
    seeds = len(next(iter(curves.values())))
    plan = plan_of(WIDTH, seeds=seeds, claims=(claim,), **options)
    values = {name: [80.0] * seeds for name in ("baseline", "wide")} | dict(statuses or {})
    records = records_of(plan, values, curves, chance_level=dict(chance_level or {}))
    evidence = evidence_of(plan, records)
    (verdict,) = verdicts(evidence, standing(evidence))
    return verdict


def mean_of(course: dict[str, Any]) -> float:
    """The mean of its accuracy over training."""
    epochs, accuracies = course["epoch"], course["validation_accuracy"]
    return float(np.trapezoid(accuracies, epochs) / (epochs[-1] - epochs[0]))


@pytest.mark.parametrize(
    ("wide", "baseline", "expected"),
    [
        ((2, 2, 1, 2), (6, 7, 6, 6), "supported"),
        ((6, 7, 6, 6), (2, 2, 1, 2), "refuted"),
        ((2, 5, 3, 4), (3, 4, 2, 6), "undecided"),
    ],
)
def test_an_arm_is_faster_that_reaches_the_threshold_in_fewer_epochs(wide, baseline, expected):
    curves = {"wide": [reaching(e) for e in wide], "baseline": [reaching(e) for e in baseline]}
    verdict = verdict_of_curves(faster(threshold=60.0), curves)
    assert (verdict.verdict, verdict.unit, verdict.threshold) == (expected, "epochs", 0.0)
    assert verdict.estimate == pytest.approx(np.mean(baseline) - np.mean(wide))
    assert verdict.p == pytest.approx(stats.ttest_rel(baseline, wide).pvalue)
    assert verdict.note == "Epochs to validation accuracy 60."


def test_faster_may_mean_by_a_number_of_epochs():
    curves = {"wide": [reaching(2)] * 3, "baseline": [reaching(e) for e in (6, 7, 6)]}
    assert verdict_of_curves(faster(threshold=60.0, by=1.0), curves).verdict == "supported"
    assert verdict_of_curves(faster(threshold=60.0, by=8.0), curves).verdict == "refuted"


def test_epochs_that_tie_keep_the_spread_of_the_points_spacing():
    curves = {"wide": [reaching(3)] * 3, "baseline": [reaching(4)] * 3}
    verdict = verdict_of_curves(faster(threshold=60.0), curves)
    half = stats.t.ppf(0.975, 2) / np.sqrt(6) / np.sqrt(3)
    assert (verdict.low, verdict.high) == pytest.approx((1 - half, 1 + half))
    assert verdict.verdict == "undecided"


def test_a_slower_arm_that_never_gets_there_supports_from_below_and_refutes_nothing():
    """It takes longer than it was trained, so the lead is at least what it counts as."""
    curves = {"wide": [reaching(2)] * 3, "baseline": [reaching(9), reaching(6), reaching(9)]}
    verdict = verdict_of_curves(faster(threshold=60.0), curves)
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(np.mean([8, 6, 8]) - 2)
    assert verdict.note == (
        "Epochs to validation accuracy 60. Never there, and counted as trained: "
        "baseline on 2 of 3 seeds, so the lead is at least this."
    )
    too_much = verdict_of_curves(faster(threshold=60.0, by=20.0), curves)
    assert (too_much.verdict, too_much.p, too_much.seeds_needed) == ("undecided", 1.0, None)


def test_a_faster_arm_that_never_gets_there_refutes_from_above_and_supports_nothing():
    curves = {"wide": [reaching(9)] * 3, "baseline": [reaching(6), reaching(6), reaching(5)]}
    verdict = verdict_of_curves(faster(threshold=60.0), curves)
    assert verdict.verdict == "refuted"
    assert verdict.note.endswith("wide on 3 of 3 seeds, so the lead is at most this.")
    short = {"wide": [reaching(9, epochs=2)] * 3, "baseline": curves["baseline"]}
    assert verdict_of_curves(faster(threshold=60.0), short).verdict == "undecided"


def test_where_neither_arm_gets_there_the_lead_is_not_known():
    curves = {"wide": [reaching(9)] * 3, "baseline": [reaching(9)] * 3}
    verdict = verdict_of_curves(faster(threshold=60.0, by=2.0), curves)
    assert (verdict.verdict, verdict.p, verdict.low) == ("undecided", None, None)
    assert verdict.note.endswith("so the lead is not known.")


@pytest.mark.parametrize("sparse", ["wide", "baseline"])
def test_an_arm_that_is_looked_at_less_often_is_not_slower_for_that(sparse):
    def curve(every: int, seed: int) -> dict[str, Any]:
        epochs = range(every, 21, every)
        return {
            "epoch": epochs,
            "validation_accuracy": [40 + 3.3 * epoch + 0.3 * seed for epoch in epochs],
        }

    curves = {
        name: [curve(5 if name == sparse else 1, seed) for seed in range(5)]
        for name in ("wide", "baseline")
    }
    verdict = verdict_of_curves(faster(threshold=60.0), curves)
    assert (verdict.verdict, verdict.n, verdict.estimate) == ("undecided", 5, 0.0)


@pytest.mark.parametrize("threshold", [None, 60.0])
@pytest.mark.parametrize(
    ("wide", "baseline", "told"),
    [
        ((1, 7, 14, 20), (1, 10, 15, 20), "2 points of training, of up to 4 that"),
        ((1, 7, 20), range(1, 21), "3 points of training, of up to 20 that"),
        ((20,), range(1, 21), "1 point of training, of up to 20 that"),
        ((1, 2, 20), (1, 2, 20), ""),  # few, but all that there are
        (range(2, 21, 2), range(1, 21), ""),  # half of one arm's
        ((1, 5, 8, 12), range(1, 21), ""),  # the shorter one has ended then
    ],
)
def test_few_points_that_the_arms_of_a_faster_claim_share_are_told(wide, baseline, told, threshold):
    curves = {
        name: [{"epoch": list(epochs), "validation_accuracy": [50.0 + e for e in epochs]}] * 3
        for name, epochs in (("wide", wide), ("baseline", baseline))
    }
    note = verdict_of_curves(faster(threshold=threshold), curves).note
    assert ("The arms share" in note) is bool(told)
    assert (
        f"The arms share {told} a trial has: what happens between is not seen." in note or not told
    )


@pytest.mark.parametrize("threshold", [None, 60.0])
def test_a_look_sees_nothing_of_later_seeds(threshold):
    """Where both arms diverge on a later seed, earlier looks have no pair more for that."""
    plan = plan_of(WIDTH, seeds=6, claims=(faster(threshold=threshold),), max_seeds=20)
    curves = {
        "wide": [reaching(2, high=70 + seed / 9) for seed in range(6)],
        "baseline": [reaching(7 - seed % 2) for seed in range(6)],
    }
    values = {name: [80.0, 80.1, 80.2, 80.0, "diverged", 80.1] for name in curves}
    chance = {"validation_accuracy": 10.0, "test_accuracy": 10.0}
    evidence = evidence_of(plan, records_of(plan, values, curves, chance_level=chance))
    (stand,) = standing(evidence)
    assert [reading.sample.n for reading in stand.course] == [3, 4, 5, 6]
    for look, then in zip((3, 4, 5), stand.course, strict=False):
        (alone,) = standing(evidence.first_seeds(look))
        assert alone.course[-1].sample == then.sample


def test_an_arm_that_was_trained_for_less_is_not_known_to_be_slower():
    """The slower arm's last epoch lies before the one in which the faster arm got there."""
    curves = {
        "wide": [reaching(6)] * 4,
        "baseline": [reaching(9, epochs=epochs) for epochs in (2, 3, 2, 3)],
    }
    assert verdict_of_curves(faster(threshold=60.0), curves).verdict == "undecided"


def test_trials_without_the_curve_do_not_count_as_slow():
    other = {"epoch": [1, 2], "train_loss": [2.0, 1.0]}
    curves = {"wide": [reaching(2)] * 3, "baseline": [other] * 3}
    for threshold in (None, 60.0):
        verdict = verdict_of_curves(faster(threshold=threshold), curves)
        assert (verdict.verdict, verdict.n) == ("undecided", 0)


@pytest.mark.parametrize("threshold", [None, 60.0])
def test_trials_that_count_steps_are_compared_by_their_steps(threshold):
    """The one logs ten times as often as the other, on the same course."""

    def course(every: int) -> dict[str, Any]:
        steps = list(range(every, 2001, every))
        return {"step": steps, "validation_accuracy": [50 + step / 100 for step in steps]}

    curves = {"wide": [course(1000)] * 3, "baseline": [course(100)] * 3}
    verdict = verdict_of_curves(faster(threshold=threshold), curves)
    assert (verdict.verdict, verdict.estimate) == ("undecided", 0.0)
    if threshold is None:
        assert "at the same steps in both." in verdict.note
    else:
        assert (verdict.unit, verdict.note[:5]) == ("steps", "Steps")


def test_a_curve_without_epochs_is_compared_by_its_steps_beside_one_that_has_them():
    def course(gain: float) -> dict[str, Any]:
        return {
            "epoch": [1, None, 2, None],
            "step": [100, 100, 200, 200],
            "validation_accuracy": [None, 50 + gain, None, 60 + gain],
            "test_accuracy": [50, None, 60, None],
        }

    curves = {"wide": [course(4.0)] * 3, "baseline": [course(0.0)] * 3}
    verdict = verdict_of_curves(faster(), curves)
    assert (verdict.estimate, verdict.n) == (pytest.approx(4.0), 3)
    assert verdict.note.startswith(
        "Mean of validation accuracy over training, at the same steps in both."
    )


@pytest.mark.parametrize(
    ("wide", "baseline", "expected"),
    [
        ((2, 2, 1, 2), (6, 7, 6, 6), "supported"),
        ((6, 7, 6, 6), (2, 2, 1, 2), "refuted"),
        ((2, 5, 3, 4), (3, 4, 2, 6), "undecided"),
    ],
)
def test_without_a_threshold_the_better_mean_over_training_is_faster(wide, baseline, expected):
    curves = {"wide": [reaching(e) for e in wide], "baseline": [reaching(e) for e in baseline]}
    verdict = verdict_of_curves(faster(), curves)
    gained = np.array([mean_of(reaching(e)) for e in wide])
    gained -= [mean_of(reaching(e)) for e in baseline]
    assert (verdict.verdict, verdict.unit) == (expected, "points")
    assert verdict.estimate == pytest.approx(gained.mean())
    assert verdict.p == pytest.approx(stats.ttest_1samp(gained, 0.0).pvalue)
    assert verdict.note == "Mean of validation accuracy over training, at the same epochs in both."


def test_a_trial_that_stopped_early_holds_its_last_value():
    """It learns fast and stops, long before the other one gets there."""
    early = [reaching(e, epochs=3) for e in (1, 2, 1)]
    curves = {"wide": early, "baseline": [reaching(e, epochs=20) for e in (15, 14, 15)]}
    verdict = verdict_of_curves(faster(), curves)
    assert verdict.verdict == "supported"
    held = [70.0 - 10 / 19 * (e == 2) for e in (1, 2, 1)]
    late = [mean_of(reaching(e, epochs=20)) for e in (15, 14, 15)]
    assert verdict.estimate == pytest.approx(np.mean(held) - np.mean(late))


def test_a_loss_is_faster_where_it_is_lower():
    curves = {
        name: [{"epoch": [1, 2], "validation_loss": [first, first / 2]} for first in losses]
        for name, losses in {"wide": (1.0, 1.1, 0.9), "baseline": (2.0, 2.2, 2.1)}.items()
    }
    mean = verdict_of_curves(faster(curve="validation_loss"), curves)
    assert (mean.verdict, mean.unit) == ("supported", "")
    assert mean.estimate == pytest.approx(0.75 * 3.3 / 3)
    until = verdict_of_curves(faster(curve="validation_loss", threshold=1.2), curves)
    assert until.estimate == pytest.approx(1.0)


def test_a_recorded_mean_of_the_curve_is_used_where_there_is_no_curve():
    metrics = {
        name: [{"test_accuracy": 80.0, "validation_accuracy_mean": value} for value in means]
        for name, means in {"wide": (70, 71, 72.5), "baseline": (60, 61, 62)}.items()
    }
    verdict = verdict_of(faster(), metrics)
    assert verdict.estimate == pytest.approx(30.5 / 3)
    assert verdict.note == "Mean of validation accuracy over training, as recorded."
    curves = {"wide": [reaching(2)] * 3, "baseline": [reaching(4)] * 3}
    assert verdict_of_curves(faster(), curves, metrics).estimate == pytest.approx(2 * 20 / 7)


@pytest.mark.parametrize("threshold", [None, 60.0])
@pytest.mark.parametrize(("diverged", "n"), [("chance", 4), ("failure_rate", 3)])
def test_a_diverged_trial_counts_in_speed_only_where_it_counts_at_all(threshold, diverged, n):
    curves = {"wide": [reaching(2)] * 4, "baseline": [*[reaching(6)] * 3, reaching(6, epochs=2)]}
    statuses = {"baseline": [80.0, 80.0, 80.0, "diverged"]}
    verdict = verdict_of_curves(
        faster(threshold=threshold), curves, statuses, diverged=diverged, chance_level=CHANCE
    )
    assert verdict.n == n


CHANCE = {"test_accuracy": 10.0, "validation_accuracy": 10.0}


def test_a_diverged_trial_counts_at_chance_level_however_well_it_began():
    """Every wide one reaches the threshold at once, and then diverges."""
    curves = {"wide": [reaching(1, epochs=6)] * 4, "baseline": [reaching(2)] * 4}
    ended = {"wide": ["diverged"] * 4}
    area = verdict_of_curves(faster(), curves, ended, chance_level=CHANCE)
    assert area.estimate == pytest.approx(10.0 - mean_of(reaching(2)))
    time = verdict_of_curves(faster(threshold=60.0), curves, ended, chance_level=CHANCE)
    assert (time.verdict, time.estimate) == ("refuted", 2.0 - 6.0)


def test_without_a_chance_level_diverged_trials_are_left_out_of_a_mean_over_training():
    curves = {"wide": [reaching(1, epochs=6)] * 4, "baseline": [reaching(2)] * 4}
    verdict = verdict_of_curves(faster(), curves, {"wide": ["diverged"] * 2 + [80.0] * 2})
    assert (verdict.n, verdict.verdict) == (2, "undecided")
    assert "Diverged: 2 of 4 (50 %) of wide. What validation_accuracy is worth" in verdict.note


@pytest.mark.parametrize("threshold", [None, 60.0])
def test_without_histories_speed_is_undecided(threshold):
    verdict = verdict_of(faster(threshold=threshold), against_80(1.0, 1.1))
    assert (verdict.verdict, verdict.n) == ("undecided", 0)
    assert verdict.note.endswith("No seed has all that it takes.")


# --- more stable ----------------------------------------------------------------------------------

WIDE_IS_STABLER = MoreStable(says="Wide is stabler.", stable=arm(width="wide"), unstable=arm())
CALM = [80.0, 80.1, 79.9, 80.05, 80.0, 79.95, 80.1, 80.0, 79.9, 80.05, 80.0]
WILD = [75.0, 84.0, 79.0, 88.0, 71.0, 80.0, 77.0, 85.0, 73.0, 86.0, 82.0]


@pytest.mark.parametrize(
    ("wide", "baseline", "expected"),
    [(CALM, WILD, "supported"), (WILD, CALM, "refuted"), (WILD, WILD[::-1], "undecided")],
)
def test_stability_compares_distances_from_the_median(wide, baseline, expected):
    verdict = verdict_of(WIDE_IS_STABLER, {"wide": wide, "baseline": baseline})
    distances = [np.abs(np.array(own) - np.median(own)) for own in (baseline, wide)]
    assert verdict.verdict == expected
    assert verdict.estimate == pytest.approx(np.mean(distances[0] - distances[1]))
    assert verdict.p == pytest.approx(stats.ttest_rel(*distances).pvalue)
    assert (verdict.n, verdict.note, verdict.threshold) == (11, "", 0.0)


def test_stability_is_not_judged_under_ten_seeds():
    values = {"wide": CALM[:9], "baseline": WILD[:9]}
    verdict = verdict_of(WIDE_IS_STABLER, values)
    assert (verdict.verdict, verdict.n, verdict.p) == ("undecided", 9, None)
    assert verdict.note == "Spread is judged from 10 seeds on."
    assert (verdict.low, verdict.high, verdict.confidence) == (None, None, None)
    assert verdict.seeds_needed == 10
    assert verdict.detectable_effect is None


def test_too_few_seeds_for_stability_lean_the_way_that_they_show():
    calm, wild = CALM[:9], WILD[:9]
    leanings = [
        verdict_of(WIDE_IS_STABLER, {"wide": wide, "baseline": baseline}).leaning
        for wide, baseline in ((calm, wild), (wild, calm))
    ]
    assert leanings == ["supported", "refuted"]


def test_ten_seeds_that_both_have_are_enough_for_stability():
    values = {"wide": [*CALM[:10], None], "baseline": [*WILD[:10], 80.0]}
    assert verdict_of(WIDE_IS_STABLER, values).verdict == "supported"
    values = {"wide": [*CALM[:10], None], "baseline": [None, *WILD[1:]]}
    assert verdict_of(WIDE_IS_STABLER, values).verdict == "undecided"


ALWAYS_DIVERGED, ONCE_DIVERGED = ["diverged"] * 11, ["diverged", *CALM[1:]]


@pytest.mark.parametrize(
    ("wide", "baseline", "expected", "told"),
    [
        (ALWAYS_DIVERGED, WILD, "undecided", "11 of 11 (100 %) of wide"),
        (ALWAYS_DIVERGED, CALM, "undecided", "11 of 11 (100 %) of wide"),
        (WILD, ALWAYS_DIVERGED, "undecided", "11 of 11 (100 %) of baseline"),
        (ALWAYS_DIVERGED, ALWAYS_DIVERGED, "undecided", "11 of 11 (100 %) of baseline"),
        (ONCE_DIVERGED, WILD, "undecided", "1 of 11 (9 %) of wide"),
    ],
)
def test_values_at_chance_level_are_no_stability(wide, baseline, expected, told):
    values = {"wide": wide, "baseline": baseline}
    metrics = {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)}
    verdict = verdict_of(WIDE_IS_STABLER, values, metrics=metrics)
    assert verdict.verdict == expected
    assert f"Diverged, and counted as without learning: {told}" in verdict.note
    both = wide is baseline is ALWAYS_DIVERGED
    what = "settles" if both else "refutes" if baseline is ALWAYS_DIVERGED else "supports"
    assert f" What they count as {what} nothing" in verdict.note


def test_an_arm_that_often_collapses_is_the_less_stable_one():
    collapsing = [10.0 if seed % 3 == 0 else value for seed, value in enumerate(CALM + CALM)]
    metrics = {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)}
    for of_wide in (collapsing, ["diverged" if value == 10.0 else value for value in collapsing]):
        values = {"wide": of_wide, "baseline": CALM + CALM}
        assert verdict_of(WIDE_IS_STABLER, values, metrics=metrics).verdict == "refuted"
    turned = {"wide": CALM + CALM, "baseline": of_wide}
    assert verdict_of(WIDE_IS_STABLER, turned, metrics=metrics).verdict == "supported"


def test_spread_is_that_of_the_seeds_that_both_arms_have():
    """The median of thirty lies nearer to its arm's than that of ten: distances would be longer."""
    values = {"wide": CALM, "baseline": WILD}
    more = {"wide": CALM, "baseline": [*WILD, *[84.0 + seed for seed in range(20)]]}
    whole, longer = (verdict_of(WIDE_IS_STABLER, each) for each in (values, more))
    assert (whole.low, whole.high, whole.n) == (longer.low, longer.high, longer.n)


def test_no_spread_is_told_to_need_seeds_beyond_the_maximum():
    short = {"wide": CALM[:8], "baseline": WILD[:8]}
    verdict = verdict_of(WIDE_IS_STABLER, short, max_seeds=8)
    assert (verdict.seeds_needed, verdict.too_few_seeds) == (None, 8)
    assert verdict_of(WIDE_IS_STABLER, short, max_seeds=12).seeds_needed == 12


def test_spread_is_settled_at_the_last_look_whatever_seeds_are_missing():
    """The failed trial's pair is missing for good: a twelfth never comes."""
    values = {"wide": [CALM[0], "failed", *CALM[1:]], "baseline": [WILD[0], 80.0, *WILD[1:]]}
    verdict = verdict_of(WIDE_IS_STABLER, values, max_seeds=12)
    assert (verdict.verdict, verdict.n) == ("supported", 11)
    once = verdict_of(WIDE_IS_STABLER, values)
    assert (verdict.low, verdict.high) == (once.low, once.high)
    before = {name: own[:11] for name, own in values.items()}
    assert verdict_of(WIDE_IS_STABLER, before, max_seeds=12).low is None


# --- interaction ----------------------------------------------------------------------------------

WIDTH_NEEDS_NORM = Interaction(
    says="What width is worth depends on norm.",
    change=arm(width="wide"),
    first=arm(norm="batch"),
    second=arm(norm="plain"),
)


def crossed(effect_with: Sequence[float], effect_without: Sequence[float]) -> ByArm:
    """Four arms of which wide has these effects, with and without norm."""
    n = len(effect_with)
    return {
        "baseline": [80.0] * n,
        "wide": [80.0 + effect for effect in effect_without],
        "batch": [85.0 + seed for seed in range(n)],
        "wide, batch": [85.0 + seed + effect for seed, effect in enumerate(effect_with)],
    }


@pytest.mark.parametrize(
    ("with_norm", "without", "by", "expected"),
    [
        ((3.0, 3.1, 2.9), (0.1, 0.3, 0.0), 0.5, "supported"),
        ((0.1, 0.3, 0.0), (3.0, 3.1, 2.9), 0.5, "supported"),
        ((3.0, 3.1, 2.9), (3.05, 3.0, 2.95), 0.5, "refuted"),
        ((3.0, 1.1, 2.9), (2.0, 2.9, 1.8), 0.5, "undecided"),
        ((3.0, 3.1, 2.9), (3.05, 3.0, 2.95), 0.0, "undecided"),
        ((3.0, 3.1, 2.9), (0.1, 0.3, 0.0), 0.0, "supported"),
    ],
)
def test_an_interaction_is_a_difference_of_differences(with_norm, without, by, expected):
    claim = WIDTH_NEEDS_NORM.model_copy(update={"by": by})
    verdict = verdict_of(claim, crossed(with_norm, without), WIDTH, NORM, design="full_factorial")
    difference = np.subtract(with_norm, without)
    between = stats.ttest_1samp(difference, 0.0).confidence_interval(0.95)
    assert (verdict.verdict, verdict.threshold) == (expected, by)
    assert verdict.estimate == pytest.approx(difference.mean())
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))
    assert set(verdict.arms) == {"baseline", "wide", "batch", "wide, batch"}


def test_an_interaction_without_threshold_has_the_p_of_the_t_test():
    values = crossed((3.0, 1.1, 2.9), (2.0, 2.9, 1.8))
    verdict = verdict_of(WIDTH_NEEDS_NORM, values, WIDTH, NORM, design="full_factorial")
    assert verdict.p == pytest.approx(stats.ttest_1samp([1.0, -1.8, 1.1], 0.0).pvalue)


@pytest.mark.parametrize(
    ("with_norm", "without", "better_in", "expected"),
    [
        ((3.0, 3.1, 2.9), (0.1, 0.3, 0.0), "first", "supported"),
        ((3.0, 3.1, 2.9), (0.1, 0.3, 0.0), "second", "refuted"),
        ((0.1, 0.3, 0.0), (3.0, 3.1, 2.9), "first", "refuted"),
        ((-3.0, -3.1, -2.9), (-0.1, -0.3, 0.0), "second", "supported"),
        ((3.0, 3.1, 2.9), (3.05, 3.0, 2.95), "first", "refuted"),
        ((3.0, 1.1, 2.9), (2.0, 2.9, 1.8), "first", "undecided"),
    ],
)
def test_a_directed_interaction_is_a_lead_of_one_effect_over_the_other(
    with_norm, without, better_in, expected
):
    claim = WIDTH_NEEDS_NORM.model_copy(update={"by": 0.5, "better_in": better_in})
    verdict = verdict_of(claim, crossed(with_norm, without), WIDTH, NORM, design="full_factorial")
    lead = np.subtract(with_norm, without) * (1 if better_in == "first" else -1)
    between = stats.ttest_1samp(lead, 0.0).confidence_interval(0.95)
    assert (verdict.verdict, verdict.threshold, verdict.wanted) == (expected, 0.5, "above")
    assert verdict.estimate == pytest.approx(lead.mean())
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))
    effects = (("wide, batch", "batch"), ("wide", "baseline"))
    named, other = effects if better_in == "first" else effects[::-1]
    assert verdict.arms == (*named, *other)


@pytest.mark.parametrize("better_in", [None, "first", "second"])
@pytest.mark.parametrize("collapsed", [("wide", "baseline"), ("wide, batch", "batch")])
def test_an_interaction_with_a_setting_that_never_trained_is_not_settled(better_in, collapsed):
    claim = WIDTH_NEEDS_NORM.model_copy(update={"by": 0.5, "better_in": better_in})
    values = crossed((3.0, 3.1, 2.9), (-3.0, -3.1, -2.9))
    metrics = {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)}

    def verdict(own: ByArm) -> str:
        options: dict[str, Any] = {"design": "full_factorial", "metrics": metrics}
        return verdict_of(claim, own, WIDTH, NORM, **options).verdict

    assert verdict(values) != "undecided"
    for times in (1, 3):
        lost = {name: ["diverged"] * times + [*values[name]][times:] for name in collapsed}
        assert verdict(values | lost) == "undecided"
    one_arm = {collapsed[0]: ["diverged"] * 3}
    assert verdict(values | one_arm) != "undecided"


def test_where_lower_is_better_a_directed_interaction_supports_the_lesser_loss():
    values = {
        name: [value / 100 for value in own]
        for name, own in crossed((3.0, 3.1, 2.9), (0.1, 0.2, 0.0)).items()
    }
    claim = WIDTH_NEEDS_NORM.model_copy(update={"better_in": "second"})
    verdict = verdict_of(claim, values, WIDTH, NORM, design="full_factorial", metric="test_loss")
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(0.029)


@pytest.mark.parametrize("base", [arm(), arm(optimizer="sgd")])
def test_an_interaction_of_a_conditional_change_holds_its_condition_in_the_base_too(base):
    claim = Interaction(
        says="What momentum is worth depends on width.",
        change=arm(momentum="rolling"),
        base=base,
        first=arm(width="wide"),
        second=arm(),
    )
    values = {
        "baseline": [80.0, 81.0, 82.0],
        "wide": [81.0, 82.0, 83.0],
        "sgd": [75.0, 76.1, 77.2],
        "sgd, rolling": [81.1, 82.1, 83.0],
        "wide, sgd": [79.5, 80.5, 81.6],
        "wide, sgd, rolling": [85.5, 86.6, 87.5],
    }
    verdict = verdict_of(claim, values, WIDTH, OPTIMIZER, MOMENTUM, design="full_factorial")
    assert set(verdict.arms) == values.keys() - {"baseline", "wide"}
    assert verdict.verdict == "undecided"
    assert verdict.estimate == pytest.approx(np.mean([6.0 - 6.1, 6.1 - 6.0, 5.9 - 5.8]))


def test_what_an_interaction_sets_itself_is_left_out_of_its_base():
    claim = Interaction(
        says="What SGD with momentum is worth depends on width.",
        change=arm(optimizer="sgd", momentum="rolling"),
        first=arm(width="wide"),
        second=arm(),
    )
    values = {
        "baseline": [80.0, 81.0, 82.0],
        "wide": [81.0, 82.0, 83.0],
        "sgd, rolling": [81.1, 82.1, 83.0],
        "wide, sgd, rolling": [85.5, 86.6, 87.5],
    }
    others = {"sgd": [75.0] * 3, "wide, sgd": [75.0] * 3}
    verdict = verdict_of(
        claim, values | others, WIDTH, OPTIMIZER, MOMENTUM, design="full_factorial"
    )
    assert set(verdict.arms) == values.keys()


def test_an_interaction_of_contexts_compares_the_effects_within_them():
    claim = Interaction(
        says="What width is worth depends on the length of training.",
        change=arm(width="wide"),
        first=arm(context="long"),
        second=arm(context="short"),
    )
    values = {
        ("long", "baseline"): [85, 86, 87],
        ("long", "wide"): [85.5, 86.4, 87.6],
        ("short", "baseline"): [80, 80, 80],
        ("short", "wide"): [83, 83.1, 82.9],
    }
    contexts = {"short": {}, "long": {"training.epochs": 9}}
    verdict = verdict_of(claim, values, WIDTH, contexts=contexts)
    assert verdict.verdict == "supported"
    assert verdict.estimate == pytest.approx(0.5 - 3.0)


def test_where_lower_is_better_an_interaction_is_turned_to_the_better():
    values = {
        name: [value / 100 for value in own]
        for name, own in crossed((3.0, 3.1, 2.9), (0.1, 0.2, 0.0)).items()
    }
    verdict = verdict_of(
        WIDTH_NEEDS_NORM, values, WIDTH, NORM, design="full_factorial", metric="test_loss"
    )
    assert verdict.estimate == pytest.approx(-0.029)


# --- open -----------------------------------------------------------------------------------------


def test_an_open_claim_shows_its_evidence_and_is_not_decided():
    claim = Open(
        says="Wide is better.",
        why="It rests on one data set.",
        better=arm(width="wide"),
        worse=arm(),
    )
    verdict = verdict_of(claim, against_80(5.0, 5.1, 4.9))
    between = stats.ttest_1samp([5.0, 5.1, 4.9], 0.0).confidence_interval(0.95)
    assert (verdict.verdict, verdict.note) == ("open", "It rests on one data set.")
    assert (verdict.low, verdict.high) == pytest.approx((between.low, between.high))
    assert (verdict.estimate, verdict.confidence) == (pytest.approx(5.0), pytest.approx(0.95))
    assert (verdict.p, verdict.p_adjusted, verdict.seeds_needed) == (None, None, None)


def test_an_open_claim_needs_no_arms():
    verdict = verdict_of(Open(says="Why?", why="Nobody knows."), against_80(5.0, 5.1))
    assert (verdict.verdict, verdict.note) == ("open", "Nobody knows.")
    assert (verdict.n, verdict.estimate, verdict.core_hours, verdict.arms) == (0, None, None, ())


def test_an_open_claim_takes_nothing_of_the_error_rate():
    claims = (WIDE_IS_BETTER, Open(says="Why?", why="Nobody knows."))
    plan = plan_of(WIDTH, seeds=3, claims=claims)
    decided, _ = verdicts_of(plan, against_80(1.0, 1.1, 0.5))
    assert decided.confidence == pytest.approx(0.95)
    assert decided.p_adjusted == decided.p


# --- families -------------------------------------------------------------------------------------


def family_values() -> tuple[tuple[Claim, ...], ByArm]:
    """Three claims: clear, less clear, not at all."""
    claims = (
        WIDE_IS_BETTER,
        Difference(says="Norm.", better=arm(norm="batch"), worse=arm()),
        Difference(says="Epochs.", better=arm(epochs="long"), worse=arm()),
    )
    values = (
        against_80(3.0, 3.1, 2.9, 3.05)
        | against_80(1.0, 1.5, 0.9, 1.8, name="batch")
        | against_80(0.5, -0.6, 0.2, 0.1, name="long")
    )
    return claims, values


def test_claims_of_a_family_share_the_error_rate_by_holms_method():
    claims, values = family_values()
    given = verdicts_of(plan_of(WIDTH, NORM, EPOCHS, seeds=4, claims=claims), values)
    p = [
        stats.ttest_rel(values[name], values["baseline"]).pvalue
        for name in ("wide", "batch", "long")
    ]
    assert [verdict.p for verdict in given] == pytest.approx(p)
    adjusted = multipletests(p, method="holm")[1]
    assert [verdict.p_adjusted for verdict in given] == pytest.approx(adjusted)
    assert [verdict.verdict for verdict in given] == ["supported", "supported", "undecided"]
    assert [verdict.confidence for verdict in given] == pytest.approx(
        [1 - 0.05 / 3, 1 - 0.05 / 2, 0.95]
    )


def test_an_undecided_claim_uses_what_the_decided_ones_leave():
    claims, values = family_values()
    values = values | against_80(1.0, 2.5, -0.9, 0.3, name="batch")
    given = verdicts_of(plan_of(WIDTH, NORM, EPOCHS, seeds=4, claims=claims), values)
    assert [verdict.verdict for verdict in given] == ["supported", "undecided", "undecided"]
    assert [verdict.confidence for verdict in given] == pytest.approx([1 - 0.05 / 3, 0.975, 0.975])
    between = stats.ttest_rel(values["batch"], values["baseline"]).confidence_interval(0.975)
    assert (given[1].low, given[1].high) == pytest.approx((between.low, between.high))


def test_families_do_not_share_their_error_rates():
    claims, values = family_values()
    claims = tuple(
        claim.model_copy(update={"family": family})
        for claim, family in zip(claims, ("one", "two", "two"), strict=True)
    )
    given = verdicts_of(plan_of(WIDTH, NORM, EPOCHS, seeds=4, claims=claims), values)
    assert [verdict.family for verdict in given] == ["one", "two", "two"]
    assert given[0].p_adjusted == given[0].p
    assert given[1].p_adjusted == pytest.approx(2 * given[1].p)
    assert given[0].confidence == pytest.approx(0.95)


def test_a_claim_that_cannot_be_decided_yet_keeps_its_share():
    claims = (WIDE_IS_BETTER, WIDE_IS_STABLER)
    better, stabler = verdicts_of(plan_of(WIDTH, seeds=3, claims=claims), against_80(3, 3.1, 2.9))
    assert stabler.p_adjusted is None
    assert better.p_adjusted == pytest.approx(2 * better.p)
    assert better.confidence == pytest.approx(0.975)


# --- the interval settles the claim ---------------------------------------------------------------

EVERY_KIND: tuple[Claim, ...] = (
    WIDE_IS_BETTER,
    WIDE_IS_EQUAL,
    WIDE_GAINS_MOST.model_copy(update={"rivals": (arm(norm="batch"), arm(epochs="long"))}),
    REACHES_80,
    WIDE_IS_STABLER,
    WIDTH_NEEDS_NORM.model_copy(update={"by": 0.8}),
)


def settled_by_interval(verdict: Verdict) -> str:
    """The verdict that its interval alone speaks, by the rules of docs/statistics.md."""
    low, high, threshold = verdict.low, verdict.high, verdict.threshold
    if low is None or high is None or threshold is None:
        return "undecided"
    if verdict.kind in ("no_difference", "interaction"):
        inside = -threshold < low and high < threshold
        outside = low >= threshold or high <= -threshold
        supported, refuted = (
            (inside, outside) if verdict.kind == "no_difference" else (outside, inside)
        )
    else:
        supported, refuted = low > threshold, high < threshold
    return "supported" if supported else "refuted" if refuted else "undecided"


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10**6),
    n=st.sampled_from([1, 2, 4, 7, 13]),
    spread=st.sampled_from([0.01, 0.1, 0.4]),
    effect=st.sampled_from([0.0, 0.7, 3.0]),
    digits=st.sampled_from([0, 1, 6]),
    families=st.lists(st.sampled_from(["one", "two"]), min_size=6, max_size=6),
    missing=st.sampled_from([0.0, 0.1]),
)
def test_the_interval_shown_settles_the_claim_exactly_when_the_verdict_does(
    seed, n, spread, effect, digits, families, missing
):
    claims = tuple(
        claim.model_copy(update={"family": family})
        for claim, family in zip(EVERY_KIND, families, strict=True)
    )
    plan = plan_of(
        WIDTH,
        NORM,
        EPOCHS,
        seeds=n,
        claims=claims,
        design="full_factorial",
        smallest_effect_of_interest=0.5,
    )
    generator = np.random.default_rng(seed)
    values = {}
    for each in plan.arms:
        own = 80 + effect * generator.integers(-1, 2) + generator.normal(0, spread, n)
        own += generator.choice([0, 5]) * generator.normal(0, spread, n)  # arms differ in spread
        values[each.name] = [
            None if generator.random() < missing else round(float(value), digits) for value in own
        ]
    for verdict in verdicts_of(plan, values):
        assert verdict.verdict == settled_by_interval(verdict), verdict
        is_settled = verdict.p_adjusted is not None and verdict.p_adjusted <= 0.05
        assert (verdict.verdict != "undecided") == is_settled
        assert (verdict.confidence is None) == (verdict.p is None) == (verdict.low is None)
        if verdict.seeds_needed is not None:
            assert verdict.verdict == "undecided"
            # The leads of a largest effect may have other seeds than the one shown.
            assert verdict.seeds_needed > verdict.n or (
                verdict.kind == "largest_effect" and missing
            )


# --- what it would take ---------------------------------------------------------------------------


def test_an_undecided_difference_tells_the_seeds_and_the_effect_that_would_decide_it():
    differences = (0.9, 0.2, 1.4, 0.6)
    verdict = verdict_of(WIDE_IS_BETTER, against_80(*differences), smallest_effect_of_interest=0.5)
    mean, sd = np.mean(differences), np.std(differences, ddof=1)
    assert verdict.seeds_needed == power.seeds_for_difference(mean - 0.5, sd)
    assert verdict.detectable_effect == pytest.approx(0.5 + power.detectable_distance([sd], 4))


@pytest.mark.parametrize(("sign", "leaning"), [(1.0, "supported"), (-1.0, "refuted")])
def test_what_it_would_take_is_to_settle_the_claim_the_way_it_leans(sign, leaning):
    differences = [sign * each for each in (0.9, -0.2, 1.4, 0.6)]
    assert verdict_of(WIDE_IS_BETTER, against_80(*differences)).leaning == leaning
    decided = [10 * sign + each for each in differences]
    assert verdict_of(WIDE_IS_BETTER, against_80(*decided)).leaning is None


def test_what_it_would_take_is_reckoned_at_the_level_of_the_family():
    claims, values = family_values()
    again = tuple(claim.model_copy(update={"by": 1e-9}) for claim in claims)
    given = verdicts_of(plan_of(WIDTH, NORM, EPOCHS, seeds=4, claims=claims + again), values)
    sd = np.std([0.5, -0.6, 0.2, 0.1], ddof=1)
    level = 0.05 / 2  # four of six claims are settled
    assert [verdict.verdict for verdict in given[2::3]] == ["undecided"] * 2
    assert given[2].seeds_needed == power.seeds_for_difference(0.05, sd, level)
    assert given[2].detectable_effect == pytest.approx(power.detectable_distance([sd], 4, level))


def test_an_undecided_equivalence_tells_the_seeds_at_the_difference_seen():
    differences = (0.4, -0.3, 0.6, 0.1)
    verdict = verdict_of(WIDE_IS_EQUAL, against_80(*differences), smallest_effect_of_interest=0.5)
    sd = np.std(differences, ddof=1)
    mean = np.mean(differences)
    assert verdict.seeds_needed == power.seeds_for_equivalence(0.5, sd, mean=mean)
    assert verdict.detectable_effect == pytest.approx(power.provable_margin(sd, 4, mean=mean))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_equivalence_that_leans_to_refutation_tells_the_seeds_for_that(sign):
    differences = sign * np.array([1.4, 0.2, 1.6, 0.9])
    verdict = verdict_of(WIDE_IS_EQUAL, against_80(*differences), smallest_effect_of_interest=0.5)
    assert verdict.verdict == "undecided"
    distance, sd = abs(np.mean(differences)) - 0.5, np.std(differences, ddof=1)
    assert verdict.seeds_needed == power.seeds_for_difference(distance, sd)
    assert verdict.detectable_effect is None, "it would be the margin for the other way"


def test_where_even_a_thousand_seeds_would_not_do_the_verdict_says_so():
    verdict = verdict_of(
        WIDE_IS_BETTER, against_80(0.55, 0.45, 0.6, 0.401), smallest_effect_of_interest=0.5
    )
    assert (verdict.seeds_needed, verdict.too_few_seeds) == (None, power.MOST_SEEDS)
    enough = verdict_of(WIDE_IS_BETTER, against_80(0.9, 0.2, 1.4, 0.6))
    assert enough.seeds_needed is not None
    assert enough.too_few_seeds is None


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_undecided_interaction_tells_the_seeds_for_the_way_it_leans(sign):
    with_norm, without = sign * np.array([3.0, 1.1, 2.9]), sign * np.array([2.0, 2.9, 1.8])
    values = crossed(with_norm, without)
    mean, sd = np.mean(with_norm - without), np.std(with_norm - without, ddof=1)
    for by, needed in (
        (0.0, power.seeds_for_difference(mean, sd)),
        (0.9, power.seeds_for_equivalence(0.9, sd, mean=mean)),
    ):
        claim = WIDTH_NEEDS_NORM.model_copy(update={"by": by})
        verdict = verdict_of(claim, values, WIDTH, NORM, design="full_factorial")
        assert verdict.verdict == "undecided"
        assert verdict.seeds_needed == needed
        assert verdict.detectable_effect == pytest.approx(by + power.detectable_distance([sd], 3))


def test_the_largest_effect_takes_enough_seeds_against_all_rivals_together():
    wide, batch, long = (1.0, 2.1, 1.5, 1.2), (0.8, 1.1, 2.0, 0.7), (3.0, -3.0, 0.2, 0.5)
    values = against_80(*wide) | against_80(*batch, name="batch") | against_80(*long, name="long")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    leads = [np.subtract(wide, batch), np.subtract(wide, long), np.array(wide)]
    sizes = [(np.mean(lead), np.std(lead, ddof=1)) for lead in leads]
    assert verdict.seeds_needed == power.seeds_for_all(sizes)
    assert verdict.detectable_effect == pytest.approx(
        power.detectable_distance([sd for _, sd in sizes], 4)
    )


@pytest.mark.parametrize("rivals", [1, 3, 9])
def test_the_seeds_told_for_a_largest_effect_support_it_four_times_in_five(rivals):
    """Rivals that all are one standard deviation of an arm behind, and so leads that are alike."""
    sample = Sample(np.array(1.0), np.array(np.sqrt(2 / 5)), 5)
    leads = (*[sample] * rivals, sample._replace(mean=np.array(2.0)))
    decision, count = inference.all_exceed(leads), len(leads)
    reading = Reading(sample, decision, 0.0, "", (), leads=leads, lead_count=count)
    needed = _seeds_needed(reading, inference.ALPHA, power.ONCE)
    size, generator = (4_000, needed), np.random.default_rng(rivals)
    named, reference = generator.normal(2.0, 1.0, size), generator.normal(0.0, 1.0, size)
    found = [inference.summarise(named - generator.normal(1.0, 1.0, size)) for _ in range(rivals)]
    decision = inference.all_exceed([*found, inference.summarise(named - reference)])
    power_found = share((decision.p <= inference.ALPHA) & decision.supported)
    assert 0.79 < power_found < 0.94


def test_a_rival_that_is_ahead_takes_enough_seeds_to_refute_by_it():
    wide, batch, long = (1.0, 2.1, 1.5, 1.2), (2.8, 1.1, 2.0, 1.7), (0.0, 0.2, 0.1, 0.0)
    values = against_80(*wide) | against_80(*batch, name="batch") | against_80(*long, name="long")
    verdict = verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM, EPOCHS)
    lead = np.subtract(wide, batch)
    assert verdict.verdict == "undecided"
    assert verdict.seeds_needed == power.seeds_for_difference(
        np.mean(lead), np.std(lead, ddof=1), 0.05 / 3
    )


def test_a_decided_claim_does_not_tell_what_it_would_take():
    verdict = verdict_of(WIDE_IS_BETTER, against_80(1.9, 2.0, 2.2))
    assert (verdict.seeds_needed, verdict.detectable_effect) == (None, None)


# --- too little evidence --------------------------------------------------------------------------


def test_one_seed_decides_nothing():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=1, claims=EVERY_KIND, design="full_factorial")
    values = {each.name: [80.0 + 5 * place] for place, each in enumerate(plan.arms)}
    for verdict in verdicts_of(plan, values):
        assert verdict.verdict == "undecided"
        assert verdict.n == 1
        assert verdict.estimate is not None
        assert verdict.note.endswith("One seed gives no interval.")
        assert (verdict.low, verdict.high, verdict.p, verdict.confidence) == (None,) * 4
        assert (verdict.seeds_needed, verdict.detectable_effect) == (None, None)


def test_arms_without_a_shared_seed_decide_nothing():
    values = {"baseline": [80, 81, None, None], "wide": [None, None, 90, 91]}
    verdict = verdict_of(WIDE_IS_BETTER, values)
    assert (verdict.verdict, verdict.n, verdict.estimate) == ("undecided", 0, None)
    assert verdict.note.startswith("Seeds do not match: wide has 2, 3; baseline has 0, 1.")


def test_without_records_nothing_is_decided():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=3, claims=EVERY_KIND, design="full_factorial")
    assert {verdict.verdict for verdict in verdicts_of(plan, {})} == {"undecided"}


def test_failed_and_pruned_trials_are_no_evidence():
    values = {"baseline": [80.0, 80.0, 80.0, 80.0], "wide": [82.0, 82.1, "failed", "pruned"]}
    assert verdict_of(WIDE_IS_BETTER, values).n == 2


# --- greedy paths ---------------------------------------------------------------------------------

GREEDY = Design(kind="path", order="greedy")


def test_a_greedy_path_leaves_claims_on_arms_that_have_not_come_up_undecided():
    claim = Difference(
        says="Both.", better=arm(width="wide", norm="batch"), worse=arm(width="wide")
    )
    plan = plan_of(WIDTH, NORM, seeds=2, design=GREEDY, claims=(claim, WIDE_IS_BETTER))
    values = {"baseline": [80, 81], "+ width": [82, 83.1], "+ norm": [81, 82]}
    both, wide = verdicts_of(plan, values)
    assert (both.verdict, both.n, both.arms, both.core_hours) == ("undecided", 0, (), None)
    assert both.note == (
        "Its arm has not come up: 'baseline' has no arm with {width: wide, norm: batch}."
    )
    assert wide.estimate == pytest.approx(2.05)
    assert wide.p_adjusted == pytest.approx(2 * wide.p)


def test_a_greedy_path_decides_the_claim_once_its_arms_have_come_up():
    claim = Difference(
        says="Both.", better=arm(width="wide", norm="batch"), worse=arm(width="wide")
    )
    plan = plan_of(WIDTH, NORM, seeds=3, design=GREEDY, claims=(claim,), chosen=("width",))
    values = {"baseline": [70] * 3, "+ width": [80, 81, 82], "+ norm": [83, 84.1, 85]}
    (verdict,) = verdicts_of(plan, values)
    assert (verdict.verdict, verdict.arms) == ("supported", ("+ norm", "+ width"))


def test_a_greedy_path_proves_nothing_of_an_arm_that_both_selectors_lead_to():
    """Once the norm came first, the first step that is wide has the norm, too."""
    claim = Difference(
        says="Both.", better=arm(width="wide", norm="batch"), worse=arm(width="wide")
    )
    plan = plan_of(WIDTH, NORM, seeds=2, design=GREEDY, claims=(claim,), chosen=("norm",))
    (verdict,) = verdicts_of(plan, {"+ width": [82, 83.1]})
    assert (verdict.verdict, verdict.note) == ("undecided", "It compares '+ width' with itself.")


def test_elsewhere_a_claim_on_an_arm_that_does_not_exist_is_an_error():
    plan = plan_of(WIDTH, NORM, seeds=2)
    claim = WIDE_IS_BETTER.model_copy(update={"better": arm(width="wide", norm="batch")})
    changed = plan.model_copy(update={"study": plan.study.model_copy(update={"claims": (claim,)})})
    with pytest.raises(StudyError) as error:
        standing(evidence_of(changed, {}))
    assert str(error.value) == (
        "'baseline' has no arm with {width: wide, norm: batch}\n"
        "    its arms are 'baseline', 'wide', 'batch'"
    )


NO_SPREAD = (
    "Seeds make no difference, and in what steps the metric changes is not known: nothing is sure."
)


def test_copies_of_one_trial_an_arm_prove_nothing():
    claim = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
    verdict = verdict_of(claim, {"baseline": [80.12] * 10, "wide": [80.57] * 10}, WIDTH)
    assert (verdict.verdict, verdict.note) == ("undecided", NO_SPREAD)


def test_values_that_all_tie_prove_nothing_where_their_step_is_not_known():
    claims = (
        NoDifference(says="Equal.", first=arm(), second=arm(width="wide"), margin=0.5),
        Reaches(says="Reached.", arm=arm(width="wide"), value=99.0),
    )
    values = {"baseline": [100.0] * 3, "wide": [100.0] * 3}
    for verdict in verdicts_of(plan_of(WIDTH, seeds=3, claims=claims), values):
        assert (verdict.verdict, verdict.p, verdict.low) == ("undecided", None, None)
        assert verdict.note == NO_SPREAD
    resolution = {"test_accuracy": 0.01}
    plan = plan_of(WIDTH, seeds=3, claims=claims)
    for verdict in verdicts_of(plan, values, metric_resolution=resolution):
        assert (verdict.verdict, verdict.note) == ("supported", "")


def test_two_names_of_the_same_trials_are_compared_with_nothing():
    """The wide arm of the one context is the baseline of the other."""
    claim = NoDifference(
        says="Equal.",
        first=arm(context="small", width="wide"),
        second=arm(context="large"),
        margin=0.5,
    )
    contexts = {"small": {}, "large": {"model.width": 16}}
    plan = plan_of(WIDTH, EPOCHS, seeds=3, contexts=contexts)
    plan = plan.model_copy(
        update={"study": plan.study.model_copy(update={"claims": (claim,)})}
    )  # making the plan refuses it; settings that are found by running may lead to it
    (verdict,) = verdicts_of(plan, {("small", "wide"): [80, 81, 82]})
    assert (verdict.verdict, verdict.p) == ("undecided", None)
    assert verdict.note == (
        "It compares 'wide' of 'small' with 'baseline' of 'large', which are the same trials."
    )


def test_the_estimate_of_the_one_seed_that_matches_is_said_to_be_that():
    values = {"baseline": [80.0, 80.1, None], "wide": [None, 85.0, 85.2]}
    verdict = verdict_of(WIDE_IS_BETTER, values)
    assert (verdict.verdict, verdict.n) == ("undecided", 1)
    assert verdict.note.startswith(
        "Seeds do not match: wide has 1, 2; baseline has 0, 1. The estimate is of the one seed "
        "that all have. A claim rests on pairs: "
    )


def test_seeds_that_do_not_match_are_said_to_do_so_with_what_would_be_right():
    values = {"baseline": [80.0, 80.1, None, None], "wide": [None, None, 85.0, 85.2]}
    verdict = verdict_of(WIDE_IS_BETTER, values)
    assert (verdict.verdict, verdict.n) == ("undecided", 0)
    assert verdict.note == (
        "Seeds do not match: wide has 2, 3; baseline has 0, 1. A claim rests on pairs: train its "
        "arms on the same seeds, or number alike those trials that shared what a seed fixes."
    )


SURVIVORS = {"baseline": [80.0 + seed / 9 for seed in range(6)], "wide": [83.0, 83.2, 83.4]}
SURVIVORS["wide"] += ["diverged"] * 3


def test_survivors_alone_settle_nothing_where_diverged_trials_are_to_count():
    verdict = verdict_of(WIDE_IS_BETTER, SURVIVORS)
    assert (verdict.verdict, verdict.n, verdict.low, verdict.p) == ("undecided", 3, None, None)
    assert verdict.note == (
        "Diverged: 3 of 6 (50 %) of wide. What test_accuracy is worth without learning is not "
        "known, and those that trained do not speak for the others: say it, by "
        "`metrics: {test_accuracy: {label: ..., chance: ...}}`, or leave them out, by "
        "`diverged: failure_rate`."
    )


COUNTED = "Diverged, and counted as without learning: 3 of 6 (50 %) of wide."


def test_a_study_may_declare_what_a_metric_is_worth_without_learning():
    metrics = {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)}
    verdict = verdict_of(WIDE_IS_BETTER, SURVIVORS, metrics=metrics)
    assert (verdict.n, verdict.note) == (6, COUNTED)
    assert verdict.estimate == pytest.approx((3 * 83.2 + 3 * 10.0) / 6 - 80.0 - 15 / 54)


WIDE_REACHES_5 = Reaches(says="Wide is at 5 %.", arm=arm(width="wide"), value=5)
NEAR_80 = [80.0, 80.2, 80.1, 79.9, 80.2, 80.0]


@pytest.mark.parametrize(
    "claim", [WIDE_IS_EQUAL, WIDE_IS_NO_WORSE, WIDE_REACHES_5], ids=lambda claim: claim.kind
)
def test_trials_that_all_diverged_show_nothing_good(claim: Claim):
    options: dict[str, Any] = {
        "metrics": {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)},
        "smallest_effect_of_interest": 0.5,
    }
    values = {"wide": ["diverged"] * 6, "baseline": ["diverged"] * 6}
    verdict = verdict_of(claim, values, **options)
    assert (verdict.verdict, verdict.n) == ("undecided", 6)
    assert (verdict.seeds_needed, verdict.detectable_effect) == (None, None)
    assert " supports nothing: the claim can only be refuted." in verdict.note
    trained = {"wide": NEAR_80, "baseline": NEAR_80[::-1]}
    assert verdict_of(claim, trained, **options).verdict == "supported"


@pytest.mark.parametrize(
    "claim",
    [
        Difference(says="d", better=arm(width="wide"), worse=arm()),
        NoWorse(says="n", arm=arm(width="wide"), than=arm(), margin=0.01),
        Faster(says="f", faster=arm(width="wide"), slower=arm(), curve="test_loss"),
    ],
    ids=lambda claim: claim.kind,
)
def test_an_arm_that_never_trained_is_not_better_than_one_that_trained_badly(claim: Claim):
    """Worse than chance level, as a network that overfits may be by its loss."""
    options: dict[str, Any] = {"metric": "test_loss", "smallest_effect_of_interest": 0.01}
    bad = [2.60, 2.65, 2.70, 2.62, 2.68]
    curves = {
        "wide": [{"epoch": [1.0, 2.0], "test_loss": [2.3, 2.3]}] * 5,
        "baseline": [{"epoch": [1.0, 2.0], "test_loss": [2.6, value]} for value in bad],
    }
    chance = {"chance_level": {"test_loss": 2.302585}}
    plan = plan_of(WIDTH, claims=(claim,), **options)
    for of_wide, verdict in ((["diverged"] * 5, "undecided"), ([2.30] * 5, "supported")):
        records = records_of(plan, {"wide": of_wide, "baseline": bad}, curves, **chance)
        evidence = evidence_of(plan, records)
        assert verdicts(evidence, standing(evidence))[0].verdict == verdict


@pytest.mark.parametrize(
    ("direction", "verdict"), [("gain", "undecided"), ("loss", "refuted")], ids=str
)
def test_an_arm_that_never_trained_does_not_gain_most(direction, verdict):
    """It is refuted that it loses most, as all others are worse still."""
    claim = LargestEffect(says="l", change=arm(width="wide"), direction=direction)
    bad = [2.60, 2.65, 2.70, 2.62, 2.68]
    values = {"baseline": bad, "batch": bad[::-1], "wide": ["diverged"] * 5}
    plan = plan_of(WIDTH, NORM, claims=(claim,), metric="test_loss")
    (found,) = verdicts_of(plan, values, chance_level={"test_loss": 2.302585})
    assert found.verdict == verdict
    (found,) = verdicts_of(plan, values | {"wide": [2.30, 2.31, 2.30, 2.29, 2.30]})
    assert found.verdict == {"gain": "supported", "loss": "refuted"}[direction]


@pytest.mark.parametrize("recorded", [False, True])
def test_an_arm_that_never_trained_is_not_faster_by_the_mean_of_a_curve_of_another_name(recorded):
    """The chance level is that of the test metric, of which trials have none at their end."""
    bad = [5.0, 5.2, 4.9, 5.1, 5.05]
    curves = {
        "wide": [{"epoch": [1.0, 2.0], "validation_accuracy": [9.0, 9.0]}] * 5,
        "baseline": [{"epoch": [1.0, 2.0], "validation_accuracy": [4.0, value]} for value in bad],
    }
    claim = faster(curve="validation_accuracy")
    metrics = {"validation_accuracy_mean": MetricDescription(label="mean", chance=10.0)}
    options: dict[str, Any] = {"metrics": metrics} if recorded else {}
    plan = plan_of(WIDTH, claims=(claim,), **options)
    means = [{"test_accuracy": value, "validation_accuracy_mean": value} for value in bad]
    values = {"wide": ["diverged"] * 5, "baseline": means if recorded else bad}
    chance = {} if recorded else {"validation_accuracy": 10.0}
    records = records_of(plan, values, None if recorded else curves, chance_level=chance)
    evidence = evidence_of(plan, records)
    (verdict,) = verdicts(evidence, standing(evidence))
    assert (verdict.verdict, verdict.n) == ("undecided", 5)
    assert verdict.estimate > 4


def test_a_validation_metric_counts_at_the_chance_level_of_its_test_counterpart():
    metrics = {"test_score": MetricDescription(label="score", chance=10.0)}
    claims = [
        WIDE_IS_BETTER.model_copy(update={"metric": f"{split}_score"})
        for split in ("validation", "test")
    ]
    trained = [dict.fromkeys(("test_score", "validation_score"), each) for each in NEAR_80]
    values = {"baseline": trained, "wide": [*trained[:5], "diverged"]}
    plan = plan_of(WIDTH, seeds=6, claims=claims, metrics=metrics, metric="test_score")
    of_validation, of_test = verdicts_of(plan, values)
    assert of_validation.n == of_test.n == 6
    assert (of_validation.note, of_validation.estimate) == (of_test.note, of_test.estimate)


@pytest.mark.parametrize("untrained", ["baseline", "batch"])
def test_nothing_loses_most_beside_what_never_trained(untrained: str):
    claim = LargestEffect(says="l", change=arm(width="wide"), direction="loss")
    bad = [2.60, 2.65, 2.70, 2.62, 2.68]
    good = [1.00, 1.02, 0.99, 1.01, 1.03]
    values = {"baseline": good, "batch": good[::-1], "wide": bad}
    plan = plan_of(WIDTH, NORM, claims=(claim,), metric="test_loss")
    assert verdicts_of(plan, values)[0].verdict == "supported"
    values = values | {untrained: ["diverged"] * 5}
    (found,) = verdicts_of(plan, values, chance_level={"test_loss": 2.302585})
    assert found.verdict == "undecided"


@pytest.mark.parametrize("claim", [WIDE_IS_EQUAL, WIDE_IS_NO_WORSE], ids=lambda claim: claim.kind)
def test_a_seed_on_which_both_arms_diverged_does_not_make_them_alike(claim: Claim):
    metrics = {"test_accuracy": MetricDescription(label="accuracy", chance=10.0)}
    values = {"wide": ["diverged", *NEAR_80], "baseline": ["diverged", *NEAR_80[::-1]]}
    verdict = verdict_of(claim, values, metrics=metrics, smallest_effect_of_interest=0.5)
    assert (verdict.verdict, verdict.n) == ("undecided", 7)
    assert verdict.low > -0.5


def test_survivors_are_judged_where_the_study_counts_failures_apart():
    verdict = verdict_of(WIDE_IS_BETTER, SURVIVORS, diverged="failure_rate")
    assert (verdict.verdict, verdict.n) == ("supported", 3)
    assert verdict.note == (
        "Diverged, and left out: 3 of 6 (50 %) of wide. It is said of the others alone."
    )


def test_each_metric_has_a_chance_level_of_its_own():
    gap = "generalization_gap"
    wide = {"test_accuracy": 80.0, gap: 1.0}
    values = {
        "baseline": [{"test_accuracy": 80.0, gap: 9.0 + seed / 9} for seed in range(6)],
        "wide": [wide, wide | {gap: 1.2}, wide | {gap: 0.9}, *["diverged"] * 3],
    }
    claim = WIDE_IS_BETTER.model_copy(update={"metric": gap})
    plan = plan_of(WIDTH, seeds=6, claims=(claim, WIDE_IS_BETTER))
    chance = {"test_accuracy": 10.0}
    of_gap, of_accuracy = verdicts_of(plan, values, chance_level=chance)
    assert of_gap.n == 3
    assert of_gap.verdict == "undecided"
    assert of_gap.note.startswith("Diverged: 3 of 6 (50 %) of wide. What generalization_gap is ")
    assert (of_accuracy.n, of_accuracy.note) == (6, COUNTED)


def test_looking_repeatedly_takes_more_seeds_and_never_more_than_the_maximum():
    differences = (2.2, 0.1, 1.4, 0.2)
    once = verdict_of(WIDE_IS_BETTER, against_80(*differences), smallest_effect_of_interest=0.1)
    repeatedly, capped = (
        verdict_of(
            WIDE_IS_BETTER,
            against_80(*differences),
            smallest_effect_of_interest=0.1,
            max_seeds=most,
        )
        for most in (40, 6)
    )
    assert repeatedly.seeds_needed > once.seeds_needed > 6
    assert (capped.seeds_needed, capped.too_few_seeds) == (None, 6)
    assert repeatedly.detectable_effect > once.detectable_effect


# --- cost -----------------------------------------------------------------------------------------


def test_a_claim_with_trials_to_come_is_looked_at_early():
    batch_is_better = Difference(says="Batch is better.", better=arm(norm="batch"), worse=arm())
    values = against_80(1.0, 2.0, 3.0, 4.0) | {"batch": [81.0, 82.0, 83.0, None]}
    whole = verdict_of(WIDE_IS_BETTER, values, WIDTH, NORM)
    assert (whole.early, whole.note) == (False, "")
    early = verdict_of(batch_is_better, values, WIDTH, NORM)
    assert early.early
    assert early.note == "An early look: one of its trials is still to be recorded."
    assert not verdict_of(batch_is_better, values, WIDTH, NORM, max_seeds=4).early
    values["batch"][1:] = [None] * 3  # one seed says nothing, early or not
    assert not verdict_of(batch_is_better, values, WIDTH, NORM).early


def test_a_claim_on_a_curve_names_the_curve_as_its_metric():
    curves = {name: [{"epoch": [1.0], "loss": [0.5]}] * 3 for name in ("wide", "baseline")}
    claim = Faster(says="f", faster=arm(width="wide"), slower=arm(), curve="loss")
    assert verdict_of_curves(claim, curves).metric == "loss"


def test_core_hours_are_those_of_the_arms_concerned():
    values = against_80(1.0, 2.0, 3.0) | against_80(1.0, 2.0, 3.0, name="batch")
    assert verdict_of(WIDE_IS_BETTER, values, WIDTH, NORM).core_hours == 6.0
    assert verdict_of(REACHES_80, values, WIDTH, NORM).core_hours == 3.0
    assert verdict_of(WIDE_GAINS_MOST, values, WIDTH, NORM).core_hours == 9.0


def test_core_hours_count_a_shared_trial_once():
    """The wide arm of the one context is the baseline of the other."""
    claim = Interaction(
        says="What epochs are worth depends on the width.",
        change=arm(epochs="long"),
        first=arm(context="small", width="wide"),
        second=arm(context="large"),
    )
    contexts = {"small": {}, "large": {"model.width": 16}}
    values = {("small", "wide"): [80, 81, 82], ("small", "baseline"): [79, 80, 81]}
    values |= {("large", "long"): [80, 81, 82], ("small", "wide, long"): [80, 81, 82]}
    verdict = verdict_of(claim, values, WIDTH, EPOCHS, contexts=contexts, design="full_factorial")
    assert verdict.core_hours == 6.0


def test_core_hours_count_failed_trials():
    values = {"baseline": [80.0, 80.0], "wide": ["failed", 82.0]}
    assert verdict_of(WIDE_IS_BETTER, values).core_hours == 4.0
