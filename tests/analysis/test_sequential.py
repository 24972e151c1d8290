"""The boundary spends its error rate exactly, at the check values of its derivation."""

import numpy as np
import pytest
from scipy import stats

from ablate.analysis import sequential
from ablate.analysis.sequential import GivenUp, boundary, critical_value, stops
from ablate.records.looks import FIRST_LOOK


@pytest.mark.parametrize(
    ("n", "expected"), [(3, 11.482), (4, 8.131), (5, 6.004), (10, 3.509), (20, 2.711)]
)
def test_the_boundary_of_twenty_seeds_at_five_percent(n: int, expected: float) -> None:
    assert boundary(20, 0.05)[n] == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize(("max_seeds", "alpha"), [(3, 0.05), (10, 0.05), (20, 0.005)])
def test_the_first_look_spends_three_shares(max_seeds: int, alpha: float) -> None:
    expected = stats.t.ppf(1 - 3 * alpha / max_seeds / 2, 2)
    assert critical_value(FIRST_LOOK, max_seeds, alpha) == pytest.approx(expected)


def test_with_three_seeds_at_most_it_is_the_plain_interval() -> None:
    assert boundary(3, 0.05) == {3: pytest.approx(stats.t.ppf(0.975, 2))}


def test_a_stricter_error_rate_and_a_larger_maximum_widen_every_look() -> None:
    plain, strict, longer = boundary(10, 0.05), boundary(10, 0.01), boundary(20, 0.05)
    assert all(strict[n] > plain[n] and longer[n] > plain[n] for n in plain)


def test_looking_after_every_seed_errs_as_often_as_stated() -> None:
    """200,000 paths: four standard errors of .05 are .002."""
    paths, most = 200_000, 10
    differences = np.random.default_rng(11).standard_normal((paths, most))
    crossed = np.zeros(paths, dtype=bool)
    for n, critical in boundary(most, 0.05).items():
        seen = differences[:, :n]
        statistic = seen.mean(axis=1) / seen.std(axis=1, ddof=1) * np.sqrt(n)
        crossed |= np.abs(statistic) > critical
    assert crossed.mean() == pytest.approx(0.05, abs=0.002)


def test_of_a_large_maximum_it_is_reckoned_no_further_than_to_the_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps: list[int] = []
    next_ = sequential._Cells.next
    monkeypatch.setattr(
        sequential._Cells, "next", lambda cells, n, spend: steps.append(n) or next_(cells, n, spend)
    )
    values = [critical_value(n, 10_000, 0.04) for n in (3, 5, 4)]
    assert steps == [3, 4]
    assert values[0] > values[2] > values[1]


def test_fewer_than_three_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^looking starts with 3 seeds, which are more than 2$"):
        boundary(2)


def test_there_is_no_critical_value_before_the_first_look() -> None:
    assert np.isnan(critical_value(2, 20))


def test_a_family_of_ten_claims_that_stop_separately_errs_at_most_as_stated() -> None:
    """2,000 studies of ten true null hypotheses that share a baseline, looked at 3 to 8 times over:
    four standard errors of .05 are .0195.
    """
    random, most, errors, studies = np.random.default_rng(5), 8, 0, 2_000
    for _ in range(studies):
        arms = random.standard_normal((11, most))
        differences = arms[1:] - arms[0]

        def settle(member: int, look: int, level: float, differences=differences) -> str | None:
            seen = differences[member, :look]
            reach = critical_value(look, most, level) * seen.std(ddof=1) / np.sqrt(look)
            return "supported" if abs(seen.mean()) > reach else None

        found = stops(10, range(3, most + 1), settle)
        errors += any(stop.outcome for stop in found)
    assert errors / studies <= 0.05 + 0.0195


def test_a_settled_claim_leaves_its_share_to_the_others() -> None:
    settled_at = {0: 3, 1: 4}

    def settle(member: int, look: int, level: float) -> str | None:
        return "refuted" if settled_at.get(member) == look else None

    found = stops(3, [3, 4, 5], settle)
    assert [stop.look for stop in found] == [3, 4, 5]
    assert [stop.level for stop in found] == pytest.approx([0.05 / 3, 0.05 / 2, 0.05])
    assert [stop.outcome for stop in found] == ["refuted", "refuted", None]


def test_what_is_given_up_counts_as_open_and_may_still_be_settled() -> None:
    settled_at = {1: 5, 2: 6}

    def settle(member: int, look: int, level: float) -> str | None:
        return "supported" if settled_at.get(member) == look else None

    def give_up(member: int, look: int) -> float | None:
        return 0.04 if member != 1 and look >= 4 else None

    found = stops(3, [3, 4, 5, 6], settle, give_up)
    assert [stop.look for stop in found] == [6, 5, 6]
    assert [stop.level for stop in found] == pytest.approx([0.05, 0.05 / 3, 0.05 / 2])
    assert [stop.outcome for stop in found] == [None, "supported", "supported"]
    assert [stop.given_up for stop in found] == [GivenUp(4, 0.04), None, None]


def test_seeds_beyond_the_maximum_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^21 seeds are more than the maximum of 20"):
        critical_value(21, 20)
