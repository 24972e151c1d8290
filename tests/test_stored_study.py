from pathlib import Path
from typing import Any

import pytest

from ablate.stored_study import folder_for


class TestFolderFor:
    @pytest.mark.parametrize(
        ("given", "folder"),
        [
            ({}, "runs/pooling"),
            ({"dataset": "digits"}, "runs/pooling-digits"),
            ({"dataset": "org/name"}, "runs/pooling-org_name"),
            ({"dataset": "../../other"}, "runs/pooling-.._.._other"),
            ({"out": Path("elsewhere")}, "elsewhere"),
            ({"dataset": "digits", "out": Path("elsewhere")}, "elsewhere"),
        ],
    )
    def test_a_run_is_named_for_its_study_and_data_unless_told(
        self, given: dict[str, Any], folder: str
    ):
        assert folder_for(Path("studies/pooling.yaml"), **given) == Path(folder)
