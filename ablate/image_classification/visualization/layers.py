"""The names by which a layer is asked for."""

import difflib
from collections.abc import Collection, Sequence

from torch import nn

from ablate.errors import AblateError, Problem

FIRST, LAST = "first", "last"
"""Stand for the first and the last convolution."""
_SHOWN = 12  # names that an error lists


def is_convolution(module: nn.Module) -> bool:
    """Whether a module is a convolution of images."""
    return isinstance(module, nn.Conv2d)


def find_layer(
    asked: str,
    known: Sequence[str],
    convolutions: Sequence[str],
    others: Collection[str] = (),
    lacking: str = "",
) -> str:
    """The name of the layer that is asked for: one of `known`, or FIRST or LAST of the
    convolutions.

    known, convolutions: dotted names of modules, e.g. "stage1.convolution1" or "layer4.1.conv2",
    in the order in which an image passes them. others: those that there are, too; lacking: what is
    the matter with these, as in "is no convolution". Raises AblateError, which names those known,
    the nearest first.
    """
    if asked in known:
        return asked
    if asked in (FIRST, LAST) and convolutions:
        return convolutions[0 if asked == FIRST else -1]
    if asked in (FIRST, LAST):
        raise AblateError(Problem(f"--layer {asked}", "the network has no convolution"))
    raise AblateError(
        Problem(
            f"--layer {asked}",
            f"'{asked}' {lacking}" if asked and asked in others else f"no layer named '{asked}'",
            f"there are {by_likeness(asked, known)}",
        )
    )


def by_likeness(word: str, known: Sequence[str]) -> str:
    """The known words, the nearest first; of many, how many more there are."""

    def distance(name: str) -> float:
        return -difflib.SequenceMatcher(None, word, name).ratio()

    names = sorted(known, key=distance)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
