"""Loss and accuracy of a network on a set of images."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ablate.image_classification.training.precision import Precision, normalise

EVALUATION_BATCH = 500


class ImageSet(NamedTuple):
    """Images of one data set on the trial's device, with what normalises them.

    images: uint8 (N, channels, height, width); labels: int64 (N,); mean and scale: see `normalise`.
    """

    images: Tensor
    labels: Tensor
    mean: Tensor
    scale: Tensor

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Network inputs and labels of the images at `indices` (int64, on the device)."""
        images = self.images.index_select(0, indices)
        return (
            normalise(images, self.mean, self.scale),
            self.labels.index_select(0, indices),
        )


class Score(NamedTuple):
    """loss: mean cross-entropy in nats; accuracy: in percent."""

    loss: float
    accuracy: float


@torch.no_grad()
def evaluate(network: nn.Module, data: ImageSet, indices: Tensor, precision: Precision) -> Score:
    """Score of the network in evaluation mode on the images at `indices`; training mode is left
    as it was found.
    """
    was_training = network.training
    network.eval()
    loss = torch.zeros((), dtype=torch.float64, device=data.images.device)
    correct = torch.zeros((), dtype=torch.int64, device=data.images.device)
    for part in indices.split(EVALUATION_BATCH):
        images, labels = data.batch(part)
        with precision.autocast():
            logits = network(images)
        loss += functional.cross_entropy(logits.float(), labels, reduction="sum")
        correct += (logits.argmax(dim=1) == labels).sum()
    network.train(was_training)
    count = len(indices)
    return Score(loss=float(loss) / count, accuracy=100 * int(correct) / count)
