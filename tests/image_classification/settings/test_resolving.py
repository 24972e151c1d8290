"""From what a study says to complete settings."""

import re
import subprocess
import sys

import pytest

from ablate.errors import SettingsError
from ablate.image_classification.data.sources import DATASETS
from ablate.image_classification.settings.resolving import resolve
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


def test_what_is_added_for_the_hash_is_no_setting() -> None:
    known = DATASETS["digits"].digest
    assert resolve({"data.dataset": "digits", "data.digest": known})["data"]["dataset"] == "digits"
    for key, value in (("data.channels", 1), ("architecture.weights_digest", "f37072fd")):
        with pytest.raises(SettingsError, match=re.escape(key)):
            resolve({"data.dataset": "digits", key: value})
    with pytest.raises(SettingsError) as caught:
        resolve({"data.dataset": "digits", "data.digest": "deadbeef"})
    assert str(caught.value) == (
        f"data.digest: digits is {known} here, not 'deadbeef'\n    leave it out: it is no setting"
    )
