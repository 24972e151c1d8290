"""LaTeX shows text as it stands, without packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablate.reporting.latex_text import latex_numbers, latex_text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"a_b & 5 % #1 $x$ {y} ^ ~ \ `t`", r"a\_b \& 5 \% \#1 \$x\$ \{y\} \textasciicircum{} "
         r"\textasciitilde{} \textbackslash{} \textasciigrave{}t\textasciigrave{}"),
        ("a|b < c", r"a\textbar{}b \ensuremath{<} c"),
        ("λ → ∞, β₂", r"{\ensuremath{\lambda}} \ensuremath{\rightarrow} {\ensuremath{\infty}}, "
         r"{\ensuremath{\beta}}{\ensuremath{_2}}"),
        ("Café e\u0301", r"Caf{\'e} {\'e}"),
        ("--fast ---x a-b", "-{}-fast -{}-{}-x a-b"),
        ("名 й", r"\ensuremath{\langle}\texttt{U+540D}\ensuremath{\rangle} "
         r"\ensuremath{\langle}\texttt{U+0439}\ensuremath{\rangle}"),
        ("„ja“ «si»", r",,ja{\textquotedblleft} \ensuremath{\ll}si\ensuremath{\gg}"),
        ("top\u20115", "top-5"),
        ("đą", r"\ensuremath{\langle}\texttt{U+0111}\ensuremath{\rangle}"
         r"\ensuremath{\langle}\texttt{U+0105}\ensuremath{\rangle}"),
        ("θ ℜ", r"{\ensuremath{\theta}} {\ensuremath{\mathfrak{R}}}"),
        ("∬ ⅓", r"\ensuremath{\langle}\texttt{U+222C}\ensuremath{\rangle} "
         r"\ensuremath{\langle}\texttt{U+2153}\ensuremath{\rangle}"),
        ("ɛ ♯", r"\ensuremath{{\varepsilon}} \ensuremath{{\sharp}}"),
        ("a\u200bb\x7f\n c", "ab c"),
        ("rate 1e8", "rate 1e8"),
    ],
)  # fmt: skip
def test_latex_text_is_set_as_it_stands(text: str, written: str) -> None:
    assert latex_text(text) == written
    assert written.isascii()


@given(st.text())
def test_latex_text_is_ascii_with_its_braces_closed(text: str) -> None:
    written = latex_text(text)
    assert written.isascii()
    bare = written.replace(r"\{", "").replace(r"\}", "")
    assert bare.count("{") == bare.count("}")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("−1.70e12 Pa [−1.76e12, 2.00e−9]", r"\ensuremath{-1.70\times 10^{12}} Pa "
         r"[\ensuremath{-1.76\times 10^{12}}, \ensuremath{2.00\times 10^{-9}}]"),
        ("rate1e8 x1.5e8y −0.5 3", r"rate1e8 x1.5e8y \ensuremath{-}0.5 3"),
    ],
)  # fmt: skip
def test_latex_numbers_with_a_power_of_ten_are_set_as_such(text: str, written: str) -> None:
    assert latex_numbers(text) == written
