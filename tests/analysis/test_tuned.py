"""Two comparisons joined: what changed, for whom, and what the settings are."""

import numpy as np
import pytest

from ablate.analysis.findings import analyse
from ablate.analysis.tuned import become_one, settings_table
from ablate.records.tuned_search import finished
from ablate.study.arms import overlaid
from ablate.study.schema import Difference, Factor, NoDifference, NoWorse, Reaches, Tune
from ablate.study.search_space import Parameter, SearchSpace
from ablate.study.tuned import tuned_plan
from ablate.study.yaml_source import scalar_name
from tests.analysis.evidence import POOL, arm, plan_of
from tests.analysis.tuned_evidence import (
    ADAM_WINS,
    RATES,
    SEARCHED,
    findings_of,
    search_of,
    tuned_study,
)

ADAM = [80.0, 80.2, 80.4]
SGD_SHARED = [60.0, 60.4, 60.2]
SGD_OWN = [90.0, 90.1, 90.6]


class TestBothEffects:
    def test_the_change_is_paired_by_seed(self):
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": SGD_OWN})
        (row,) = findings.tuned.effects.to_dict("records")
        moved = np.subtract(SGD_OWN, SGD_SHARED)
        assert row["shared"] == pytest.approx(np.mean(np.subtract(SGD_SHARED, ADAM)))
        assert row["tuned"] == pytest.approx(np.mean(np.subtract(SGD_OWN, ADAM)))
        assert row["change"] == pytest.approx(moved.mean())
        half = 4.303 * moved.std(ddof=1) / np.sqrt(3)
        assert row["change_high"] - row["change_low"] == pytest.approx(2 * half, rel=1e-3)
        assert (row["shared_n"], row["tuned_n"]) == (3, 3)

    def test_each_half_is_what_its_own_findings_say(self):
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": SGD_OWN})
        row = findings.tuned.effects.iloc[0]
        for which, each in (("shared", findings), ("tuned", findings.tuned.findings)):
            effect = each.effects.iloc[0]
            assert [row[which], row[f"{which}_low"], row[f"{which}_high"]] == [
                effect["estimate"], effect["low"], effect["high"],
            ]  # fmt: skip

    def test_there_is_none_where_no_settings_changed(self):
        best_as_they_are = {name: {1e-3: 90.0, 0.1: 1.0, 0.2: 2.0} for name in SEARCHED}
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {}, points=best_as_they_are)
        row = findings.tuned.effects.iloc[0]
        assert row["shared"] == row["tuned"]
        assert np.isnan([row["change"], row["change_low"], row["change_high"]]).all()

    def test_seeds_that_one_of_them_lacks_are_left_out_of_the_change(self):
        findings = findings_of(
            {"baseline": ADAM, "sgd": [None, 60.4, 60.2]}, {"sgd": [90.0, 90.1, None]}
        )
        row = findings.tuned.effects.iloc[0]
        assert (row["shared_n"], row["tuned_n"]) == (2, 2)
        assert row["change"] == pytest.approx(90.1 - 60.4)
        assert np.isnan(row["change_low"])


