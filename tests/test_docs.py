"""The documentation names everything there is, and its examples work."""

import os
import re
from pathlib import Path
from typing import get_args

import pytest

from ablate.image_classification.architecture.presets import PRESETS
from ablate.image_classification.metrics import METRICS
from ablate.image_classification.settings.reference import settings_reference
from ablate.study import schema
from ablate.study.designs import DESIGNS
from ablate.study.loading import load_study
from ablate.workload import SHIPPED

ROOT = Path(__file__).parent.parent
STUDIES = (ROOT / "docs" / "studies.md").read_text()
YAML = re.findall(r"```yaml\n(.*?)```", STUDIES, re.DOTALL)
CLAIM_KINDS = {kind.model_fields["kind"].default for kind in get_args(get_args(schema.Claim)[0])}

EVERY_FACTOR = """
question: Do all claims of the page load?
baseline: {preset: good_model, architecture.initialization: framework_default}
factors:
  architecture.normalization: [batch, none]
  architecture.kernel_size: [3, 5]
  architecture.downsampling: [max_pool, average_pool]
  architecture.initialization: [framework_default, xavier_uniform]
  optimizer:
    adam: {training.optimizer: adam, training.learning_rate: 5e-4}
    sgd: {training.optimizer: sgd, training.learning_rate: 5e-2}
design: full_factorial
"""


def load(text: str, folder: Path) -> schema.Study:
    path = folder / "example.yaml"
    path.write_text(text)
    return load_study(path)


def test_the_first_example_is_a_study(tmp_path: Path) -> None:
    study = load(YAML[0], tmp_path)
    assert list(study.factors) == ["downsampling", "optimizer"]


def test_every_kind_of_claim_has_an_example_that_loads(tmp_path: Path) -> None:
    (claims,) = [block for block in YAML if block.startswith("claims:")]
    study = load(EVERY_FACTOR + claims, tmp_path)
    assert {claim.kind for claim in study.claims} == CLAIM_KINDS


@pytest.mark.parametrize("key", sorted(set(schema.Study.model_fields) - {"contexts"}))
def test_every_key_of_a_study_is_explained(key: str) -> None:
    assert f"| `{key}` |" in STUDIES


@pytest.mark.parametrize("word", sorted([*DESIGNS, *SHIPPED]))
def test_every_design_and_workload_is_named(word: str) -> None:
    assert f"`{word}`" in STUDIES


@pytest.mark.parametrize("page", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"])
def test_links_lead_to_files_that_are_there(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


LOOKED_INTO = re.compile(r"ablate visualize (?:filters|activations) ([a-z]\S+)")


@pytest.mark.parametrize(
    "place", [*sorted((ROOT / "docs").glob("*.md")), ROOT / "ablate" / "visualize_commands.py"]
)
def test_networks_that_examples_look_into_are_presets_or_of_runs_that_keep_weights(
    place: Path,
) -> None:
    for network in LOOKED_INTO.findall(place.read_text()):
        if network not in PRESETS:
            run = re.fullmatch(r"runs/(\w+)", network)
            assert run is not None, network
            assert load_study(ROOT / "studies" / f"{run[1]}.yaml").keep_weights, network


def test_there_are_examples_of_networks_that_are_looked_into() -> None:
    assert LOOKED_INTO.search((ROOT / "docs" / "pictures.md").read_text())


def settings_page() -> str:
    """docs/settings.md as the settings are."""
    rows = [f"| `{row.key}` | {_cell(row.value)} | {row.levels} | {row.meaning} |" for row in KEYS]
    set_by = {name: {r.key: r.value for r in settings_reference(name)} for name in PRESETS}
    differing = [
        f"| `{row.key}` | " + " | ".join(_cell(set_by[name][row.key]) for name in PRESETS) + " |"
        for row in KEYS
        if any(set_by[name][row.key] != row.value for name in PRESETS)
    ]
    return "\n".join(
        [
            "# Settings of image classification",
            "",
            "What a study's `baseline`, the levels of its factors, and `--set` may set. "
            "`ablate settings` prints this table, `ablate settings good_model` the values of a "
            "preset, and `ablate model good_model` the network that they make.",
            "",
            "| key | default | may be | what it does |",
            "|---|---|---|---|",
            *rows,
            "",
            "## Presets",
            "",
            "`preset: good_model` fills what a study does not say. Presets against defaults:",
            "",
            f"| key | {' | '.join(f'`{name}`' for name in PRESETS)} |",
            f"|---|{'---|' * len(PRESETS)}",
            *differing,
            "",
            "## Metrics",
            "",
            "What a trial ends with, and a study's `metric` or a claim's may name. Validation "
            "points hold epoch, images, seconds, flops and losses and accuracies of training and "
            "validation data, with [`test_curve: true`](studies.md) of test data too.",
            "",
            "| metric | unit | better | what it is |",
            "|---|---|---|---|",
            *METRIC_ROWS,
            "",
        ]
    )


def _cell(value: str) -> str:
    return f"`{value}`"


KEYS = settings_reference()
METRIC_ROWS = [
    f"| `{name}` | {metric.unit} | {'higher' if metric.higher_is_better else 'lower'} | "
    f"{metric.meaning or metric.label} |"
    for name, metric in METRICS.items()
]


def test_numbers_that_the_example_of_a_paper_cites_are_in_the_report_that_it_names() -> None:
    cited = set(re.findall(r"\\pooling[A-Za-z]+", (ROOT / "docs" / "reports.md").read_text()))
    numbers = (ROOT / "reports" / "pooling" / "tables" / "numbers.tex").read_text()
    assert len(cited) > 3
    assert cited <= set(re.findall(r"\\newcommand\{(\\[A-Za-z]+)\}", numbers))


def test_the_page_of_settings_is_what_the_settings_are() -> None:
    page = ROOT / "docs" / "settings.md"
    if os.environ.get("ABLATE_ACCEPT_GOLDEN"):
        page.write_text(settings_page())
    assert page.read_text() == settings_page(), "run it again with ABLATE_ACCEPT_GOLDEN=1"
