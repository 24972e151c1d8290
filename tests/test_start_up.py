"""The command line answers at once: what a command does not need is not imported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.reporting.search_factory import make_search, write_search_folder

SLOW_TO_IMPORT = {
    "torch",
    "torchvision",
    "ray",
    "pandas",
    "scipy",
    "matplotlib",
    "seaborn",
    "optuna",
}

STUDY = """
question: Which rate is best?
baseline: {preset: good_model, data.dataset: digits}
factors: {architecture.downsampling: [max_pool, strided_conv]}
"""
PROGRAM = """
import json, sys
from typer.testing import CliRunner
from ablate.cli import app
result = CliRunner().invoke(app, sys.argv[1:])
roots = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps([result.exit_code, roots]))
"""


def imported_by(*arguments: str) -> set[str]:
    """Root modules in memory after the command, in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    exit_code, roots = json.loads(done.stdout)
    assert exit_code == 0, done.stderr
    return set(roots)


@pytest.mark.parametrize(
    "command",
    [
        (), ("run",), ("plan",), ("search",), ("report",), ("model",), ("compare",),
        ("visualize", "filters"),
    ],
)  # fmt: skip
def test_help_imports_nothing_slow(command: tuple[str, ...]) -> None:
    assert imported_by(*command, "--help") & SLOW_TO_IMPORT == set()


def test_planning_imports_neither_torch_nor_ray_nor_pandas() -> None:
    assert imported_by("plan", "studies/smoke.yaml") & SLOW_TO_IMPORT == set()


def test_the_report_of_a_search_imports_neither_torch_nor_ray(tmp_path: Path) -> None:
    space, results, _ = make_search(arms=("baseline",), points=3)
    write_search_folder(tmp_path, STUDY, space, results)
    assert imported_by("report", str(tmp_path)) & {"torch", "torchvision", "ray"} == set()
    assert (tmp_path / "report.html").is_file()


def test_showing_a_network_imports_neither_torch_nor_ray() -> None:
    assert imported_by("model", "good_model") & SLOW_TO_IMPORT == set()