class TestChangedVerdicts:
    def said(self, sgd_own: list[float], **changes: object) -> list[str]:
        plan = tuned_study(**changes)
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": sgd_own}, plan=plan)
        return [text for text in findings.warnings if text.startswith("“")]

    def test_it_names_whom_the_shared_setting_suited(self):
        assert self.said(SGD_OWN) == [
            "“Adam beats SGD.” is supported with shared settings and refuted with each arm's own: "
            "the shared rate suited baseline."
        ]

    def test_by_the_level_where_the_claim_names_one(self):
        claim = ADAM_WINS.model_copy(update={"better": arm(optimizer="adam")})
        (said,) = self.said(SGD_OWN, claims=(claim,))
        assert said.endswith(": the shared rate suited adam.")

    def test_the_worse_one_where_the_claim_gains(self):
        claim = ADAM_WINS.model_copy(update={"better": arm(optimizer="sgd"), "worse": arm()})
        (said,) = self.said(SGD_OWN, claims=(claim,))
        assert said == (
            "“Adam beats SGD.” is refuted with shared settings and supported with each arm's own: "
            "the shared rate suited baseline."
        )

    def test_it_names_none_where_the_seeds_do_not_tell(self):
        assert self.said([20.0, 70.0, 110.0]) == [
            "“Adam beats SGD.” is supported with shared settings and undecided with each arm's "
            "own; these seeds do not show whom the shared rate suited."
        ]

    def test_rates_that_the_levels_give_along_are_not_called_shared(self):
        rates = {"adam": 1e-3, "sgd": 1e-2}
        levels = {
            name: {"training.optimizer": name, "training.rate": rates[name]} for name in rates
        }
        plan = plan_of(
            Factor(name="optimizer", levels=levels),
            contexts={"baseline": levels["adam"]},
            claims=(ADAM_WINS,),
            smallest_effect_of_interest=0.5,
            tune=Tune(space=RATES, trials=3),
            seeds=3,
        )
        for own, end in (
            (SGD_OWN, "each arm's own: the rate given to each suited baseline."),
            (
                [20.0, 70.0, 110.0],
                "own; these seeds do not show whom the rate given to each suited.",
            ),
        ):
            findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": own}, plan=plan)
            assert findings.warnings[0].endswith(end)

    def test_of_an_equivalence_too_and_of_other_kinds_the_verdicts_alone(self):
        same = NoDifference(
            says="Same.", first=arm(optimizer="sgd"), second=arm(), margin=15, family="a"
        )
        safe = NoWorse(says="Safe.", arm=arm(optimizer="sgd"), than=arm(), margin=15, family="c")
        high = Reaches(says="High.", arm=arm(optimizer="sgd"), value=70, family="b")
        assert self.said(SGD_OWN, claims=(safe,)) == [
            "“Safe.” is refuted with shared settings and supported with each arm's own: the shared "
            "rate suited baseline.",
        ]
        assert self.said(SGD_OWN, claims=(same, high)) == [
            "“Same.” is refuted with shared settings and supported with each arm's own: the shared "
            "rate suited baseline.",
            "“High.” is refuted with shared settings and supported with each arm's own.",
        ]

    def test_of_arms_that_kept_their_settings_it_is_the_family_that_changed(self):
        worse = (0.3, 1.6, 1.0, 0.4, 1.9)
        base = [80.0, 80.1, 80.2, 80.3, 80.4]
        claims = (
            Difference(says="Max beats mean.", better=arm(), worse=arm(pool="mean")),
            Difference(says="Max beats stride.", better=arm(), worse=arm(pool="stride")),
        )
        plan = plan_of(
            POOL,
            contexts={"baseline": {"training.rate": 1e-3}},
            claims=claims,
            tune=Tune(space=RATES, trials=3),
        )
        kept = {1e-3: 90.0, 1e-2: 65.0, 0.1: 10.0}
        points = {"baseline": kept, "mean": kept, "stride": SEARCHED["sgd"]}
        findings = findings_of(
            {
                "baseline": base,
                "mean": [b - d for b, d in zip(base, worse, strict=True)],
                "stride": [b - 5 - d / 10 for b, d in zip(base, worse, strict=True)],
            },
            {"stride": [79.5, 80.8, 80.0, 80.6, 79.8]},
            plan=plan,
            points=points,
        )
        (said, _) = [text for text in findings.warnings if text.startswith("“")]
        assert said == (
            "“Max beats mean.” is supported with shared settings and undecided with each arm's "
            "own; its arms kept their settings, and what its family leaves it has changed."
        )

    def test_nothing_where_both_agree(self):
        assert self.said([60.1, 60.5, 60.2]) == []

    def test_each_comparison_is_a_family_of_its_own(self):
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": SGD_OWN})
        (shared,), (own,) = findings.verdicts, findings.tuned.findings.verdicts
        assert shared.p_adjusted == shared.p
        assert own.p_adjusted == own.p


