import hashlib
import importlib
import linecache
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ablate.errors import AblateError, SettingsError
from ablate.function_workload import FunctionWorkload
from ablate.workload import Resources, load_workload
from tests.tuning import trivial

NAME = "tests.tuning.trivial:train"


def test_its_version_is_the_digest_of_its_modules_source():
    source = Path(trivial.__file__).read_bytes()
    workload = load_workload(NAME)
    assert workload.name == NAME
    assert workload.version == hashlib.sha256(source).hexdigest()[:12]


WRAPPED = {
    "a decorator": "from my_helper import traced\n\n@traced\n",
    "a decorator that keeps the name": "from my_helper import traced_by_name\n\n@traced_by_name\n",
    "a partial": "import functools\n\n",
}
HELPER = """\
import functools

def traced(function):
    def inner(settings, seed):
        yield from function(settings, seed)
    return inner

def traced_by_name(function):
    return functools.wraps(function)(traced(function))
"""


@pytest.fixture
def version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], str]]:
    """The version of the workload my_training:train, whose module is written as told."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_helper.py").write_text(HELPER)

    def of(source: str) -> str:
        forget("my_training")
        (tmp_path / "my_training.py").write_text(source)
        linecache.checkcache()
        importlib.invalidate_caches()
        return load_workload("my_training:train").version

    yield of
    forget("my_training", "my_helper")


def forget(*modules: str) -> None:
    for name in modules:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("how", WRAPPED)
def test_editing_the_named_module_starts_anew_whatever_wraps_the_function(
    version: Callable[[str], str], how: str
):
    function = "def {}(settings, seed):\n    yield {{'loss': {}}}\n"
    name, end = ("_t", "train = functools.partial(_t)\n") if how == "a partial" else ("train", "")
    before = version(WRAPPED[how] + function.format(name, 0.5) + end)
    assert version(WRAPPED[how] + function.format(name, 0.25) + end) != before
    assert version(WRAPPED[how] + function.format(name, 0.5) + end) == before


def test_what_a_process_has_imported_keeps_its_version_however_the_file_is_edited(
    version: Callable[[str], str], tmp_path: Path
):
    """A search or a run of several steps would mix two, of which this process knows one."""
    source = "def train(settings, seed):\n    yield {'loss': 0.5}\n"
    before = version(source)
    (tmp_path / "my_training.py").write_text(source.replace("0.5", "0.25"))
    linecache.checkcache()
    assert load_workload("my_training:train").version == before
    assert version(source.replace("0.5", "0.25")) != before


def test_a_module_in_an_archive_has_a_version_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    archive = tmp_path / "lib.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("my_zipped.py", "import json\ndef train(settings, seed):\n    yield {}\n")
    monkeypatch.syspath_prepend(archive)
    assert load_workload("my_zipped:train").version
    forget("my_zipped")


def test_editing_the_module_of_a_function_that_another_passes_on_starts_anew(
    version: Callable[[str], str], tmp_path: Path
):
    passed_on = "import functools\nimport my_helper\ntrain = functools.partial(my_helper.traced)\n"
    before = version(passed_on)
    forget("my_helper")
    (tmp_path / "my_helper.py").write_text(HELPER + "# a word more\n")
    assert version(passed_on) != before


def test_editing_what_the_module_imports_from_beside_it_starts_anew(
    version: Callable[[str], str], tmp_path: Path
):
    source = "def train(settings, seed):\n    import my_helper\n    yield {'loss': 0.5}\n"
    before = version(source)
    assert version(source) == before
    (tmp_path / "my_helper.py").write_text(HELPER + "# a word more\n")
    assert version(source) != before


def test_dotted_keys_become_nested_settings():
    workload = load_workload(NAME)
    settings = {"net.width": 3, "net": {"depth": 2}, "rates": [0.1], "a.b.c": None}
    resolved = workload.resolve(settings)
    assert resolved == {
        "net": {"width": 3, "depth": 2},
        "rates": [0.1],
        "a": {"b": {"c": None}},
    }
    assert workload.identity(resolved) == workload.canonical(resolved) == resolved
    assert workload.resolve(resolved) == resolved


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"net": 3, "net.width": 2}, "net.width: 'net' is a value, and so has no keys"),
        ({"net.width": 2, "net": 3}, "net: 'net' has keys, and so is no value"),
    ],
)
def test_a_key_cannot_be_value_and_section(settings: dict, message: str):
    with pytest.raises(SettingsError) as caught:
        load_workload(NAME).resolve(settings)
    assert str(caught.value) == message


def test_it_yields_what_the_function_yields():
    rows = list(load_workload(NAME).run({"epochs": 1}, 4, Resources(), {}))
    assert rows[0] == {"epoch": 1, "validation_accuracy": 55.0, "flops": 10.0}
    assert rows[-1]["test_accuracy"] == 64.0


def test_a_function_that_returns_its_metrics_is_told_to_yield_them():
    def returning(settings, seed):
        return {"test_accuracy": 80.0}

    workload = FunctionWorkload("here:returning", returning)
    with pytest.raises(TypeError, match="is to yield dictionaries of metrics, and returns"):
        workload.run({}, 5, Resources(), {})


def test_the_function_cannot_change_the_studys_settings():
    def careless(settings, seed):
        settings["net"]["width"] = seed
        yield {"loss": 0.0}

    settings = {"net": {"width": 1}}
    list(FunctionWorkload("here:careless", careless).run(settings, 5, Resources(), {}))
    assert settings == {"net": {"width": 1}}


def test_it_asks_for_no_data_and_states_no_metrics():
    workload = load_workload(NAME)
    assert (workload.data_needed({}), dict(workload.metrics), workload.training_flops({})) == (
        (),
        {},
        0.0,
    )
    assert workload.device_check(Resources(gpus=2)) is None
    with pytest.raises(AblateError) as caught:
        workload.load_data("cifar10", None)
    assert str(caught.value) == f"workload '{NAME}' loads its data itself"


def test_a_file_in_the_current_directory_is_found(tmp_path: Path):
    source = "def train(settings, seed):\n    yield {'loss': 0.0}\n"
    (tmp_path / "my_training.py").write_text(source)
    script = (
        "import sys; sys.path = [entry for entry in sys.path if entry]\n"
        "from ablate.workload import load_workload\n"
        "print(load_workload('my_training:train').version)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert len(done.stdout.strip()) == 12


def test_what_has_no_source_cannot_be_a_workload():
    with pytest.raises(AblateError) as caught:
        load_workload("math:sqrt")
    message = "workload 'math:sqrt': has no source to name its version by"
    assert str(caught.value).startswith(message)
    with pytest.raises(AblateError) as caught:
        load_workload("math:pi")
    assert str(caught.value) == "workload 'math:pi' is no function but a float"
