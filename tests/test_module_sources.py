"""What a module imports from beside itself."""

import json
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


LAB_AND_LIBRARY = {
    "lab/train.py": "import numpy\nimport lab.net",
    "lab/net.py": "",
    "numpy/__init__.py": "",
}


@pytest.mark.parametrize(
    "folder", [".local/lib/python3.11/site-packages", "usr/lib/python3/dist-packages"]
)
def test_of_an_installed_module_its_package_alone(found, tmp_path: Path, folder: str):
    """Of a user, of the system, or of any environment, whichever interpreter runs."""
    assert found(LAB_AND_LIBRARY, tmp_path / folder) == {"lab.net"}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("lab/__init__.py,,\nlab/train.py,sha256=abc,40\nlab/net.py,,\n", {"lab.net"}),
        ("numpy/__init__.py,,\nmylab/train.py,,\n", {"lab.net", "numpy"}),
    ],
)
def test_what_pip_put_into_a_folder_is_told_from_a_users_own_files(
    found, tmp_path: Path, record: str, expected: set[str]
):
    files = LAB_AND_LIBRARY | {"lab-1.dist-info/RECORD": record}
    assert found(files, tmp_path / "libraries") == expected


def test_a_module_of_the_standard_library_is_an_installed_one():
    own = Path(json.__file__)
    assert set(sources_beside("json", own)) == {"json.decoder", "json.scanner", "json.encoder"}


def test_a_module_that_cannot_be_read_imports_nothing(found):
    files = {"train.py": "import broken", "broken.py": "import (", "other.py": ""}
    assert found(files) == {"broken"}
