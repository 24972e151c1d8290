"""Studies written for a test, and loaded for the fake workload."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import StudyError
from ablate.study.loading import load_study
from ablate.study.schema import Study
from tests.study.fake_workload import FAKE


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Study]:
    """Writes a text as study.yaml and loads it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text: str, **options: Any) -> Study:
        Path("study.yaml").write_text(text, encoding="utf-8")
        return load_study("study.yaml", **{"workload": FAKE, **options})

    return write_and_load


@pytest.fixture
def refused(load: Callable[..., Study]) -> Callable[..., str]:
    """The whole message with which a study is refused."""

    def message(text: str, **options: Any) -> str:
        with pytest.raises(StudyError) as error:
            load(text, **options)
        return str(error.value)

    return message
