"""From what a study says to complete settings."""

import subprocess
import sys

import pytest

from tests.image_classification.settings.refused import message_of


def test_unknown_preset_and_data_set_name_the_nearest() -> None:
    assert "did you mean 'good_model'?" in message_of({"preset": "godmodel"})
    assert "did you mean 'cifar10'?" in message_of({"data.dataset": "cifar"})


@pytest.mark.parametrize("preset", [["good_model"], {"a": "b"}, []])
def test_a_preset_is_one_name(preset: object) -> None:
    assert message_of({"preset": preset}) == (
        f"preset: must be the name of a preset, not {preset!r}\n"
        "    known are: good_model, goodest_model, resnet18, simple_model"
    )


def test_planning_imports_no_torch() -> None:
    code = (
        "import sys\n"
        "from ablate.image_classification.workload import WORKLOAD\n"
        "for preset in ('good_model', 'resnet18'):\n"
        "    resolved = WORKLOAD.resolve({'preset': preset})\n"
        "    WORKLOAD.training_flops(resolved), WORKLOAD.identity(resolved)\n"
        "    WORKLOAD.canonical(resolved), WORKLOAD.data_needed(resolved)\n"
        "print([m for m in ('torch', 'ray', 'numpy', 'pandas') if m in sys.modules])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.strip() == "[]"
