"""Which figures a study has, drawn from what analysis makes of its records."""

from collections.abc import Callable

import pandas as pd
import pytest

from ablate.analysis.findings import Findings, analyse
from ablate.reporting import pictures
from ablate.reporting.figures import curves, forest, interaction, strip, theme, waterfall
from ablate.reporting.figures.palette import NEUTRAL, ArmStyle
from ablate.study.arms import Arm
from ablate.study.schema import Design, Interaction
from ablate.workload import MetricDescription
from tests.analysis.evidence import EPOCHS, NORM, POOL, WIDTH, arm, plan_of, records_of

GAINS = {"wide": 5.0, "mean": 1.0, "stride": -2.0, "batch": 3.0}
CONTEXTS = {
    "small": {"model.width": 8, "model.pool": "max"},
    "large": {"model.width": 16, "model.pool": "stride"},
}


def found(*factors, value: Callable[[Arm], float] | None = None, **plan) -> Findings:  # type: ignore[no-untyped-def]
    """Levels add up where nothing else is given; a seed is a seed, and a little is noise."""
    made = plan_of(*factors, seeds=3, **plan)
    of_arm = value or (lambda arm: sum(GAINS.get(level, 0.0) for level in arm.levels.values()))
    values = {
        arm.key: [70 + of_arm(arm) + seed + 0.1 * ((place * seed) % 3) for seed in range(3)]
        for place, arm in enumerate(made.arms)
    }
    return analyse(made, records_of(made, values))


@pytest.fixture
def cells(monkeypatch: pytest.MonkeyPatch) -> list[pd.DataFrame]:
    """The tables that heat maps are drawn from, as they are drawn."""
    seen: list[pd.DataFrame] = []
    draw = interaction.draw

    def spy(table, *args, **options):  # type: ignore[no-untyped-def]
        seen.append(table)
        draw(table, *args, **options)

    monkeypatch.setattr(interaction, "draw", spy)
    return seen


def names(drawn: list[pictures.Picture]) -> list[str]:
    return [picture.name for picture in drawn]


def test_contexts_that_start_at_opposite_levels_agree_in_the_heat_map(
    cells: list[pd.DataFrame],
) -> None:
    drawn = list(pictures.pictures(found(WIDTH, POOL, contexts=CONTEXTS)))
    assert names(drawn)[:4] == ["forest", "forest_width", "forest_pool", "interaction"]
    (table,) = cells
    grid = table.pivot(index="row", columns="column", values="value")
    assert grid.loc["width: narrow -> wide"].to_dict() == pytest.approx(
        {"small": 5.0, "large": 5.0}, abs=0.2
    )
    assert len(grid) == 4 and grid.notna().all(axis=None)


