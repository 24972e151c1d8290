"""What a module imports from beside itself."""

import sysconfig
from pathlib import Path

import pytest

from ablate.module_sources import sources_beside


@pytest.fixture
def found(tmp_path: Path):
    """Names of what the first of some files, told by path and source, imports from beside it."""

    def names(files: dict[str, str], root: Path = tmp_path) -> set[str]:
        for name, source in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        first = next(iter(files))
        module = first.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return set(sources_beside(module, root / first))

    return names


@pytest.mark.parametrize(
    "line",
    [
        "import model",
        "import model as network",
        "from model import Net",
        "def train(settings, seed):\n    from model import Net",
        "try:\n    import faster\nexcept ImportError:\n    import model",
    ],
)
def test_a_module_in_the_same_folder_is_one_however_it_is_imported(found, line: str):
    assert found({"train.py": line, "model.py": "", "other.py": ""}) == {"model"}


def test_what_is_imported_by_others_is_among_them_and_circles_end(found):
    files = {"train.py": "import a", "a.py": "import b", "b.py": "import a\nimport train"}
    assert found(files) == {"a", "b"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("from . import net", {"net"}),
        ("from .net import Net", {"net"}),
        ("from .parts import layer", {"parts", "parts.layer"}),
        ("import lab.parts.layer", {"parts", "parts.layer"}),
        ("from lab import net", {"net"}),
    ],
)
def test_packages_are_followed(found, line: str, expected: set[str]):
    files = {
        "lab/train.py": line,
        "lab/__init__.py": "",
        "lab/net.py": "",
        "lab/parts/__init__.py": "",
        "lab/parts/layer.py": "",
        "lab/parts/unused.py": "",
    }
    assert found(files) == {"lab", *(f"lab.{name}" for name in expected)}


def test_relative_imports_reach_up(found):
    files = {
        "lab/parts/__init__.py": "from ..net import Net\nfrom .layer import Layer",
        "lab/parts/layer.py": "",
        "lab/net.py": "",
    }
    assert found(files) == {"lab.parts.layer", "lab.net"}


def test_what_lies_elsewhere_is_none_of_it(found):
    files = {"train.py": "import json\nimport torch\nfrom ablate.errors import DivergedError"}
    files["ablate/__init__.py"] = files["ablate/errors.py"] = ""
    assert found(files) == set()


def test_of_an_installed_module_its_package_alone(
    found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ablate.module_sources._INSTALLED", {tmp_path})
    files = {
        "lab/train.py": "import numpy\nimport lab.net",
        "lab/net.py": "",
        "numpy/__init__.py": "",
    }
    assert found(files) == {"lab.net"}


def test_a_module_that_cannot_be_read_imports_nothing(found):
    files = {"train.py": "import broken", "broken.py": "import (", "other.py": ""}
    assert found(files) == {"broken"}


def test_installed_packages_are_known_by_their_folder():
    from ablate import module_sources

    assert Path(sysconfig.get_path("purelib")) in module_sources._INSTALLED