class TestSettings:
    def test_a_row_an_arm_with_what_it_had_and_has(self):
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {"sgd": SGD_OWN})
        table = findings.tuned.settings
        columns = ["arm", "key", "shared", "tuned", "shared_value", "value", "points", "completed"]
        assert table[columns].to_numpy().tolist() == [
            ["baseline", "training.rate", 1e-3, 1e-3, 70.0, 70.0, 3, 3],
            ["sgd", "training.rate", 1e-3, 0.1, 40.0, 80.0, 3, 3],
        ]
        assert table["edge"].tolist() == ["", ""]

    def test_a_whole_number_stays_one_and_a_setting_that_is_not_set_is_none(self):
        width = Parameter(name="width", key="model.width", type="int", range=(8, 128), why="w")
        both = SearchSpace(name="both", parameters=(*RATES.parameters, width))
        plan = tuned_study(tune=Tune(space=both, trials=1))
        settings = {"training.rate": 0.1, "model.width": 20}
        searches = []
        for name in SEARCHED:
            found = search_of(plan, name, {0.1: 70.0})
            whole = overlaid(plan.arm("baseline", name).settings, settings)
            update = {
                "values": {"rate": 0.1, "width": 20},
                "settings": settings,
                "trials": tuple(spec.hash for spec in plan.specs_of(whole, found.seeds)),
            }
            point = found.points[0].model_copy(update=update)
            searches.append(found.model_copy(update={"points": (point,)}))
        table = settings_table(plan, finished(plan, searches))
        assert [scalar_name(value) for value in table["tuned"]] == ["0.1", "20", "0.1", "20"]
        assert "nan" not in [scalar_name(value) for value in table["shared"]]

    def test_settings_outside_the_space_were_not_tried(self):
        plan = tuned_study(contexts={"baseline": {"training.rate": 3.0}})
        points = {name: {0.1: 10.0, 0.2: None, 0.3: 20.0} for name in SEARCHED}
        table = findings_of({}, {}, plan=plan, points=points).tuned.settings
        assert table["shared"].tolist() == [3.0, 3.0]
        assert table["shared_value"].isna().all()
        assert table["completed"].tolist() == [2, 2]

    def test_a_best_value_near_an_end_of_the_range_is_warned_of(self):
        points = SEARCHED | {"sgd": {1e-3: 40.0, 0.1: 60.0, 0.9: 80.0}}
        findings = findings_of({}, {}, points=points)
        assert findings.tuned.settings["edge"].tolist() == ["", "highest"]
        assert findings.warnings[-1] == (
            "The best rate of sgd (0.9) lies near the highest searched: a better one may lie "
            "outside, so widen the range."
        )


class TestUnfinished:
    def test_arms_are_compared_with_shared_settings_alone(self):
        points = {"baseline": SEARCHED["baseline"]}
        findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {}, points=points)
        assert findings.tuned is None
        assert findings.warnings[-1] == (
            "Arms are compared with shared settings alone: the search is not finished, or "
            "completed no point, of sgd."
        )

    def test_a_study_that_is_not_tuned_says_nothing_of_it(self):
        shared = {"baseline": ADAM, "sgd": SGD_SHARED}
        findings = findings_of(shared, {}, plan=tuned_study(tune=None), points={})
        assert (findings.tuned, findings.warnings) == (None, ())


def test_trials_missing_with_own_settings_are_said_to_be_so():
    findings = findings_of({"baseline": ADAM, "sgd": SGD_SHARED}, {})
    assert "With own settings: 3 of 6 trials missing (not recorded yet): sgd." in findings.warnings


def test_arms_that_the_search_makes_one_are_named():
    optimizer = RATES.parameters[0].model_copy(
        update={
            "name": "optimizer", "key": "training.optimizer", "type": "categorical",
            "range": None, "choices": ("adam", "sgd"), "scale": "linear",
        }
    )  # fmt: skip
    space = RATES.model_copy(update={"parameters": (optimizer,)})
    plan = tuned_study(tune=Tune(space=space, trials=1))
    own = tuned_plan(plan, {("baseline", "sgd"): {"training.rate": 1e-3}})
    assert list(become_one(plan, own)) == [
        "With own settings baseline and sgd are one and the same: the search covers all that they "
        "differ in, so that their comparison says nothing."
    ]


def test_what_its_searches_warn_of_is_said_in_the_report_and_once():
    plan = tuned_study(metric="validation_wobble", claims=())
    results = [
        search_of(plan, name, points, metric="validation_wobble", outside="training.rate is 2")
        for name, points in SEARCHED.items()
    ]
    warnings = analyse(plan, {}, finished(plan, results)).warnings
    for name in SEARCHED:
        assert (
            f"In the search: {name}: its settings in the study lie outside the space "
            "(training.rate is 2), and are none of the points: the best of these may be worse."
        ) in warnings
    assert sum("is a guess" in text for text in warnings) == 1


def test_a_guess_at_which_way_its_own_metric_is_better_is_said():
    plan = tuned_study(tune=Tune(space=RATES, trials=3, metric="validation_wobble"))
    results = [
        search_of(plan, name, points, metric="validation_wobble")
        for name, points in SEARCHED.items()
    ]
    assert (
        "In the search: That more validation_wobble is better is a guess: say which way it is, by "
        "`metrics: {validation_wobble: {label: ..., higher_is_better: false}}`."
    ) in analyse(plan, {}, finished(plan, results)).warnings
