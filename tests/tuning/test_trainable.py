"""What a worker does before its first trial."""

import sys
from pathlib import Path

import pytest

from ablate.tuning.trainable import TrialTrainable


@pytest.mark.parametrize("present", [False, True])
def test_the_drivers_folder_goes_before_that_which_the_worker_was_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, present: bool
):
    drivers, workers = tmp_path / "drivers", tmp_path / "workers"
    for folder in (drivers, workers):
        folder.mkdir()
    monkeypatch.chdir(workers)
    monkeypatch.setattr(sys, "path", [*sys.path, *([str(drivers)] if present else [])])
    monkeypatch.setattr(TrialTrainable, "_begin", lambda self, config: None)
    trainable = TrialTrainable.__new__(TrialTrainable)
    trainable.setup({}, import_paths=[str(drivers), str(tmp_path / "absent")])
    found = [path for path in sys.path if path.startswith(str(tmp_path))]
    assert found == [str(drivers), str(workers)]
