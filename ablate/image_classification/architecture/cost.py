"""What a network's arithmetic costs. Imports no torch."""

from typing import NamedTuple

from ablate.image_classification.architecture.backbones import (
    BACKBONES,
    NATIVE_SIDE,
    frozen_blocks,
)
from ablate.image_classification.architecture.layers import Shape, layer_list
from ablate.image_classification.architecture.spec import ArchitectureSpec

BACKWARD_COST = 2  # a backward pass costs about two forward passes


class ForwardFlops(NamedTuple):
    """FLOPs of a forward pass of one image, through what is trained and what is frozen."""

    trained: float
    frozen: float = 0.0

    @property
    def whole(self) -> float:
        """Through the whole network."""
        return self.frozen + self.trained

    def of_training(self, trained: int, validated: int, once: int | None = None) -> float:
        """FLOPs of so many passes of training images and of validation images.

        once: so many images pass the frozen part, once each, whatever follows; None: it runs anew
        with every pass.
        """
        passes = trained + validated if once is None else once
        return self.trained * ((1 + BACKWARD_COST) * trained + validated) + self.frozen * passes


def forward_flops(spec: ArchitectureSpec, input_shape: Shape, classes: int) -> ForwardFlops:
    """By the usual convention, as in `Layer`. Of a backbone by the table: those of its blocks at
    224x224, what grows with the image's area scaled by it. That is exact for sides that are
    multiples of 32. Of others it is too low, as each halving rounds odd maps up, which adds up in
    small images: by 36 to 50 % at 36x36. Of ConvNeXt, whose halvings round down, it is too high: by
    up to 67 % at 63x63.

    Raises ValueError as `layer_list` does.
    """
    if spec.backbone is None:
        layers = layer_list(spec, input_shape, classes)
        return ForwardFlops(float(sum(layer.flops for layer in layers)))
    backbone = BACKBONES[spec.backbone]
    area = input_shape[1] * input_shape[2] / NATIVE_SIDE**2
    fixed = backbone.fixed_megaflops or (0.0,) * len(backbone.megaflops)
    pairs = zip(backbone.megaflops, fixed, strict=True)
    blocks = [1e6 * (area * growing + same) for growing, same in pairs]
    blocks[-1] += 2 * backbone.features * classes
    frozen = len(frozen_blocks(spec.backbone, spec.train_from))
    return ForwardFlops(trained=sum(blocks[frozen:]), frozen=sum(blocks[:frozen]))
