"""Effects that a fractional factorial cannot tell apart."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from ablate.study.arms import Arm
from ablate.study.drawing import draw_arms
from ablate.study.schema import Study
from ablate.workload import Workload


class Aliased(NamedTuple):
    """An effect that a fractional factorial cannot tell from others, up to sign."""

    context: str
    effect: str
    aliased_with: tuple[str, ...]


def aliases(study: Study, workload: Workload | None = None) -> tuple[Aliased, ...]:
    """Main effects and two-way interactions ("a:b") of a two-level factorial that share a column.

    Two effects are aliased when their columns of signs agree, or disagree, in every arm
    (Montgomery, Design and Analysis of Experiments, chapter 8). Unaliased effects are left out.
    """
    arms = draw_arms(study, workload)
    return tuple(
        aliased
        for context in study.contexts
        for aliased in _aliases_of([arm for arm in arms if arm.context == context])
    )


def _aliases_of(arms: list[Arm]) -> Iterator[Aliased]:
    reference = arms[0].levels
    mains = {
        factor: tuple(1 if arm.levels[factor] == level else -1 for arm in arms)
        for factor, level in reference.items()
    }
    pairs = {
        f"{a}:{b}": tuple(x * y for x, y in zip(mains[a], mains[b], strict=True))
        for a, b in itertools.combinations(mains, 2)
    }
    columns = mains | pairs
    for effect, column in columns.items():
        same = (column, tuple(-sign for sign in column))
        others = tuple(name for name, other in columns.items() if name != effect and other in same)
        if others:
            yield Aliased(arms[0].context, effect, others)
