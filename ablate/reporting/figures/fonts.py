"""What figures are written in, and what of their words no font here shows."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_OF_MATPLOTLIB = "DejaVu Sans"  # comes with matplotlib, so a figure in Latin is the same everywhere
_OF_OTHER_SCRIPTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans SC",
    "Noto Sans JP",
    "Noto Sans KR",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Droid Sans Fallback",
    "Hiragino Sans",
    "Hiragino Sans GB",
    "Heiti TC",
    "Apple SD Gothic Neo",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Nirmala UI",
)
_MISSING = re.compile(r"Glyph (\d+) .* missing from")


@cache
def families() -> list[str]:
    """Matplotlib's own font, then those of this machine that have the letters it lacks: an absent
    one in the list would make matplotlib complain at every text.
    """
    from matplotlib.font_manager import get_font_names  # late: it reads a list of all fonts

    installed = set(get_font_names())
    return [_OF_MATPLOTLIB, *(name for name in _OF_OTHER_SCRIPTS if name in installed)]


@contextmanager
def noting_unshown() -> Iterator[set[str]]:
    """A set that comes to hold the characters that figures drawn inside show as boxes, in place of
    matplotlib's warning of each. That a font has no bold face is not said either.
    """
    unshown: set[str] = set()
    fonts = logging.getLogger("matplotlib.font_manager")
    level = fonts.level
    fonts.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.filterwarnings("always", message=_MISSING.pattern)
            yield unshown
    finally:
        fonts.setLevel(level)
    for warning in caught:
        missing = _MISSING.match(str(warning.message))
        if missing:
            unshown.add(chr(int(missing[1])))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
