"""What `module:function` leads to, and what is said when it leads nowhere."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ablate.errors import AblateError
from ablate.named_function import named_function

WHAT_IT_MUST = (
    "It must name an importable module and a function in it, as in my_package.training:train"
)
Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Refused:
    """The message with which a name is refused, its module my_training being as told."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "my_training", raising=False)

    def message(name: str, source: str = "") -> str:
        (tmp_path / "my_training.py").write_text(source)
        with pytest.raises(AblateError) as caught:
            named_function(name)
        return str(caught.value).replace(f"{tmp_path}/", "")

    return message


@pytest.mark.parametrize("name", [":", ":f", ".x:y", "x:", "a..b:f", "x.:f"])
def test_a_name_without_a_module_or_a_function_is_refused(refused: Refused, name: str) -> None:
    assert refused(name) == (
        f"workload '{name}' cannot be loaded: it has no module and function. {WHAT_IT_MUST}"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_such_module:train", "No module named 'no_such_module'"),
        ("my_training:trian", "module 'my_training' has no attribute 'trian'"),
    ],
)
def test_what_there_is_not_is_named(refused: Refused, name: str, reason: str) -> None:
    assert refused(name) == f"workload '{name}' cannot be loaded: {reason}. {WHAT_IT_MUST}"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (
            "import importlib\n\nimportlib.import_module('no_such_plugin')\n",
            "ModuleNotFoundError: No module named 'no_such_plugin', in my_training.py, line 3",
        ),
        ("rate = 1\ndef train(:\n", "SyntaxError: invalid syntax, in my_training.py, line 2"),
        (
            "rate = 1\n\nint('one')\n",
            "ValueError: invalid literal for int() with base 10: 'one', in my_training.py, line 3",
        ),
        (
            "import no_such_module\n",
            "ModuleNotFoundError: No module named 'no_such_module', in my_training.py, line 1",
        ),
    ],
)
def test_a_module_that_fails_is_named_with_its_error_and_line(
    refused: Refused, source: str, error: str
) -> None:
    assert refused("my_training:train", source) == (
        f"workload 'my_training:train' cannot be loaded: {error}\n    mend it there"
    )


def test_a_module_that_ends_the_program_is_refused_and_ends_nothing(refused: Refused) -> None:
    assert refused("my_training:train", "import sys\nsys.exit(3)\n") == (
        "workload 'my_training:train' cannot be loaded: its module ends the program, with 3, in "
        "my_training.py, line 2\n"
        "    put what runs a program below `if __name__ == '__main__':`"
    )
