"""Text as LaTeX sets it, in ASCII and with nothing but amssymb."""

import re
import unicodedata

from pylatexenc.latexencode import UnicodeToLatexEncoder

from ablate.reporting.formatting import MINUS

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    "|": r"\textbar{}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "−": r"\ensuremath{-}",
    "±": r"\ensuremath{\pm}",
    "✓": r"\ensuremath{\checkmark}",
    "✗": r"\ensuremath{\times}",
    "○": r"\ensuremath{\circ}",
    "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\rightarrow}",
    "–": "--",
    "—": "---",
    "„": ",,",
    "«": r"\ensuremath{\ll}",
    "»": r"\ensuremath{\gg}",
    "\u2011": "-",  # a hyphen at which no line breaks
}
_OF_OTHER_PACKAGES = re.compile(
    r"\\(?:guil|quote|cyr|mathbb\{+[a-z0-9]|(?:"
    r"d[hj]|D[HJ]|th|TH|k|ng|NG|mathscr|boldsymbol|nobreakdash|nument|quarternote|textfrac|"
    r"textschwa|textphi|textglotstop|texthvlig|textnrleg|textturnk|"
    r"DownArrowUpArrow|VDash|allequal|approxnotequal|arrowwave(?:left|right)|clockoint|"
    r"clwintegral|dblarrowupdown|estimates|forcesextra|hermitconjmatrix|homothetic|i?iint|image|"
    r"lazysinv|notgreaterless|notlessgreater|original|precedesnotsimilar|recorder|rightangle|"
    r"rightanglearc|sqrint|starequal|surfintegral|tildetrpl|truestate|udots|varperspcorrespond|"
    r"verymuchgreater|verymuchless|volintegral)(?![A-Za-z]))"
)
"""Commands of another encoding of fonts, or of packages that a table does not ask for."""
_OF_MATHEMATICS = re.compile(r"\{?\\(?:acute|flat|natural|sharp|Upsilon|varepsilon)(?![A-Za-z])")
"""Those of them that pylatexenc writes in text."""
_BEYOND = UnicodeToLatexEncoder(
    unknown_char_policy="unihex",
    unknown_char_warning=False,
    replacement_latex_protection="braces-all",
)
POWER = re.compile(rf"(?<![\w.])({MINUS}?\d+(?:\.\d+)?)e({MINUS}?\d+)(?![\w.])")
"""A number as `formatting` writes one with a power of ten."""


def latex_text(text: str) -> str:
    """Text that LaTeX sets as it stands, with no package but amssymb: special characters are
    escaped, symbols and accents spelled as commands, and letters that LaTeX's own fonts lack given
    by their numbers.
    """
    return _latex_escaped(_on_one_line(text))


def latex_numbers(text: str) -> str:
    """The same, with numbers such as "1.20e8" set as powers of ten."""
    line, done, written = _on_one_line(text), 0, ""
    for found in POWER.finditer(line):
        power = rf"{found[1]}\times 10^{{{found[2]}}}".replace(MINUS, "-")
        written += rf"{_latex_escaped(line[done : found.start()])}\ensuremath{{{power}}}"
        done = found.end()
    return written + _latex_escaped(line[done:])


def _on_one_line(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _latex_escaped(text: str) -> str:
    """Character by character; two hyphens in a row must not become a dash."""
    pieces = re.split("(?<=-)(?=-)", text)
    return "{}".join("".join(map(_latex_character, piece)) for piece in pieces)


def _latex_character(character: str) -> str:
    if known := _LATEX.get(character):
        return known
    if unicodedata.category(character) in ("Cc", "Cf"):  # shows nothing
        return ""
    if character.isascii():
        return character
    written: str = _BEYOND.unicode_to_latex(character)
    is_cyrillic = unicodedata.name(character, "").startswith("CYRILLIC")  # another encoding
    if is_cyrillic or _OF_OTHER_PACKAGES.search(written):
        return rf"\ensuremath{{\langle}}\texttt{{U+{ord(character):04X}}}\ensuremath{{\rangle}}"
    return rf"\ensuremath{{{written}}}" if _OF_MATHEMATICS.match(written) else written
