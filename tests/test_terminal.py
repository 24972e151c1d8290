"""What is said on the terminal stands there as it was given."""

import pytest

from ablate.terminal import say, show, show_table


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
