"""Which network is looked into."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from ablate.combined_runs import read_runs
from ablate.errors import AblateError
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.workload import WORKLOAD
from ablate.records.schema import TrialRecord
from ablate.records.store import RecordStore
from ablate.run_folder import recorded, write_compact_run
from ablate.study.loading import load_study
from ablate.study.plan import Plan, PlannedTrial
from ablate.study.planning import make_plan
from ablate.visualized_network import Subject, find_subject
from tests.runs import make_run
from tests.tuning.studies import make_trivial_plan

STUDY = """\
question: Does pooling matter?
baseline: {data.dataset: digits, architecture.filters: [4]}
factors:
  architecture.downsampling: [max_pool, average_pool]
seeds: 0-1
keep_weights: true
"""


def weights(trial: PlannedTrial) -> bytes:
    """Those of a network that no trial starts with, but this one ends with."""
    state = initial_network(parse(WORKLOAD.resolve(trial.spec.settings)), trial.seed).state_dict()
    return save({name: value + 1 for name, value in state.items()})


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("study") / "pooling.yaml"
    path.write_text(STUDY)
    return make_plan(load_study(path))


def keep(folder: Path, plan: Plan, *kept: PlannedTrial) -> Path:
    """A run in which the weights of some trials are kept."""
    make_run(folder, plan)
    for trial in plan.trials:
        record = TrialRecord(
            hash=trial.hash, spec=trial.spec, status="completed", metrics={"test_accuracy": 50.0}
        )
        RecordStore(folder).put(record, weights(trial) if trial in kept else None)
    return folder


def refusal(which: str | Path, **options: Any) -> str:
    with pytest.raises(AblateError) as caught:
        find_subject(str(which), **options)
    return str(caught.value)


def bias(subject: Subject) -> torch.Tensor:
    return subject.network.get_parameter("stage1.convolution1.bias")


class TestOfARun:
    def test_it_is_the_baselines_first_seed_with_weights(self, tmp_path: Path, plan: Plan) -> None:
        _, _, base_1, pooled_1 = plan.trials
        run = keep(tmp_path / "run", plan, base_1, pooled_1)
        found = find_subject(str(run))
        assert found.name == "baseline (pooling, seed 1)"
        assert found.file_name == "baseline_seed1"
        assert found.folder == run / "visualization"
        start = initial_network(found.settings, 1)
        assert torch.equal(bias(found), start.get_parameter("stage1.convolution1.bias") + 1)
        assert found.settings.data.dataset == "digits"

    @pytest.mark.parametrize("arm", ["average_pool", "baseline/average_pool"])
    def test_arm_and_seed_choose_another(self, tmp_path: Path, plan: Plan, arm: str) -> None:
        run = keep(tmp_path / "run", plan, *plan.trials)
        found = find_subject(str(run), arm=arm, seed=1)
        assert found.name == "average_pool (pooling, seed 1)"
        assert found.settings.architecture.downsampling == "average_pool"

    def test_what_has_no_weights_is_refused_with_what_has(self, tmp_path: Path, plan: Plan) -> None:
        base_0, pooled_0, base_1, _ = plan.trials
        run = keep(tmp_path / "run", plan, base_0, pooled_0, base_1)
        there_are = "    there are those of baseline (seeds 0, 1), average_pool (seed 0)"
        assert refusal(run, seed=7) == (
            f"{run}: holds no weights of the baseline with seed 7\n{there_are}"
        )
        assert refusal(run, arm="average_pool", seed=1) == (
            f"{run}: holds no weights of average_pool with seed 1\n{there_are}; for others run it "
            "again, which trains those that lack them: "
            f"ablate run {run / 'study.yaml'} --out {run}"
        )
        assert refusal(run, arm="average_pol") == (
            "--arm average_pol: no such arm\n    did you mean 'average_pool'?"
        )

    def test_a_run_that_keeps_none_says_how_to(self, tmp_path: Path, plan: Plan) -> None:
        study = plan.study.model_copy(update={"keep_weights": False})
        run = keep(tmp_path / "run", plan.model_copy(update={"study": study}))
        assert refusal(run) == (
            f"{run}: holds no weights of any trial\n"
            "    set `keep_weights: true` in its study and run it again"
        )

    def test_a_run_whose_weights_have_gone_says_how_to_have_them_again(
        self, tmp_path: Path, plan: Plan
    ) -> None:
        run = keep(tmp_path / "run", plan, *plan.trials)
        for file in (run / "records").glob("*.safetensors"):
            file.unlink()
        assert refusal(run) == (
            f"{run}: holds no weights of any trial\n"
            "    run it again, which trains those that lack them: "
            f"ablate run {run / 'study.yaml'} --out {run}"
        )
        assert recorded(run, plan) == {}

    def test_a_report_sends_to_its_run(self, tmp_path: Path, plan: Plan) -> None:
        kept = read_runs([keep(tmp_path / "kept", plan, *plan.trials)])
        write_compact_run(kept, tmp_path / "report")
        assert refusal(tmp_path / "report") == (
            f"{tmp_path / 'report'}: holds no weights of any trial\n"
            "    name the run's own folder: reports carry no weights"
        )

    def test_only_networks_can_be_looked_into(self, tmp_path: Path) -> None:
        run = make_run(tmp_path / "run", make_trivial_plan())
        assert refusal(run) == (
            f"{run}: its trials are of the workload 'tests.tuning.trivial:train'\n"
            "    only networks of 'image_classification' can be looked into"
        )

    def test_it_needs_no_preset(self, tmp_path: Path, plan: Plan) -> None:
        assert refusal(tmp_path, overrides={"data.classes": None}).startswith(
            "data.classes: has no"
        )
        assert refusal(tmp_path, preset="good_model", overrides={"data.dataset": "digits"}) == (
            f"--preset: has no meaning here: {tmp_path} is a run, and knows its networks\n"
            "    leave it out\n"
            f"data.dataset: has no meaning here: {tmp_path} is a run, and knows its networks\n"
            "    leave it out"
        )

    def test_elsewhere_the_run_is_a_part_of_its_files_names(
        self, tmp_path: Path, plan: Plan
    ) -> None:
        found = find_subject(str(keep(tmp_path / "run", plan, *plan.trials)))
        assert found.drawn_into(None) == found
        elsewhere = found.drawn_into(tmp_path / "pictures")
        assert (elsewhere.folder, elsewhere.file_name) == (
            tmp_path / "pictures", "run_baseline_seed0"
        )  # fmt: skip


class TestOfAFile:
    def test_its_preset_and_what_differs_name_the_network(self, tmp_path: Path, plan: Plan) -> None:
        path = tmp_path / "mine.safetensors"
        overrides = {"architecture.filters": [4, 4, 4], "data.dataset": "digits"}
        start = find_subject("simple_model", overrides=overrides).network
        path.write_bytes(save({key: value + 1 for key, value in start.state_dict().items()}))
        found = find_subject(str(path), preset="simple_model", overrides=overrides)
        assert found.name == ("simple_model (mine.safetensors, filters [4, 4, 4], dataset digits)")
        assert found.file_name == "simple_model_mine_filters [4, 4, 4]_dataset digits"
        assert found.folder == Path("visualization")
        assert torch.equal(bias(found), start.get_parameter("stage1.convolution1.bias") + 1)

    def test_without_a_preset_it_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "mine.pth"
        assert refusal(path, preset="good_model") == f"{path}: no such file"
        path.touch()
        assert refusal(path).startswith(
            f"{path}: holds weights, but says nothing of their network\n    name it with --preset: "
        )
        assert refusal(path, arm="baseline", preset="good_model") == (
            f"--arm: has no meaning here: {path} is no run, but one network\n    leave it out"
        )


class TestOfAPreset:
    def test_what_is_set_tells_two_of_them_apart(self) -> None:
        plain = find_subject("simple_model")
        smaller = find_subject("simple_model", overrides={"architecture.kernel_size": 3})
        assert (plain.name, plain.file_name) == (
            "simple_model (untrained, seed 0)", "simple_model_untrained_seed0"
        )  # fmt: skip
        assert (smaller.name, smaller.file_name) == (
            "simple_model (untrained, seed 0, kernel_size 3)",
            "simple_model_untrained_seed0_kernel_size 3",
        )
        assert plain.drawn_into(Path("pictures")).file_name == plain.file_name

    def test_it_is_untrained_and_says_so(self) -> None:
        found = find_subject("simple_model", seed=3, overrides={"architecture.filters": [4, 4, 4]})
        assert found.name == "simple_model (untrained, seed 3, filters [4, 4, 4])"
        start = initial_network(found.settings, 3)
        assert torch.equal(bias(found), start.get_parameter("stage1.convolution1.bias"))

    def test_what_is_nothing_of_all_is_refused(self) -> None:
        assert refusal("god_model") == (
            "god_model: is neither the folder of a run, nor a file of weights, nor a preset\n"
            "    did you mean 'good_model'?"
        )

    def test_it_has_no_arms(self) -> None:
        assert refusal("good_model", arm="b") == (
            "--arm: has no meaning here: good_model is a preset itself\n    leave it out"
        )


def test_a_preset_that_starts_from_weights_has_them(tmp_path: Path) -> None:
    from torchvision.models import get_model

    state = get_model("mobilenet_v3_small", weights=None).state_dict()
    torch.save(state, tmp_path / "lake.pth")
    found = find_subject(
        "resnet18",
        overrides={
            "architecture.backbone": "mobilenet_v3_small",
            "architecture.train_from": None,
            "architecture.weights": str(tmp_path / "lake.pth"),
            "data.dataset": "digits",
        },
    )
    assert found.name == (
        "resnet18 (lake weights, seed 0, backbone mobilenet_v3_small, train_from null, "
        "dataset digits)"
    )
    assert any(
        torch.equal(value, state["features.0.0.weight"]) for value in found.network.parameters()
    )
