"""What a user's `module:function` leads to, and what is said when it leads nowhere."""

import importlib
import sys
import traceback
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, Problem


def named_function(name: str) -> Any:
    """The function of that name, or whatever else bears it; looked for in the current folder too.

    Raises AblateError when there is no such module or nothing of that name in it, and when the
    module fails, or ends the program, where it is imported: that is the user's to cure.
    """
    make_current_directory_importable()
    module, _, attribute = name.partition(":")
    if not attribute or not all(module.split(".")):
        raise _no_function(name, "it has no module and function")
    try:
        return getattr(importlib.import_module(module), attribute)
    except SystemExit as error:
        raise _ends_the_program(name, error) from error
    except Exception as error:
        place = _raised_at(error)
        if place is None:
            raise _no_function(name, str(error)) from error
        raise _fails(name, error, place) from error


def make_current_directory_importable() -> None:
    """As `python -m` does, so that `module:function` finds a file in the current folder."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)


def _no_function(name: str, reason: str) -> AblateError:
    return AblateError(
        f"workload '{name}' cannot be loaded: {reason}. It must name an importable "
        "module and a function in it, as in my_package.training:train"
    )


def _fails(name: str, error: Exception, place: str) -> AblateError:
    said = error.msg if isinstance(error, SyntaxError) else error
    message = f"workload '{name}' cannot be loaded: {type(error).__name__}: {said}, in {place}"
    return AblateError(Problem("", message, "mend it there"))


def _ends_the_program(name: str, error: SystemExit) -> AblateError:
    return AblateError(
        Problem(
            "",
            f"workload '{name}' cannot be loaded: its module ends the program, with "
            f"{error.code!r}, in {_raised_at(error)}",
            "put what runs a program below `if __name__ == '__main__':`",
        )
    )


def _raised_at(error: BaseException) -> str | None:
    """File and line in what is imported; None where the import itself found nothing."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    imports = ("<frozen importlib", importlib.__file__)  # a module may import by name itself
    deepest = [frame for frame in frames if not frame.filename.startswith(imports)][-1]
    if deepest.filename == __file__:
        return None
    return f"{deepest.filename}, line {deepest.lineno}"