def test_a_change_looks_like_the_arm_that_it_leads_to(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[dict[str, ArmStyle]] = []
    draw = forest.draw

    def spy(effects, differences, axes, styles, **options):  # type: ignore[no-untyped-def]
        looks.append(styles)
        draw(effects, differences, axes, styles, **options)

    monkeypatch.setattr(forest, "draw", spy)
    list(pictures.pictures(found(WIDTH, POOL, contexts=CONTEXTS)))
    arms, width, pool = looks
    assert width == {"narrow -> wide": arms["wide"]}
    assert pool == {
        "max -> mean": arms["mean"],
        "max -> stride": arms["stride"],
        "mean -> stride": arms["stride"],
    }


def test_arms_with_results_look_unlike_each_other_however_many_are_planned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[dict[str, ArmStyle]] = []
    monkeypatch.setattr(strip, "draw", lambda *given, **_: looks.append(given[3]))
    levels = {f"level {place}": {"model.width": place} for place in range(8, 28)}
    made = plan_of(WIDTH.model_copy(update={"levels": levels}), seeds=3)
    drawn = ["baseline", "level 9", "level 13", "level 20", "level 27"]
    values = {arm.key: [70.0, 71.0, 72.0] if arm.name in drawn else [None] * 3 for arm in made.arms}
    list(pictures.pictures(analyse(made, records_of(made, values))))
    (styles,) = looks
    assert len(styles) == 20
    of_drawn = [styles[name] for name in drawn]
    assert [len(set(part)) for part in zip(*of_drawn, strict=True)] == [5, 5, 5]


def test_a_change_that_leads_to_no_arm_looks_like_none(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[dict[str, ArmStyle]] = []
    monkeypatch.setattr(forest, "draw", lambda *given, **_: looks.append(given[3]))
    contexts = {name: levels | {"model.norm": "none"} for name, levels in CONTEXTS.items()}
    list(pictures.pictures(found(WIDTH, NORM, design="path", contexts=contexts)))
    arms, *_, norm = looks
    assert norm == {"plain -> batch": NEUTRAL}
    assert NEUTRAL not in arms.values()


def test_one_context_has_neither_heat_map_nor_forests_by_factor() -> None:
    drawn = names(list(pictures.pictures(found(WIDTH, POOL))))
    assert [name for name in drawn if name.startswith(("forest", "inter"))] == ["forest"]


def test_a_factorials_heat_map_has_a_place_for_every_level(cells: list[pd.DataFrame]) -> None:
    drawn = list(pictures.pictures(found(WIDTH, POOL, NORM, design="full_factorial")))
    assert "factorial" in names(drawn)
    (table,) = cells
    width, norm = "width: narrow -> wide", "norm: plain -> batch"
    mean, stride = "pool: max -> mean", "pool: max -> stride"
    assert set(zip(table["row"], table["column"], strict=True)) == {
        (width, width),
        (mean, mean),
        (stride, stride),
        (norm, norm),
        (width, mean),
        (width, stride),
        (width, norm),
        (mean, norm),
        (stride, norm),
    }


def test_a_factorials_caption_tells_a_cell_from_a_claim_of_an_interaction() -> None:
    claim = Interaction(
        says="Norm helps more in wide networks.",
        change=arm(norm="batch"),
        first=arm(width="wide"),
        second=arm(width="narrow"),
    )
    without, claimed = (
        next(
            picture.caption
            for picture in pictures.pictures(
                found(WIDTH, NORM, design="full_factorial", claims=claims)
            )
            if picture.name == "factorial"
        )
        for claims in ((), (claim,))
    )
    assert without == (
        "On the diagonal the main effect of each change, averaged over all levels of the other "
        "factors: mean with 95 % interval. Beside it the interaction of two changes: half of how "
        "much more the one is worth with the other made than without; near zero, the two add up."
    )
    assert claimed == (
        f"{without} A claim of an interaction is about the whole of that difference, turned the "
        "way that the claim has it, at the baseline's levels of factors that it does not name."
    )


LEARNING = {
    "epoch": [1.0, 2.0],
    "validation_ppl": [9.0, 8.0],
    "train_ppl": [9.0, 7.0],
    "bleu": [1.0, 2.0],
    "validation_wer": [30.0, 20.0],
}


def test_curves_are_called_what_the_study_calls_their_metrics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, tuple[str, list[str]]] = {}
    monkeypatch.setattr(
        curves,
        "draw",
        lambda tables, *_, label, unit, **__: seen.update({label: (unit, list(tables))}),
    )
    made = plan_of(WIDTH, seeds=3)
    metrics = {
        **made.metrics,
        "validation_ppl": MetricDescription(label="validation perplexity", unit="per word"),
        "bleu": MetricDescription(label="BLEU"),
        "test_wer": MetricDescription(label="test WER", unit="%"),
    }
    made = made.model_copy(update={"metrics": metrics})
    values = {arm.key: [70.0, 71.0, 72.0] for arm in made.arms}
    records = records_of(made, values, history=LEARNING)
    drawn = list(pictures.pictures(analyse(made, records)))
    assert seen == {
        "perplexity": ("per word", ["validation", "train"]),
        "BLEU": ("", ["BLEU"]),
        "wer": ("%", ["validation"]),  # as its test_ counterpart
    }
    assert [p.title for p in drawn if p.name.startswith("curves")] == [
        "Learning curves: BLEU",
        "Learning curves: perplexity",
        "Learning curves: wer",
    ]


def test_a_fractions_heat_map_says_what_its_cells_stand_for() -> None:
    design = Design(kind="fractional_factorial", resolution=3)
    drawn = list(pictures.pictures(found(WIDTH, NORM, EPOCHS, design=design)))
    caption = next(picture.caption for picture in drawn if picture.name == "factorial")
    assert "This fraction does not tell width from norm × epochs; " in caption


def test_a_paths_steps_start_where_the_step_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[pd.DataFrame] = []
    monkeypatch.setattr(waterfall, "draw", lambda steps, *_, **__: seen.append(steps))
    findings = found(WIDTH, NORM, design="path")
    with theme.themed():
        drawn = list(pictures.pictures(findings))
    assert "waterfall" in names(drawn)
    (steps,) = seen
    assert steps["arm"].tolist() == ["baseline", "+ width", "+ norm"]
    assert steps["start"].tolist()[1:] == steps["mean"].tolist()[:-1]
    assert (steps["mean"] - steps["start"])[1:].tolist() == pytest.approx(
        steps["estimate"][1:].tolist()
    )


def test_curves_that_count_steps_have_a_figure_beside_those_that_count_epochs() -> None:
    plan = plan_of(WIDTH, seeds=3)
    curve = {
        "epoch": [1.0, None, 2.0, None],
        "step": [100.0, 100.0, 200.0, 200.0],
        "train_loss": [None, 2.0, None, 1.0],
        "validation_loss": [2.5, None, 1.5, None],
    }
    values = {arm.key: [70.0, 71.0, 72.5] for arm in plan.arms}
    records = records_of(plan, values, {arm.key: [curve] * 3 for arm in plan.arms})
    drawn = list(pictures.pictures(analyse(plan, records)))
    assert [name for name in names(drawn) if name.startswith("curves")] == [
        "curves_loss",
        "curves_loss_by_step",
    ]


def captions(findings: Findings) -> dict[str, str]:
    return {picture.name: picture.caption for picture in pictures.pictures(findings)}


def test_captions_of_one_seed_tell_of_no_intervals_and_of_no_lines_beside_each_other() -> None:
    made = plan_of(WIDTH, POOL, seeds=1, contexts=CONTEXTS)
    history = {"epoch": [1.0, 2.0], "validation_accuracy": [60.0, 70.0]}
    values = {arm.key: [70.0] for arm in made.arms}
    told = captions(analyse(made, records_of(made, values, history=history)))
    assert {"forest", "interaction", "strip", "curves_accuracy", "cost"} <= told.keys()
    assert not [name for name, text in told.items() if "95 %" in text or "alongside" in text]
    assert told["cost"] == (
        "Each arm's mean, without an interval, as there is one seed, over what one of its trials "
        "cost on average."
    )
    assert told["interaction"] == (
        "The same change in each context, from the first level named to the second, wherever the "
        "context starts: mean, without an interval, as there is one seed."
    )


def test_intervals_of_effects_are_repeated_ones_where_a_study_looks_after_every_seed() -> None:
    told = captions(found(WIDTH, POOL, contexts=CONTEXTS, max_seeds=3))
    for name, text in told.items():
        of_effects = name.startswith(("forest", "interaction"))
        assert ("mean with repeated 95 % interval" in text) == of_effects
    assert "each arm's mean with 95 % interval" in told["strip"]
    assert "mean with 95 % interval" in told["cost"]


@pytest.mark.parametrize(("smallest", "told"), [(0.0, False), (0.5, True)])
def test_a_band_is_told_of_where_there_is_one(smallest: float, told: bool) -> None:
    findings = found(WIDTH, POOL, contexts=CONTEXTS, smallest_effect_of_interest=smallest)
    for name, text in captions(findings).items():
        if name.startswith("forest"):
            assert ("The grey band holds" in text) == told
