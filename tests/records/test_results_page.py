"""docs/results_from_elsewhere.md does what it says."""

import itertools
import re
from pathlib import Path

import pytest

from ablate.errors import RecordError
from ablate.records.results_table import Results, read_results
from ablate.study.loading import load_study

PAGE = Path(__file__).parents[2] / "docs" / "results_from_elsewhere.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
(STUDY,) = (text for kind, text in BLOCKS if kind == "yaml")
DATA = [(kind, text) for kind, text in BLOCKS if kind in ("csv", "text")]
PAIRS = list(itertools.pairwise([*DATA, ("", "")]))
REFUSED = [(table, message) for (_, table), (kind, message) in PAIRS if kind == "text"]
READ = [table for (kind, table), (after, _) in PAIRS if kind == "csv" and after != "text"]


def read(table: str) -> Results:
    Path("study.yaml").write_text(STUDY, encoding="utf-8")
    Path("results.csv").write_text(table, encoding="utf-8")
    return read_results(Path("results.csv"), load_study("study.yaml"))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_page_shows_five_tables_and_two_mistaken_ones():
    assert (len(READ), len(REFUSED)) == (5, 2)


@pytest.mark.parametrize("table", READ)
def test_every_table_shown_tells_the_same_of_the_trials_that_it_holds(table: str):
    whole, results = read(READ[0]), read(table)
    accuracies = {
        hash_: record.metrics["accuracy"]
        for hash_, record in results.records.items()
        if record.status == "completed"
    }
    assert len(accuracies) >= 4
    assert accuracies == {hash_: whole.records[hash_].metrics["accuracy"] for hash_ in accuracies}


@pytest.mark.parametrize(("table", "message"), REFUSED)
def test_every_mistaken_table_is_refused_as_shown(table: str, message: str):
    with pytest.raises(RecordError) as caught:
        read(table)
    assert f"{caught.value}\n" == message
