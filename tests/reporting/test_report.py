"""The report as files: complete, self-contained, safe, and true to its tables."""

import base64
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ablate.analysis.findings import analyse
from ablate.reporting import formatting, report
from ablate.reporting.picture import Picture
from ablate.reporting.picture_folder import write_pictures
from ablate.reporting.report import make_page, write_report
from ablate.study.schema import MoreStable
from tests.analysis.evidence import WIDTH, arm, plan_of, records_of
from tests.reporting.factory import make_findings, make_verdict

GOLDEN = Path(__file__).with_name("golden_report.md")
PROVENANCE = {
    "versions.python": "3.12.1",
    "versions.torch": "2.15.0",
    "processor": "one of 2 cores",
    "data_digest": "abc123",
}
ATTACK = "<script>alert('x')</script><img src=https://example.org/x.png>"


@pytest.fixture(autouse=True)
def plain_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "answer", lambda findings: _answer(findings))


def _answer(findings) -> str:  # type: ignore[no-untyped-def]
    effect = findings.effects.iloc[0]
    difference = formatting.estimate(effect["estimate"], effect["low"], effect["high"], "points")
    return f"{effect['arm']} differs from {effect['reference']} by {difference}."


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    findings = make_findings(verdicts=(make_verdict(), make_verdict(says=ATTACK, note=ATTACK)))
    findings.warnings = (ATTACK, "2 trials are missing.")
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "answer", _answer)
        write_report(findings, folder, {**PROVENANCE, "host": ATTACK})
    return folder


