"""From a network that is pretrained here to arms that start from it, by the installed command."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from ablate.combined_runs import read_runs
from tests.integration.command import ROOT, finished, started

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1300)]

SMALL = (
    "--dataset", "digits", "--set", "data.image_size=32", "--set", "training.epochs=1",
)  # fmt: skip
OTHER_SEED = "1"
"""Than that of the network that is pretrained, whose random values it would share."""
Weights = dict[str, torch.Tensor]


class Transferred(NamedTuple):
    """Both runs, for all tests here."""

    pretrained: Weights
    done: subprocess.CompletedProcess[str]
    folder: Path

    def weights_of(self, arm: str) -> Weights:
        (trial,) = [one for one in read_runs([self.folder]).plan.trials if one.arm == arm]
        return load_file(self.folder / "records" / f"{trial.hash}.safetensors")


def run(*arguments: str | Path, cache: Path) -> subprocess.CompletedProcess[str]:
    with started("run", *arguments, environment={"XDG_CACHE_HOME": str(cache)}) as process:
        done = finished(process, seconds=600)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def transferred(tmp_path_factory: pytest.TempPathFactory) -> Transferred:
    folder = tmp_path_factory.mktemp("transfer")
    cache, source, target = (folder / name for name in ("cache", "pretrain", "transfer"))
    run("studies/pretrain.yaml", *SMALL, "--out", source, cache=cache)
    (file,) = (source / "records").glob("*.safetensors")
    # As shipped, but that the tests can see what the arms end with.
    study = folder / "transfer.yaml"
    study.write_text((ROOT / "studies" / "transfer.yaml").read_text() + "keep_weights: true\n")
    done = run(
        study, *SMALL, "--seeds", OTHER_SEED, "--set", f"architecture.weights={source}",
        "--set", "data.classes=[5,6,7,8,9]", "--out", target, cache=cache,
    )  # fmt: skip
    return Transferred(load_file(file), done, target)


def test_the_arm_that_transfers_starts_from_what_the_run_before_has_learned(
    transferred: Transferred,
):
    before, after = transferred.pretrained, transferred.weights_of("baseline")
    frozen = [name for name in before if not name.startswith(("layer4", "fc"))]
    assert len(frozen) > 80
    assert all(torch.equal(after[name], before[name]) for name in frozen)
    assert not torch.equal(after["layer4.1.conv2.weight"], before["layer4.1.conv2.weight"])


def test_what_starts_from_random_values_knows_nothing_of_it(transferred: Transferred):
    before, after = transferred.pretrained, transferred.weights_of("from_scratch")
    assert after["conv1.weight"].shape == before["conv1.weight"].shape
    apart, step = (
        float((state["conv1.weight"] - before["conv1.weight"]).abs().mean())
        for state in (after, transferred.weights_of("everything"))
    )
    assert apart > 2 * step  # the one has moved a little from there, the other never was there


def test_goodest_model_sees_the_same_classes(transferred: Transferred):
    run = read_runs([transferred.folder])
    assert {record.status for record in run.records.values()} == {"completed"}
    classes = {str(record.spec.settings["data"]["classes"]) for record in run.records.values()}
    assert classes == {"[5, 6, 7, 8, 9]"}
    assert "classifier.output.weight" in transferred.weights_of("goodest_model")


def test_the_report_has_a_verdict_on_every_claim(transferred: Transferred):
    claims = read_runs([transferred.folder]).plan.study.claims
    table = pd.read_csv(transferred.folder / "tables" / "verdicts.csv")
    assert list(table["says"]) == [claim.says for claim in claims]
    assert set(table["verdict"]) <= {"supported", "refuted", "undecided"}
    report = (transferred.folder / "report.md").read_text(encoding="utf-8")
    assert all(claim.says in report for claim in claims)
    assert transferred.done.stdout.splitlines()[-1] == str(transferred.folder / "report.html")
