"""What kept outputs of a frozen part are named by: all that they depend on, and nothing else."""

from collections.abc import Generator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.image_classification.architecture.backbone_network import split
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.initial_network import initial_network
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.settings.resolving import parse
from ablate.image_classification.training import frozen_part
from ablate.image_classification.training.features import Content
from ablate.image_classification.training.frozen_part import encoder, kept_outputs
from ablate.image_classification.training.precision import Precision
from ablate.image_classification.workload import WORKLOAD

CPU = torch.device("cpu")
FLOAT32 = Precision("float32", CPU)
SETTINGS = {
    "data.dataset": "digits",
    "data.image_size": 64,
    "architecture.backbone": "mobilenet_v3_small",
    "architecture.train_from": "features.4",
    "training.precision": "float32",
}


def checked(settings: dict[str, Any]) -> ImageClassificationSettings:
    return parse(WORKLOAD.resolve({**SETTINGS, **settings}))


def key(
    settings: dict[str, Any],
    weights: nn.Module | None = None,
    precision: Precision = FLOAT32,
) -> str:
    """The stem of the files' names. weights: of the frozen part."""
    frozen = weights or small()
    return frozen_part._content(checked(settings), frozen, precision).file_stem


def small(bias: float = 0.5) -> nn.Module:
    module = nn.Linear(2, 1)
    nn.init.ones_(module.weight)
    nn.init.constant_(module.bias, bias)
    return module