class _References(HTMLParser):
    """Collects tags, and every attribute that could load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data", "poster"):
                self.addresses.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def test_the_page_refers_to_nothing_outside_itself(full: Path) -> None:
    text = (full / "report.html").read_text()
    page = _References()
    page.feed(text)
    assert page.addresses
    assert all(address.startswith(("data:image/", "#")) for address in page.addresses)
    assert page.handlers == []
    assert page.tags.isdisjoint({"script", "link", "iframe", "object", "embed", "base"})
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style and "@import" not in style


def test_text_of_a_study_is_escaped_in_page_and_markdown(full: Path) -> None:
    assert "<script" not in (full / "report.html").read_text()
    assert "&lt;script&gt;" in (full / "report.html").read_text()
    assert "<script" not in (full / "report.md").read_text()


def test_every_inlined_picture_is_the_file_beside_it(full: Path) -> None:
    text = (full / "report.html").read_text()
    inlined = [
        base64.b64decode(data) for data in re.findall(r"data:image/svg\+xml;base64,([^\"]+)", text)
    ]
    files = [path.read_bytes() for path in (full / "figures").glob("*.svg")]
    assert sorted(inlined) == sorted(files)
    assert {path.stem for path in (full / "figures").glob("*.png")} == {
        "forest",
        "strip",
        "curves_accuracy",
        "curves_loss",
        "cost",
    }


def test_on_a_narrow_screen_a_figure_keeps_its_size_and_scrolls_by_itself(full: Path) -> None:
    text = (full / "report.html").read_text()
    assert text.count("<img ") == text.count('<div class="scroll"><img ') > 0
    assert "@media screen and (max-width: 46rem) { figure img { max-width: 44rem; } }" in text


def test_every_table_is_exported_in_both_forms(full: Path) -> None:
    names = {"verdicts", "ablation", "arms", "effects", "trials", "provenance"}
    assert {path.stem for path in (full / "tables").glob("*.csv")} == names
    assert {path.stem for path in (full / "tables").glob("*.tex")} == names | {"numbers"}


def test_every_number_of_the_text_is_in_an_exported_table(full: Path) -> None:
    text = (full / "report.md").read_text()
    findings_part = text[: text.index("## Figures")].replace("95 %", "")
    exported = _exported_numbers(full / "tables")
    written = re.findall(r"[−-]?\d+\.\d+", findings_part)
    assert len(written) > 30
    for token in written:
        decimals = len(token.partition(".")[2])
        value = float(token.replace("−", "-"))
        assert np.isclose(np.round(exported, decimals), value, atol=1e-9).any(), token


def _exported_numbers(folder: Path) -> np.ndarray:
    columns = [
        pd.to_numeric(column, errors="coerce").dropna().to_numpy(dtype=float)
        for path in folder.glob("*.csv")
        for _, column in pd.read_csv(path).items()
    ]
    return np.concatenate(columns)


def test_the_small_golden_report(tmp_path: Path) -> None:
    """Set ABLATE_ACCEPT_GOLDEN=1 to accept the report as it is now; read the difference first."""
    findings = make_findings(
        {
            "strided_conv": {"architecture.downsampling": "strided_conv"},
            "batch_norm": {"normalization": "with"},
        },
        seeds=3,
        without_result=("batch_norm",),
        verdicts=(make_verdict(n=3),),
    )
    findings.warnings = ("batch_norm has no result: 3 of 3 trials are missing.",)
    write_report(findings, tmp_path, PROVENANCE)
    text = (tmp_path / "report.md").read_text()
    if os.environ.get("ABLATE_ACCEPT_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_findings_without_any_result_still_make_a_report(tmp_path: Path) -> None:
    findings = make_findings(without_result=("baseline", "strided_conv"))
    path = write_report(findings, tmp_path, {})
    assert path == tmp_path / "report.html"
    assert "No trial has a result." in path.read_text()
    assert not re.search(r"\bnan\b", path.read_text(), flags=re.IGNORECASE)
    assert not re.search(r"\bnan\b", (tmp_path / "report.md").read_text(), flags=re.IGNORECASE)


def test_a_report_of_one_arm_has_no_effects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "answer", lambda findings: "There is one arm.")
    monkeypatch.setattr(report, "pictures", lambda findings: ())
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "effects.tex").write_text("of a report before")
    findings = make_findings()
    findings.plan.arms = findings.plan.arms[:1]
    findings.arms, findings.effects = findings.arms[:1], findings.effects[:0]
    findings.trials = findings.trials[findings.trials["arm"] == "baseline"]
    write_report(findings, tmp_path, {})
    assert "## Effects" not in (tmp_path / "report.md").read_text()
    assert 'href="#effects"' not in (tmp_path / "report.html").read_text()
    assert not (tmp_path / "tables" / "effects.tex").exists()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("filter_size", "Filter size"),
        ("GPU-runs", "GPU-runs"),
        ("β_{x}", "β_{x}"),
        ("my study", "My study"),
    ],
)
def test_the_title_is_the_studys_name_and_that_of_a_file_in_words(name: str, title: str) -> None:
    findings = make_findings()
    findings.plan.study.name = name
    assert make_page(findings, {}).title == title


def test_the_navigation_leads_to_every_section(tmp_path: Path) -> None:
    changes = {"batch_norm": {"normalization": "with"}}
    findings = make_findings(changes, contexts=("good", "simple"), verdicts=(make_verdict(),))
    write_report(findings, tmp_path, {})
    text = (tmp_path / "report.html").read_text()
    sections = re.findall(r'<section id="([^"]+)"', text)
    assert "contexts" in sections
    assert re.findall(r'href="#([^"]+)"', text) == sections


def test_on_a_narrow_screen_a_claim_is_a_card_that_names_what_its_header_did(full: Path) -> None:
    text = (full / "report.html").read_text()
    verdicts = text[text.index('<section id="verdicts">') :].partition("</section>")[0]
    assert 'class="scroll lead one-verdict"' in verdicts
    assert re.findall(r'data-title="([^"]+)"', verdicts)[:7] == [
        "Claim", "Published", "Measured", "Verdict", "Seeds", "p (adjusted)", "Core-hours",
    ]  # fmt: skip
    assert text.count('data-title="') == verdicts.count('data-title="')


def test_the_baselines_long_words_break(full: Path) -> None:
    (rule,) = re.findall(r"^\.caption \{([^}]+)\}", (full / "report.html").read_text(), re.M)
    assert "overflow-wrap: anywhere" in rule


def test_one_seed_has_no_interval_and_no_nan(tmp_path: Path) -> None:
    write_report(make_findings(seeds=1), tmp_path, {})
    text = (tmp_path / "report.md").read_text()
    assert "| strided_conv | **strided_conv** | 78.38 | 1 | −1.10 |" in text
    assert not re.search(r"\bnan\b", text, flags=re.IGNORECASE)


def test_a_study_that_looks_repeatedly_says_what_its_intervals_are(tmp_path: Path) -> None:
    findings = make_findings()
    findings.plan.study.max_seeds = 8
    write_report(findings, tmp_path, {})
    text = (tmp_path / "report.md").read_text()
    assert "Intervals hold at all looks together, of at most 8 seeds" in text
    assert "looked at after every seed from the third, up to 8" in text
    assert "Looking took 10 trials where 8 seeds of every arm would have taken 16." in text
    assert "adjusted by Holm's method" not in text
    assert "given up" not in text
    findings.plan.study.stop_futile = True
    write_report(findings, tmp_path, {})
    assert (
        "From 6 seeds on, a claim was given up where going on alike would have settled it by 8 "
        "seeds with a chance of less than 10 %."
    ) in (tmp_path / "report.md").read_text()


def test_a_claim_that_is_looked_at_once_is_excepted_from_repeated_intervals() -> None:
    stabler = MoreStable(says="Wide is stabler.", stable=arm(width="wide"), unstable=arm())
    plan = plan_of(WIDTH, seeds=10, max_seeds=10, claims=(stabler,))
    values = {
        "baseline": [80.0 + 3 * (-1) ** seed + 0.2 * seed for seed in range(10)],
        "wide": [81.0 + 0.1 * seed for seed in range(10)],
    }
    page = make_page(analyse(plan, records_of(plan, values)), {})
    excepted = "Spread is looked at once, at 10 seeds: of 'Wide is stabler.' the interval is "
    assert any(sentence.startswith(excepted) for sentence in page.method)
    (growth,) = (picture for picture in page.pictures if picture.name == "growth")
    assert excepted in growth.caption


def test_the_method_says_what_decides_and_what_adding_seeds_would_be() -> None:
    second_look = "Seeds added because a claim is undecided are a second look, "
    for seeds_needed, told in ((12, True), (None, False)):
        verdict = make_verdict(verdict="undecided", seeds_needed=seeds_needed)
        method = report.make_page(make_findings(verdicts=(verdict,)), {}).method
        assert any(text.startswith("A claim is decided by its own interval ") for text in method)
        assert any(text.startswith(second_look) for text in method) == told
    method = report.make_page(make_findings(), {}).method
    counts = "A difference counts when its whole interval lies beyond 0.5 points, the smallest "
    assert any(text.startswith(counts) for text in method)


def test_the_method_says_what_an_early_look_is_worth() -> None:
    for early in (True, False):
        verdict = make_verdict(early=early)
        method = report.make_page(make_findings(verdicts=(verdict,)), {}).method
        told = "A verdict whose trials are not all recorded is an early look. "
        assert any(text.startswith(told) for text in method) == early


def test_the_method_speaks_of_pairs_only_where_there_are_some(tmp_path: Path) -> None:
    findings = make_findings()
    findings.effects["method"] = "welch"
    write_report(findings, tmp_path, {})
    text = (tmp_path / "report.md").read_text()
    assert "differences between means, judged by Welch's test." in text
    assert "95 % t intervals by Welch's test of differences between means, each for itself" in text
    assert "paired by seed: a seed fixes" not in text
    assert "of the paired differences" not in text


CHANCE = "A diverged trial is kept and counted at chance level."
OUTSIDE = "A diverged trial is kept and counted as a failure rate, outside the means."
UNKNOWN = (
    "A diverged trial of which no chance level is known is kept and counted as a failure rate, "
    "outside the means."
)
LOWERS = "A failed or missing trial lowers n."


@pytest.mark.parametrize(
    ("counted", "status", "values", "said"),
    [
        ("chance", "completed", [79.0], []),
        ("chance", "diverged", [10.0], [CHANCE]),
        ("chance", "diverged", [np.nan], [UNKNOWN]),
        ("chance", "diverged", [10.0, np.nan], [CHANCE, UNKNOWN]),
        ("failure_rate", "diverged", [np.nan], [OUTSIDE]),
        ("chance", "failed", [np.nan], [LOWERS]),
        ("chance", "missing", [np.nan], [LOWERS]),
    ],
)
def test_the_method_says_what_was_done_to_trials_that_did_not_complete(
    counted: str, status: str, values: list[float], said: list[str]
) -> None:
    findings = make_findings()
    findings.plan.study.diverged = counted
    for place, value in enumerate(values):
        findings.trials.loc[place, ["status", "test_accuracy"]] = [status, value]
    method = report.make_page(findings, {}).method
    assert [text for text in method if " trial " in text] == said


def test_trials_that_no_open_claim_wanted_were_not_taken(tmp_path: Path) -> None:
    findings = make_findings()
    findings.plan.study.max_seeds = 8
    trials = findings.trials
    settled = (trials["arm"] != "baseline") & (trials["seed"] > 2)
    trials["status"] = trials["status"].mask(settled, "missing")
    trials["hash"] = trials["hash"].mask(trials["seed"] == 0, "shared")
    write_report(findings, tmp_path, {})
    text = (tmp_path / "report.md").read_text()
    assert "Looking took 7 trials where 8 seeds of every arm would have taken 8." in text


def test_a_study_that_is_looked_at_once_counts_no_looks(full: Path) -> None:
    assert "Looking took" not in (full / "report.md").read_text()


def test_a_second_report_replaces_the_first_and_leaves_no_scraps(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "forest_gone.png").write_bytes(b"old")
    (tmp_path / "figures" / "notes.txt").write_text("mine")
    findings = make_findings(without_result=("baseline", "strided_conv"))
    for _ in range(2):
        write_report(findings, tmp_path, {})
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["notes.txt"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "figures",
        "tables",
        "report.md",
        "report.html",
    }


class TestPicturesThatLieInTheFolder:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "visualization").mkdir()
        picture = Picture("a) b", ATTACK, "What it sees.", {"png": b"png", "svg": b"<svg/>"})
        write_pictures([picture], tmp_path / "visualization")
        nothing = make_findings(without_result=("baseline", "strided_conv"))
        write_report(nothing, tmp_path, {})
        return tmp_path

    def test_they_are_inlined_in_the_page(self, folder: Path) -> None:
        text = (folder / "report.html").read_text()
        assert '<a href="#seen">What the networks see</a>' in text
        section = text[text.index('<section id="seen">') :].partition("</section>")[0]
        data = base64.b64encode(b"<svg/>").decode()
        assert f'src="data:image/svg+xml;base64,{data}"' in section
        assert "<figcaption>What it sees.</figcaption>" in section
        assert "<script" not in text

    def test_they_are_linked_from_the_markdown(self, folder: Path) -> None:
        text = (folder / "report.md").read_text()
        section = text[text.index("## What the networks see") : text.index("## How to read")]
        assert "](visualization/a%29%20b.png)\n\nWhat it sees.\n" in section
        assert "<script" not in section

    def test_they_stay_where_they_are(self, folder: Path) -> None:
        assert {path.suffix for path in (folder / "visualization").iterdir()} == {
            ".png", ".svg", ".json",
        }  # fmt: skip


def test_without_such_pictures_the_report_says_nothing_of_them(full: Path) -> None:
    for name in ("report.md", "report.html"):
        assert "What the networks see" not in (full / name).read_text()
