"""All findings of a study at once, and what a reader must know before believing them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import sequential
from ablate.analysis.findings import Findings, analyse
from ablate.records.schema import FIRST_SEEN_AT, SOURCE
from ablate.study.plan import Plan
from ablate.study.schema import (
    Design,
    Difference,
    Faster,
    MoreStable,
    NoDifference,
    PublishedNumber,
)
from ablate.workload import MetricDescription
from tests.analysis.evidence import (
    EPOCHS,
    NORM,
    WIDTH,
    arm,
    plan_of,
    records_of,
)

ACCURACY = "test_accuracy"
CLAIM = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
GOOD = {"baseline": [80.0, 81.0, 82.5], "wide": [82.0, 83.5, 84.0]}


def findings_of(plan: Plan, values, histories=None, **fields) -> Findings:
    return analyse(plan, records_of(plan, values, histories, **fields))


# --- the whole ------------------------------------------------------------------------------------


def test_findings_hold_every_table_of_the_study_metric():
    claim = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
    plan = plan_of(WIDTH, seeds=3, claims=(claim,))
    curve = {"epoch": [1.0, 2.0], "validation_loss": [2.0, 1.0]}
    findings = findings_of(plan, GOOD, {name: [curve] * 3 for name in GOOD})
    assert findings.plan is plan
    assert len(findings.trials) == 6
    assert len(findings.history) == 12
    assert list(findings.arms["mean"]) == pytest.approx([243.5 / 3, 249.5 / 3])
    assert list(findings.effects["estimate"]) == pytest.approx([2.0])
    assert list(findings.differences["difference"]) == [2.0, 2.5, 1.5]
    assert findings.factorial.empty
    assert list(findings.curves) == ["validation_loss"]
    assert [verdict.verdict for verdict in findings.verdicts] == ["supported"]
    assert findings.published.empty
    assert findings.warnings == ()


def test_records_of_other_studies_are_left_aside():
    plan, other = plan_of(WIDTH, seeds=3), plan_of(NORM, seeds=3)
    theirs = records_of(other, {"batch": [1.0, 2.0, 3.0]}, metric_resolution={ACCURACY: 50.0})
    alone = analyse(plan, records_of(plan, GOOD))
    together = analyse(plan, theirs | records_of(plan, GOOD))
    pd.testing.assert_frame_equal(together.effects, alone.effects)
    pd.testing.assert_frame_equal(together.trials, alone.trials)


def test_the_stated_resolution_holds_in_arms_effects_and_published_numbers():
    plan = plan_of(WIDTH, seeds=3, published=(published(),))
    tied = {"baseline": [80.0] * 3, "wide": [81.0] * 3}
    findings = findings_of(plan, tied, metric_resolution={ACCURACY: 0.5})
    half = stats.t.ppf(0.975, 2) / np.sqrt(3) * 0.5
    assert findings.effects["high"][0] == pytest.approx(1.0 + half / np.sqrt(6))
    assert findings.arms["high"][0] == pytest.approx(80.0 + half / np.sqrt(12))
    assert findings.published["high"][0] == pytest.approx(81.0 + half / np.sqrt(12))


def test_a_factorial_has_its_table():
    plan = plan_of(WIDTH, NORM, seeds=2, design="full_factorial")
    values = {arm.name: [80.0 + place, 81.5 + 1.5 * place] for place, arm in enumerate(plan.arms)}
    assert list(findings_of(plan, values).factorial["effect"]) == ["width", "norm", "width:norm"]


def test_a_study_without_records_has_findings():
    plan = plan_of(WIDTH, seeds=3)
    findings = analyse(plan, {})
    assert findings.warnings == ("6 of 6 trials missing (not recorded yet): baseline, wide.",)
    assert findings.history.empty
    assert findings.curves == {}
    assert findings.effects["n"].tolist() == [0]
    assert findings.differences.empty


def test_findings_of_equal_records_are_equal():
    plan = plan_of(WIDTH, NORM, seeds=3)
    values = GOOD | {"batch": [81.0, 80.5, 83.0]}
    one, other = findings_of(plan, values), findings_of(plan, values)
    pd.testing.assert_frame_equal(one.effects, other.effects)
    pd.testing.assert_frame_equal(one.arms, other.arms)


# --- curves ---------------------------------------------------------------------------------------


def test_curves_of_several_seeds_have_intervals_and_of_one_none():
    curves = {
        name: [{"epoch": [0.5, 1.0], "validation_loss": [loss, loss / 2]} for loss in losses]
        for name, losses in {"baseline": (2.0, 2.2, 2.4), "wide": (1.0, 1.2, 1.1)}.items()
    }
    several = findings_of(plan_of(WIDTH, seeds=3), GOOD, curves).curves["validation_loss"]
    assert several[["context", "arm", "epoch", "n", "mean"]].to_dict("records") == [
        {"context": "baseline", "arm": name, "epoch": epoch, "n": 3, "mean": pytest.approx(mean)}
        for name, epoch, mean in (
            ("baseline", 0.5, 2.2),
            ("baseline", 1.0, 1.1),
            ("wide", 0.5, 1.1),
            ("wide", 1.0, 0.55),
        )
    ]
    assert (several["low"] < several["mean"]).all()
    assert (several["mean"] < several["high"]).all()
    one = findings_of(plan_of(WIDTH, seeds=1), GOOD, curves).curves["validation_loss"]
    assert list(one["n"]) == [1] * 4
    assert one[["low", "high"]].isna().all(axis=None)


# --- published numbers ----------------------------------------------------------------------------


def published(**changes) -> PublishedNumber:
    fields = {"value": 79.4, "metric": ACCURACY, "label": "GoodModel", "arm": arm(width="wide")}
    return PublishedNumber(**(fields | changes))


def test_a_published_number_stands_beside_the_measured_mean():
    plan = plan_of(WIDTH, seeds=3, published=(published(),))
    (row,) = findings_of(plan, GOOD).published.to_dict("records")
    between = stats.ttest_1samp(GOOD["wide"], 0.0).confidence_interval(0.95)
    assert row == {
        "label": "GoodModel",
        "context": "baseline",
        "arm": "wide",
        "metric": ACCURACY,
        "published": 79.4,
        "measured": pytest.approx(249.5 / 3),
        "low": pytest.approx(between.low),
        "high": pytest.approx(between.high),
        "n": 3,
        "note": "",
    }


def test_a_published_number_may_be_of_another_metric_and_context():
    number = published(metric="test_loss", arm=arm(context="long"))
    contexts = {"short": {}, "long": {"training.epochs": 9}}
    plan = plan_of(WIDTH, seeds=2, published=(number,), contexts=contexts)
    values = {("long", "baseline"): [{ACCURACY: 80.0, "test_loss": loss} for loss in (0.7, 0.8)]}
    (row,) = findings_of(plan, values).published.to_dict("records")
    assert (row["measured"], row["n"]) == (pytest.approx(0.75), 2)


def test_a_published_number_of_an_arm_that_is_not_described_has_nothing_beside_it():
    plan = plan_of(WIDTH, seeds=3, published=(published(arm=None), published()))
    first, second = findings_of(plan, GOOD).published.to_dict("records")
    assert first["note"] == "the publication does not describe this arm"
    assert pd.isna([first["context"], first["arm"]]).all()
    assert all(np.isnan(first[name]) for name in ("measured", "low", "high", "n"))
    assert second["n"] == 3


def test_a_published_number_of_an_arm_without_results_has_n_of_zero():
    plan = plan_of(WIDTH, seeds=3, published=(published(),))
    (row,) = findings_of(plan, {"baseline": GOOD["baseline"]}).published.to_dict("records")
    assert row["n"] == 0
    assert np.isnan(row["measured"])


def test_a_published_number_waits_for_its_arm_on_a_greedy_path():
    number = published(arm=arm(width="wide", norm="batch"))
    plan = plan_of(
        WIDTH, NORM, seeds=2, published=(number,), design=Design(kind="path", order="greedy")
    )
    (row,) = findings_of(plan, {"baseline": [80.0, 81.0]}).published.to_dict("records")
    assert row["note"] == "'baseline' has no arm with {width: wide, norm: batch}"


# --- warnings -------------------------------------------------------------------------------------


def warnings_of(plan: Plan, values, histories=None, **fields) -> tuple[str, ...]:
    return findings_of(plan, values, histories, **fields).warnings


def test_complete_trials_that_differ_need_no_warning():
    assert warnings_of(plan_of(WIDTH, seeds=3), GOOD) == ()


def test_every_other_ending_is_told_with_its_arms():
    plan = plan_of(WIDTH, NORM, EPOCHS, seeds=2)
    values = {
        "baseline": [80.0, 81.0],
        "wide": ["diverged", "failed"],
        "batch": ["failed", "pruned"],
        "long": ["pruned", None],
    }
    assert warnings_of(plan, values, chance_level={ACCURACY: 10.0}) == (
        "1 of 8 trials diverged (counted at chance level): wide.",
        "2 of 8 trials failed (missing in means and effects): wide, batch.",
        "1 of 8 trials missing (not recorded yet): long.",
        "2 of 8 trials pruned (stopped early by a scheduler, and not counted): batch, long.",
        "Why trials failed: ValueError: no luck.",
    )


def test_metrics_and_curves_that_no_trial_has_are_told_with_the_nearest():
    claims = (
        Difference(says="Wide.", better=arm(width="wide"), worse=arm(), metric="test_acuracy"),
        Faster(says="Fast.", faster=arm(width="wide"), slower=arm(), curve="valid_accuracy"),
        Difference(says="On the way.", better=arm(width="wide"), worse=arm(), metric="way"),
    )
    metrics = {
        name: MetricDescription(label=name) for name in ("test_acuracy", "valid_accuracy", "way")
    }
    published = (PublishedNumber(value=30.0, metric="bleu", label="Theirs", arm=arm()),)
    plan = plan_of(WIDTH, seeds=2, claims=claims, metrics=metrics, published=published)
    course = {"epoch": [1, 2], "validation_accuracy": [60.0, 70.0], "way": [1.0, 2.0]}
    values = {"baseline": [80.0, 81.0], "wide": [82.0, 82.5]}
    told = warnings_of(plan, values, {name: [course] * 2 for name in values})
    assert told == (
        "No trial has the metric 'test_acuracy' of claim 1 among its final metrics, so that "
        "nothing is decided by it: did you mean 'test_accuracy'?",
        "No trial has the metric 'way' of claim 3 among its final metrics, though points on the "
        "way have it, so that nothing is decided by it: known are: test_accuracy",
        "No trial has the metric 'bleu' published for Theirs among its final metrics, so that "
        "nothing is decided by it: known are: test_accuracy",
        "No trial has points of the curve 'valid_accuracy' of claim 2 on its way, so that nothing "
        "is decided by it: did you mean 'validation_accuracy'?",
    )


def test_a_study_that_looks_repeatedly_says_from_when_on_a_trial_that_is_tried_again_counts():
    values = {"baseline": [80.0, 81.0, 82.5], "wide": [82.0, "failed", 84.0]}
    once, repeatedly = (plan_of(WIDTH, seeds=3, max_seeds=most) for most in (None, 6))
    told = (
        "Failed trials that are tried again count from the next look on: the looks so far were "
        "taken without them, and none follows the last."
    )
    assert told in warnings_of(repeatedly, values)
    assert told not in warnings_of(once, values)
    records = records_of(repeatedly, values | {"wide": [82.0, 83.0, 84.0]})
    late = repeatedly.trials[3]
    assert late.arm == "wide"
    records[late.hash] = records[late.hash].model_copy(update={"provenance": {FIRST_SEEN_AT: 4}})
    told = (
        "Tried again after looks that were taken without them, and so counted in claims from the "
        "next look on, though in all means and effects: trials of wide."
    )
    assert told in analyse(repeatedly, records).warnings
    assert told not in analyse(once, records).warnings


def test_the_reasons_of_failed_trials_are_told_with_their_number():
    plan = plan_of(WIDTH, seeds=4)
    records = records_of(plan, {"baseline": [80.0, 81.0, 82.5, 80.5], "wide": ["failed"] * 4})
    reasons = iter(
        ["Trace\nValueError: wide", "OSError: full", "ValueError: wide", "KeyError: 'a'"]
    )
    records |= {
        hash_: record.model_copy(update={"error": next(reasons)})
        for hash_, record in records.items()
        if record.status == "failed"
    }
    assert analyse(plan, records).warnings[-1] == (
        "Why trials failed: ValueError: wide (2 trials); OSError: full (1 trial); KeyError: 'a' "
        "(1 trial)."
    )


def test_diverged_trials_that_are_left_out_are_told():
    plan = plan_of(WIDTH, seeds=3, diverged="failure_rate")
    values = {"baseline": [80.0, 81.0, 82.0], "wide": [82.0, 82.5, "diverged"]}
    assert warnings_of(plan, values, chance_level={ACCURACY: 10.0}) == (
        "1 of 6 trials diverged (left out of means and effects): wide (33 % of its trials).",
    )


def test_diverged_trials_without_a_known_chance_level_are_told_to_be_left_out():
    plan = plan_of(WIDTH, seeds=3)
    values = {"baseline": [80.0, 81.0, 82.0], "wide": [82.0, 82.5, "diverged"]}
    assert warnings_of(plan, values) == (
        "1 of 6 trials diverged (left out of means and effects, as no chance level is known): "
        "wide (33 % of its trials).",
    )


def test_endings_are_told_with_the_arms_context_and_its_own_rate():
    contexts = {"A": {}, "B": {"training.rate": 0.5}}
    plan = plan_of(WIDTH, seeds=2, contexts=contexts)
    values = {("A", "wide"): ["diverged"] * 2} | {
        key: [80.0, 81.0 + place]
        for place, key in enumerate((("A", "baseline"), ("B", "baseline"), ("B", "wide")))
    }
    assert warnings_of(plan, values) == (
        "2 of 8 trials diverged (left out of means and effects, as no chance level is known): "
        "wide in A (100 % of its trials).",
    )


def test_names_with_commas_are_told_apart():
    plan = plan_of(WIDTH, NORM, seeds=2, design="full_factorial")
    values = {each.name: [80.0 + place, "failed"] for place, each in enumerate(plan.arms)}
    assert warnings_of(plan, values)[0] == (
        "4 of 8 trials failed (missing in means and effects): 'baseline', 'batch', 'wide', "
        "'wide, batch'."
    )


def test_a_single_trial_is_one_trial():
    plan = plan_of(seeds=1)
    assert warnings_of(plan, {"baseline": ["failed"]})[0] == (
        "1 of 1 trial failed (missing in means and effects): baseline."
    )


def test_one_seed_is_told():
    values = {"baseline": [80.0], "wide": [81.0]}
    assert warnings_of(plan_of(WIDTH, seeds=1), values) == (
        "There is one seed, so there are no intervals, and no claim can be decided.",
    )


CURVE = {"epoch": [1.0, 2.0], "validation_loss": [2.0, 1.0], "seconds": [3.0, 6.0]}
SLOWER = CURVE | {"seconds": [4.0, 9.0]}
OTHER = CURVE | {"validation_loss": [2.0, 1.0000001]}


def test_arms_that_came_out_equal_are_told_whatever_time_they_took():
    equal = {"baseline": [80.0, 81.0], "wide": [80.0, 81.0]}
    curves = {"baseline": [CURVE, OTHER], "wide": [SLOWER, OTHER]}
    assert warnings_of(plan_of(WIDTH, seeds=2), equal, curves) == (
        "baseline and wide came out equal to the last bit on all 2 seeds: "
        "a switch without effect, or a bug.",
    )


def test_times_among_the_metrics_do_not_tell_arms_apart():
    """Also not where they are described."""
    values = {
        name: [{ACCURACY: accuracy, "train_seconds": seconds} for accuracy in (80.0, 81.0)]
        for name, seconds in {"baseline": 3.0, "wide": 4.0}.items()
    }
    metrics = {"train_seconds": MetricDescription(label="training time")}
    assert len(warnings_of(plan_of(WIDTH, seeds=2, metrics=metrics), values)) == 1


def test_arms_that_are_equal_on_the_one_seed_they_share_are_told():
    values = {"baseline": [80.0, None], "wide": [80.0, 81.0]}
    assert warnings_of(plan_of(WIDTH, seeds=2), values)[-1] == (
        "baseline and wide came out equal to the last bit on the one seed that they share: "
        "a switch without effect, or a bug."
    )


@pytest.mark.parametrize(
    ("values", "curves"),
    [
        # equal accuracy, other course
        ({"baseline": [80.0, 81.0], "wide": [80.0, 81.0]}, [CURVE, OTHER]),
        # equal course, other accuracy in the end
        ({"baseline": [80.0, 81.0], "wide": [80.0, 81.5]}, [CURVE, CURVE]),
        # equal on one seed of two
        ({"baseline": [80.0, 81.0], "wide": [80.0, 83.0]}, [CURVE, OTHER]),
        # diverged, which says nothing
        ({"baseline": ["diverged"] * 2, "wide": ["diverged"] * 2}, [CURVE, CURVE]),
    ],
)
def test_arms_that_differ_anywhere_are_not_called_equal(values, curves):
    histories = {"baseline": [CURVE, CURVE], "wide": curves}
    warnings = warnings_of(plan_of(WIDTH, seeds=2), values, histories)
    assert not any("equal" in warning for warning in warnings)


def test_a_time_that_the_study_asks_for_tells_arms_apart():
    metrics = {"inference_seconds": MetricDescription(label="time", higher_is_better=False)}
    plan = plan_of(WIDTH, seeds=2, metric="inference_seconds", metrics=metrics)
    assert warnings_of(plan, {"baseline": [3.0, 3.5], "wide": [2.0, 2.4]}) == ()
    assert len(warnings_of(plan, {"baseline": [3.0, 3.5], "wide": [3.0, 3.5]})) == 1


def test_arms_without_a_metric_but_times_are_not_called_equal():
    plan = plan_of(WIDTH, seeds=2)
    values = {name: [{"seconds": 1.0}] * 2 for name in ("baseline", "wide")}
    assert not any("equal" in warning for warning in warnings_of(plan, values))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((82.1, 81.9, 82.4), False),  # equal by rounding
        ((82.1312, 81.9288, 82.4036), True),
        ((82.1312, 82.4, 82.6), False),
        ((82.1312, None, None), False),  # a single number
    ],
)
def test_numbers_of_a_table_are_equal_only_with_all_their_digits(values, told):
    plan = plan_of(WIDTH, seeds=3)
    same = dict.fromkeys(("baseline", "wide"), values)
    warnings = warnings_of(plan, same, provenance={SOURCE: "results.csv"})
    assert any("equal to the last bit" in warning for warning in warnings) is told


def test_one_trial_of_two_contexts_is_not_called_equal_to_itself():
    contexts = {"small": {}, "large": {"model.width": 16}}
    plan = plan_of(WIDTH, EPOCHS, seeds=2, contexts=contexts)
    values = {
        ("small", "baseline"): [80.0, 81.0],
        ("small", "wide"): [82.0, 84.0],
        ("small", "long"): [84.0, 86.0],
        ("large", "long"): [86.0, 87.0],
    }
    assert warnings_of(plan, values) == ()


def test_equal_arms_of_two_contexts_are_told_with_both():
    contexts = {"one": {}, "two": {"training.rate": 0.5}}
    plan = plan_of(WIDTH, seeds=2, contexts=contexts)
    values = {
        ("one", "baseline"): [80.0, 81.0],
        ("one", "wide"): [82.0, 84.0],
        ("two", "baseline"): [80.0, 81.0],
        ("two", "wide"): [84.0, 86.0],
    }
    assert warnings_of(plan, values) == (
        "baseline in one and baseline in two came out equal to the last bit on all 2 seeds: "
        "a switch without effect, or a bug.",
    )


def test_a_guess_at_which_way_is_better_is_told():
    claim = Difference(
        says="Wide is better.", better=arm(width="wide"), worse=arm(), metric="test_wobble"
    )
    values = {
        name: [{"test_accuracy": each, "test_wobble": each} for each in own]
        for name, own in GOOD.items()
    }
    plan = plan_of(WIDTH, seeds=3, claims=(claim,))
    (warning,) = findings_of(plan, values).warnings
    assert warning == (
        "That more test_wobble is better is a guess: say which way it is, by "
        "`metrics: {test_wobble: {label: ..., higher_is_better: false}}`."
    )
    described = MetricDescription(label="wobble", higher_is_better=False)
    known = plan.model_copy(update={"metrics": {**plan.metrics, "test_wobble": described}})
    assert findings_of(known, values).warnings == ()


def test_effects_of_a_study_that_looks_repeatedly_hold_at_every_look():
    """Also those that no claim is made of; there is no p value for that."""
    claim = Difference(says="Wide is better.", better=arm(width="wide"), worse=arm())
    plan = plan_of(WIDTH, NORM, seeds=3, max_seeds=20, claims=(claim,))
    effects = findings_of(plan, GOOD | {"batch": [80.1, 81.3, 82.4]}).effects
    half = sequential.critical_value(3, 20) * effects["sd"] / np.sqrt(3)
    assert list(effects["low"]) == pytest.approx(list(effects["estimate"] - half))
    assert list(effects["high"]) == pytest.approx(list(effects["estimate"] + half))
    assert effects[["p", "p_holm"]].isna().all(axis=None)


def test_unpaired_effects_of_a_study_that_looks_repeatedly_have_no_interval():
    plan = plan_of(WIDTH, seeds=4, max_seeds=20, claims=(CLAIM,))
    values = {"baseline": [80.0, 81.0, None, None], "wide": [None, None, 82.0, 83.5]}
    effects = findings_of(plan, values).effects
    assert list(effects["method"]) == ["welch"]
    assert effects[["low", "high", "p"]].isna().all(axis=None)


def test_a_factorial_that_is_looked_at_repeatedly_has_no_p_values():
    plan = plan_of(WIDTH, NORM, seeds=3, max_seeds=5, claims=(CLAIM,), design="full_factorial")
    values = {each.name: [80.0 + place, 81.0, 82.5] for place, each in enumerate(plan.arms)}
    once = plan_of(WIDTH, NORM, seeds=3, claims=(CLAIM,), design="full_factorial")
    repeated, plain = findings_of(plan, values).factorial, findings_of(once, values).factorial
    assert repeated[["p", "p_holm"]].isna().all(axis=None)
    assert (repeated["low"] < plain["low"]).all()


def test_a_claim_that_the_maximum_of_seeds_is_too_few_for_is_told():
    stabler = MoreStable(says="Wide is stabler.", stable=arm(width="wide"), unstable=arm())
    plan = plan_of(WIDTH, seeds=3, max_seeds=5, claims=(stabler,))
    assert warnings_of(plan, GOOD) == (
        "'Wide is stabler.' stays undecided, and no seed is added for it: spread is judged from "
        "10 seeds on, and the maximum is 5.",
    )


def test_a_greedy_path_says_that_its_steps_were_chosen_by_the_seeds_that_they_are_shown_on():
    values = {"baseline": [80.0, 81.0], "+ width": [82.0, 83.5], "+ norm": [81.0, 81.5]}
    greedy = plan_of(WIDTH, NORM, seeds=2, design=Design(kind="path", order="greedy"))
    assert warnings_of(greedy, values) == (
        "Each step was chosen as the best of those left, of 2 at first, by validation_accuracy on "
        "these seeds: its estimate and interval lean to the better. Run the path that was found on "
        "other seeds, by `order: [...]`, for those that do not.",
    )
    without_choice = plan_of(WIDTH, seeds=2, design=Design(kind="path", order="greedy"))
    ordered = plan_of(WIDTH, NORM, seeds=2, design=Design(kind="path", order=("width", "norm")))
    for plan in (without_choice, ordered):
        assert not any("chosen" in warning for warning in warnings_of(plan, values))


def test_an_arm_without_values_that_a_factorial_leaves_out_is_told():
    plan = plan_of(WIDTH, NORM, seeds=2, design="full_factorial")
    values = {arm.name: [80.0 + place, 81.5 + 1.5 * place] for place, arm in enumerate(plan.arms)}
    assert warnings_of(plan, values) == ()
    assert warnings_of(plan, values | {"wide, batch": ["failed"] * 2})[-1] == (
        "Main effects and interactions are averaged over the combinations that have values: no "
        "seed has test_accuracy of 'wide, batch'."
    )


def test_effects_without_pairs_are_told():
    values = {"baseline": [80.0, 81.0, None, None], "wide": [None, None, 83.0, 84.5]}
    assert warnings_of(plan_of(WIDTH, seeds=4), values) == (
        "4 of 8 trials missing (not recorded yet): baseline, wide.",
        "Seeds of wide and baseline do not match: their effect is by Welch's test, without pairs.",
    )


def test_effects_of_fewer_pairs_than_either_arm_has_seeds_are_told():
    values = {"baseline": [80.0, 81.5, 83.0, None], "wide": [None, 82.0, 83.5, 84.0]}
    assert warnings_of(plan_of(WIDTH, seeds=4), values) == (
        "2 of 8 trials missing (not recorded yet): baseline, wide.",
        "Only some seeds match: 2 of 3 of wide and baseline. The difference is of these pairs "
        "alone, and may be another than that of the means, which are of all seeds.",
    )
    fewer = {"baseline": [80.0, 81.5, 83.0, 84.0], "wide": [None, 82.0, 83.5, 84.0]}
    assert len(warnings_of(plan_of(WIDTH, seeds=4), fewer)) == 1, "all of wide's are pairs"


def test_trials_that_a_table_lacks_are_counted_by_the_seeds_of_all_arms():
    plan, source = plan_of(WIDTH, seeds=4), {SOURCE: "results.csv"}
    shifted = {"baseline": [80.0, 81.5, 83.0, None], "wide": [None, 82.0, 83.5, 84.0]}
    assert warnings_of(plan, shifted, provenance=source)[0] == (
        "2 of 8 trials missing (not in results.csv): baseline, wide."
    )
    alone = {"baseline": [80.0, 81.5, 83.0, 82.0]}
    assert warnings_of(plan, alone, provenance=source)[0] == (
        "4 of 8 trials missing (not in results.csv): wide."
    )


def test_effects_without_pairs_are_told_with_their_context():
    contexts = {"A": {}, "B": {"training.rate": 0.5}}
    plan = plan_of(WIDTH, seeds=4, contexts=contexts)
    values = {(context, "baseline"): [80.0, 81.0, None, None] for context in "AB"} | {
        ("A", "wide"): [None, None, 83.0, 84.5],
        ("B", "wide"): [82.0, 83.5, None, None],
    }
    assert warnings_of(plan, values)[-1] == (
        "Seeds of wide and baseline in A do not match: their effect is by Welch's test, without "
        "pairs."
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("claim", [Difference, NoDifference])
def test_a_value_that_has_exploded_settles_nothing(claim: type[Difference | NoDifference]):
    names = ("better", "worse") if claim is Difference else ("first", "second")
    arms = dict(zip(names, (arm(width="wide"), arm()), strict=True))
    plan = plan_of(WIDTH, seeds=3, claims=(claim(says="?", **arms),))
    values = {"baseline": [20.1, 20.5, 20.2], "wide": [19.1, 3.2e180, 19.4]}
    (verdict,) = findings_of(plan, values).verdicts
    assert (verdict.verdict, verdict.low, verdict.seeds_needed) == ("undecided", None, None)
