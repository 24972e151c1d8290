"""Loss and accuracy of a network on a set of images."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from ablate.image_classification.training.precision import Precision, normalise

CPU_BATCH = 64
"""Larger ones spill out of the caches: of 500 images, each took 1.2 to 1.7 times as long."""
GPU_BATCH = 500
EVALUATION_VALUES = 2**24
"""At most so many input values a batch: 85 images of 256x256 pixels."""

Encode = Callable[[Tensor], Tensor]
"""What the frozen part of a network makes of a batch of images."""


class Inputs(Protocol):
    """What a network is trained on or scored by; see `ImageSet` and `FeatureSet`."""

    @property
    def labels(self) -> Tensor:
        """int64 (N,), on the trial's device."""

    @property
    def values(self) -> int:
        """Numbers in what one image is to begin with."""

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Network inputs and labels of the images at `indices` (int64, on the device)."""


class ImageSet(NamedTuple):
    """Images of one data set on the trial's device, with what makes network inputs of them.

    images: uint8 (N, channels, height, width); labels: int64 (N,); mean and scale: see `normalise`.
    side: height and width that they are brought to, by bilinear interpolation; None: their own.
    encode: the frozen part of the network, where there is one; its output is the input then.
    """

    images: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor
    side: int | None = None
    encode: Encode | None = None

    @property
    def values(self) -> int:
        """See `Inputs`."""
        channels, height, width = self.images.shape[1:]
        return int(channels * (height * width if self.side is None else self.side**2))

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See `Inputs`."""
        images = normalise(self.images.index_select(0, indices), self.mean, self.scale)
        if self.side is not None:
            images = resized(images, self.side)
        inputs = images if self.encode is None else self.encode(images)
        return inputs, self.labels.index_select(0, indices)


def resized(images: Tensor, side: int) -> Tensor:
    """images: float (batch, channels, height, width). Returns them with `side` as height and width,
    by bilinear interpolation; what is made smaller is smoothed first.
    """
    smaller = side < max(images.shape[2:])
    return functional.interpolate(images, size=(side, side), mode="bilinear", antialias=smaller)


def evaluation_batch(data: Inputs) -> int:
    """Images a batch, of those on their device."""
    most = CPU_BATCH if data.labels.device.type == "cpu" else GPU_BATCH
    return max(1, min(most, EVALUATION_VALUES // data.values))


class Score(NamedTuple):
    """loss: mean cross-entropy in nats; accuracy: in percent."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(network: nn.Module, data: Inputs, indices: Tensor, precision: Precision) -> Score:
    """Score of the network in evaluation mode on the images at `indices`; training mode is left
    as it was found.
    """
    was_training = network.training
    network.eval()
    loss = torch.zeros((), dtype=torch.float64, device=data.labels.device)
    correct = torch.zeros((), dtype=torch.int64, device=data.labels.device)
    for part in indices.split(evaluation_batch(data)):
        images, labels = data.batch(part)
        with precision.autocast():
            logits = network(images)
        loss += functional.cross_entropy(logits.float(), labels, reduction="sum")
        correct += (logits.argmax(dim=1) == labels).sum()
    network.train(was_training)
    count = len(indices)
    return Score(loss=float(loss) / count, accuracy=100 * int(correct) / count)
