"""What is said on the terminal stands there as it was given."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ablate.terminal import say, show, show_table, write_whatever_can_be_written

STUDY = """\
question: Is a bias of −0.5 worse than 2×0.5?
workload: external
baseline: {bias: 1}
factors: {bias: [1, −0.5]}
metric: accuracy
seeds: 0-1
"""


def test_colons_around_a_word_make_no_picture(capsys: pytest.CaptureFixture[str]) -> None:
    show("Does :fire: matter at 12:100:30?")
    say("mytrain:train:x")
    show_table(("arm",), [(":fire:",)])
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "Does :fire: matter at 12:100:30?"
    assert ":fire:" in out.splitlines()[-1]
    assert err == "mytrain:train:x\n"


def test_a_file_gets_lines_that_are_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("arm", "question"), [("a", "b " * 60)])
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize(
    ("encoding", "question", "arm"),
    [
        ("ascii", "Is a bias of -0.5 worse than 2?0.5?", "bias=-0.5"),
        ("iso8859-1", "Is a bias of -0.5 worse than 2×0.5?", "bias=-0.5"),
        ("utf-8", "Is a bias of −0.5 worse than 2×0.5?", "bias=−0.5"),
    ],
)
def test_signs_that_a_terminal_lacks_stop_no_command(
    tmp_path: Path, encoding: str, question: str, arm: str
) -> None:
    (tmp_path / "bias.yaml").write_text(STUDY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ablate", "plan", str(tmp_path / "bias.yaml")],
        capture_output=True,
        encoding=encoding,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == question
    assert done.stdout.splitlines()[3].split()[0] == arm


def test_a_stream_of_another_kind_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a notebook, or without any terminal."""
    for stream in (io.StringIO(), None):
        monkeypatch.setattr(sys, "stdout", stream)
        write_whatever_can_be_written()
        assert sys.stdout is stream


def test_what_a_user_chose_for_signs_that_are_lacking_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="namereplace")
    monkeypatch.setattr(sys, "stdout", stream)
    write_whatever_can_be_written()
    assert stream.errors == "namereplace"