class TestKey:
    @pytest.mark.parametrize(
        "other",
        [
            {"architecture.train_from": "classifier"},
            {"architecture.backbone": "mobilenet_v3_large"},
            {"data.image_size": 65},
            {"data.image_size": None},
            {"data.normalization": "imagenet"},
            {"data.classes": [0, 1, 2]},
            {"data.dataset": "cifar10"},
        ],
        ids=str,
    )
    def test_every_setting_that_the_outputs_depend_on_is_in_it(self, other: dict[str, Any]) -> None:
        assert key(other) != key({})

    def test_it_names_unusual_constants_of_normalisation(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        imagenet = {"data.normalization": "imagenet"}
        ours, own = key(imagenet), key({})
        halves = BACKBONES["mobilenet_v3_small"]._replace(channels=((0.5,) * 3, (0.5,) * 3))
        monkeypatch.setitem(BACKBONES, "mobilenet_v3_small", halves)
        assert key(imagenet) != ours
        assert key({}) == own

    @pytest.mark.parametrize(
        "other",
        [
            {"training.learning_rate": 0.123},
            {"training.batch_size": 17},
            {"training.epochs": 3},
            {"training.optimizer": "adam"},
            {"training.early_stopping_patience": 2},
            {"training.cache_limit": 1.0},
            {"data.validation_fraction": 0.25},
            {"data.stratified": True},
            {"data.normalization": "dataset"},  # as it is without
        ],
        ids=str,
    )
    def test_what_comes_after_them_is_not(self, other: dict[str, Any]) -> None:
        assert key(other) == key({})

    def test_classes_are_in_it_whatever_their_order(self) -> None:
        assert key({"data.classes": [2, 0, 1]}) == key({"data.classes": [0, 1, 2]})
        assert key({"data.classes": [0, 1, 2]}) != key({"data.classes": [0, 1, 3]})

    def test_weights_are_in_it_by_their_values(self) -> None:
        assert key({}, small()) == key({}, small())
        assert key({}, small(0.5)) != key({}, small(0.5 + 2**-20))

    def test_so_are_running_statistics(self) -> None:
        one, other = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        assert key({}, one) == key({}, other)
        other.get_buffer("running_mean")[1] = 0.25
        assert key({}, one) != key({}, other)

    def test_so_are_names_and_shapes(self) -> None:
        flat, square = nn.ParameterDict({"a": torch.ones(4)}), torch.ones(2, 2)
        named = nn.ParameterDict({"b": torch.ones(4)})
        stems = {key({}, part) for part in (flat, named, nn.ParameterDict({"a": square}))}
        assert len(stems) == 3

    def test_precision_is_in_it_as_it_is_used(self) -> None:
        assert key({}, precision=Precision("bfloat16", CPU)) != key({})
        assert key({"training.precision": "auto"}) == key({})

    def test_the_code_that_computes_it_is_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = key({})
        monkeypatch.setattr(frozen_part, "VERSION", "another")
        workloads = key({})
        monkeypatch.setattr(torch, "__version__", "another")
        torchs = key({})
        monkeypatch.setattr(frozen_part, "version", lambda package: f"another {package}")
        assert len({before, workloads, torchs, key({})}) == 4

    def test_the_device_is_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = key({})
        monkeypatch.setattr(frozen_part, "device_name", lambda device: "another model")
        assert key({}) != before

    def test_seeds_share_it_where_weights_are_given_and_not_where_they_are_drawn(self) -> None:
        def frozen(seed: int, state: dict[str, Any] | None = None) -> nn.Module:
            settings = checked({})
            network = initial_network(settings, seed, state)
            part = split(network, settings.architecture).frozen
            assert part is not None
            return part

        drawn = initial_network(checked({}), 7).state_dict()
        state = {name: value.numpy() for name, value in drawn.items()}
        assert key({}, frozen(0, state)) == key({}, frozen(1, state))
        assert key({}, frozen(0)) == key({}, frozen(0))
        assert key({}, frozen(0)) != key({}, frozen(1))


def test_the_frozen_part_is_told_by_its_network_and_where_it_ends() -> None:
    content = frozen_part._content(checked({}), small(), FLOAT32)
    assert content.what == "the output of mobilenet_v3_small before features.4"


class TestEncoder:
    def test_it_gives_what_the_part_gives_without_gradients(self) -> None:
        made = encoder(small(), FLOAT32)(torch.tensor([[1.0, 2.0]]))
        assert made.tolist() == [[3.5]]
        assert not made.requires_grad

    @pytest.mark.parametrize("precision", ["float32", "bfloat16"])
    def test_it_computes_in_the_precision_of_the_trial(self, precision: Any) -> None:
        made = encoder(small(), Precision(precision, CPU))(torch.ones(1, 2))
        assert str(made.dtype) == f"torch.{precision}"


class TestKeptOutputs:
    def kept(
        self, monkeypatch: pytest.MonkeyPatch, limit: float, given: Any
    ) -> tuple[Any, list[tuple[Any, ...]]]:
        asked: list[tuple[Any, ...]] = []

        def noted(*arguments: Any) -> Generator[str, None, Any]:
            asked.append(arguments)
            yield "computes"
            return given

        monkeypatch.setattr(frozen_part, "kept_features", noted)
        settings = checked({"training.cache_limit": limit})
        work = kept_outputs(settings, splits(), small(), FLOAT32)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return end.value, asked

    def test_they_take_the_place_of_the_images(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        found, ((sets, content, folder, limit),) = self.kept(monkeypatch, 3.0, ["new", "newer"])
        assert (found.images, found.test_images) == ("new", "newer")
        assert found.train.tolist() == [1]
        assert sets == ("train", "test")
        assert isinstance(content, Content)
        assert (folder, limit) == (tmp_path / "ablate" / "features", 3.0)

    def test_where_there_is_no_room_there_are_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.kept(monkeypatch, 3.0, None)[0] is None

    def test_a_limit_of_nothing_keeps_none_and_does_not_ask(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert self.kept(monkeypatch, 0.0, ["new", "newer"]) == (None, [])


def splits() -> Any:
    from ablate.image_classification.training.loop import Splits

    def one(value: int) -> Tensor:
        return torch.tensor([value])

    named: Any = ("train", "test")
    return Splits(*named, one(1), one(2), one(3))
