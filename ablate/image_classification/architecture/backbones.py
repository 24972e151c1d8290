"""The networks of torchvision that may stand in place of the convolutional one. Imports no torch.

Planning knows them by this table alone; `backbone_network.py` builds them. A new one is a line in
BACKBONES, where its family is there.
"""

from collections.abc import Mapping
from typing import NamedTuple

Blocks = Mapping[str, tuple[str, ...]]
"""Blocks by name, in the order in which an image passes them; the first is the stem, the last the
classifier. Each is a row of modules: paths in torchvision's network, or, with @, operations that
have no module there (`backbone_network.OPERATIONS`)."""

Channels = tuple[tuple[float, ...], tuple[float, ...]]
"""Mean and standard deviation of each channel, for pixel values from 0 to 1."""

IMAGENET_CHANNELS: Channels = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
"""ImageNet's, by which nearly all of torchvision's weights were trained."""

CLASSIFIER = "classifier"
NATIVE_SIDE = 224
"""Height and width, in pixels, that `megaflops` are counted for."""


class Backbone(NamedTuple):
    """What planning knows of a network.

    weights_file: its ImageNet weights (IMAGENET1K_V1), as torchvision names them: what stands
        behind the last dash begins the file's SHA-256.
    features: inputs of the last linear layer, which is replaced by one for the data's classes.
    megaflops: of each block, for one image of 224x224 pixels, 2 a multiply-add, without the last
        linear layer (torch.utils.flop_counter, torchvision 0.29).
    side: the only height and width of images that it takes; None: any.
    channels: what images were normalised by when its ImageNet weights were trained.
    """

    blocks: Blocks
    weights_file: str
    features: int
    megaflops: tuple[float, ...]
    side: int | None = None
    channels: Channels = IMAGENET_CHANNELS

    @property
    def weights_digest(self) -> str:
        """The first digits of the SHA-256 of the ImageNet weights."""
        return self.weights_file.rpartition("-")[2].partition(".")[0]


def blocks_of(name: str) -> Blocks:
    """The blocks of a backbone; of one that is not known none but a classifier."""
    return BACKBONES[name].blocks if name in BACKBONES else {CLASSIFIER: ()}


def frozen_blocks(name: str, train_from: str | None) -> tuple[str, ...]:
    """Names of the blocks before the first that is trained."""
    names = tuple(blocks_of(name))
    return names[: names.index(train_from)] if train_from in names else ()


def _resnet() -> Blocks:
    return {
        "stem": ("conv1", "bn1", "relu", "maxpool"),
        "layer1": ("layer1",),
        "layer2": ("layer2",),
        "layer3": ("layer3",),
        "layer4": ("layer4", "avgpool", "@flatten"),
        CLASSIFIER: ("fc",),
    }


def _features(count: int, *after: str) -> Blocks:
    """Blocks features.0 to features.COUNT-1; after: what stands between them and the classifier."""
    last = f"features.{count - 1}"
    blocks = {f"features.{number}": (f"features.{number}",) for number in range(count)}
    return {**blocks, last: (last, *after), CLASSIFIER: (CLASSIFIER,)}


def _vision_transformer(layers: int) -> Blocks:
    names = [f"encoder_layer_{number}" for number in range(layers)]
    last = names[-1]
    blocks: dict[str, tuple[str, ...]] = {name: (f"encoder.layers.{name}",) for name in names}
    blocks[last] += ("encoder.ln", "@class_token")
    return {"stem": ("@patches",), **blocks, CLASSIFIER: ("heads",)}


_EFFICIENTNET = _features(9, "avgpool", "@flatten")
_CONVNEXT = _features(8, "avgpool")

# fmt: off
BACKBONES: dict[str, Backbone] = {
    "resnet18": Backbone(
        _resnet(), "resnet18-f37072fd.pth", 512, (236.0, 924.8, 822.1, 822.1, 822.1, 0)),
    "resnet34": Backbone(
        _resnet(), "resnet34-b627a593.pth", 512, (236.0, 1387.3, 1746.9, 2671.8, 1284.5, 0)),
    "resnet50": Backbone(
        _resnet(), "resnet50-0676ba61.pth", 2048, (236.0, 1335.9, 2055.2, 2928.7, 1618.5, 0)),
    "resnet101": Backbone(
        _resnet(), "resnet101-63fe2227.pth", 2048, (236.0, 1335.9, 2055.2, 10353.1, 1618.5, 0)),
    "resnet152": Backbone(
        _resnet(), "resnet152-394f9c45.pth", 2048, (236.0, 1335.9, 3802.1, 16030.6, 1618.5, 0)),
    "resnext50_32x4d": Backbone(
        _resnet(), "resnext50_32x4d-7cdf4587.pth", 2048,
        (236.0, 1268.4, 2170.8, 3050.7, 1730.9, 0)),
    "wide_resnet50_2": Backbone(
        _resnet(), "wide_resnet50_2-95faca4d.pth", 2048,
        (236.0, 3956.3, 5754.6, 8426.4, 4418.7, 0)),
    "efficientnet_b0": Backbone(
        _EFFICIENTNET, "efficientnet_b0_rwightman-7f5810bc.pth", 1280,
        (21.7, 20.1, 109.9, 75.9, 87.1, 172.2, 183.1, 59.0, 40.1, 0)),
    "efficientnet_b1": Backbone(
        _EFFICIENTNET, "efficientnet_b1_rwightman-bac287d4.pth", 1280,
        (21.7, 30.1, 161.4, 115.4, 118.9, 237.9, 229.5, 181.8, 40.1, 0)),
    "efficientnet_b2": Backbone(
        _EFFICIENTNET, "efficientnet_b2_rwightman-c35c1473.pth", 1408,
        (21.7, 30.1, 161.4, 147.5, 147.7, 272.9, 267.2, 218.2, 48.6, 0)),
    "efficientnet_b3": Backbone(
        _EFFICIENTNET, "efficientnet_b3_rwightman-b3899882.pth", 1536,
        (27.1, 53.0, 299.6, 169.8, 215.3, 438.5, 399.3, 261.9, 57.8, 0)),
    "efficientnet_b4": Backbone(
        _EFFICIENTNET, "efficientnet_b4_rwightman-23ab8bcd.pth", 1792,
        (32.5, 59.6, 387.5, 279.5, 352.7, 728.2, 728.4, 356.6, 78.7, 0)),
    "efficientnet_b5": Backbone(
        _EFFICIENTNET, "efficientnet_b5_lukemelas-1a07897c.pth", 2048,
        (32.5, 79.5, 666.9, 462.3, 538.5, 1036.6, 1016.7, 773.2, 102.8, 0)),
    "efficientnet_b6": Backbone(
        _EFFICIENTNET, "efficientnet_b6_lukemelas-24a108a5.pth", 2304,
        (37.9, 123.4, 883.1, 669.3, 779.7, 1526.2, 1587.0, 979.0, 130.1, 0)),
    "efficientnet_b7": Backbone(
        _EFFICIENTNET, "efficientnet_b7_lukemelas-c5b4e57e.pth", 2560,
        (43.4, 164.6, 1360.9, 969.8, 1207.7, 2399.6, 2331.4, 1696.7, 160.6, 0)),
    "efficientnet_v2_s": Backbone(
        _features(8, "avgpool", "@flatten"), "efficientnet_v2_s-dd5fe13b.pth", 1280,
        (16.3, 260.1, 1893.0, 920.0, 305.7, 1081.2, 1188.8, 32.1, 0)),
    "efficientnet_v2_m": Backbone(
        _EFFICIENTNET, "efficientnet_v2_m-dc08266a.pth", 1280,
        (16.3, 390.2, 2471.1, 1759.8, 557.2, 2075.1, 1989.8, 1398.3, 64.2, 0)),
    "efficientnet_v2_l": Backbone(
        _EFFICIENTNET, "efficientnet_v2_l-59c71312.pth", 1280,
        (21.7, 924.8, 6448.2, 3737.9, 1154.3, 4531.4, 4401.9, 3159.3, 80.3, 0),
        channels=((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))),
    "mobilenet_v2": Backbone(
        _features(19, "@average", "@flatten"), "mobilenet_v2-b0353104.pth", 1280,
        (21.7, 20.1, 58.4, 51.5, 30.9, 22.0, 22.0, 15.1, 20.6, 20.6, 20.6, 25.4, 45.4, 45.4,
         31.2, 31.0, 31.0, 46.0, 40.1, 0)),
    "mobilenet_v3_small": Backbone(
        _features(13, "avgpool", "@flatten"), "mobilenet_v3_small-047dcff4.pth", 1024,
        (10.8, 2.5, 11.0, 7.9, 6.1, 9.9, 9.9, 5.3, 6.9, 8.9, 12.6, 12.6, 5.4, 1.2)),
    "mobilenet_v3_large": Backbone(
        _features(17, "avgpool", "@flatten"), "mobilenet_v3_large-8738ca79.pth", 1280,
        (10.8, 10.0, 38.9, 25.7, 18.2, 19.8, 19.8, 23.4, 13.2, 12.2, 12.2, 38.1, 61.8, 42.1,
         33.4, 33.4, 15.1, 2.5)),
    "convnext_tiny": Backbone(
        _CONVNEXT, "convnext_tiny-983f1562.pth", 768,
        (28.9, 1475.8, 115.6, 1431.5, 115.6, 4228.2, 115.6, 1398.3, 0)),
    "convnext_small": Backbone(
        _CONVNEXT, "convnext_small-0c510722.pth", 768,
        (28.9, 1475.8, 115.6, 1431.5, 115.6, 12684.5, 115.6, 1398.3, 0)),
    "convnext_base": Backbone(
        _CONVNEXT, "convnext_base-6075fbad.pth", 1024,
        (38.5, 2584.3, 205.5, 2525.3, 205.5, 22461.8, 205.5, 2481.0, 0)),
    "vit_b_16": Backbone(
        _vision_transformer(12), "vit_b_16-c867db91.pth", 768,
        (231.2, *[2907.9] * 12, 0), side=224),
    "vit_b_32": Backbone(
        _vision_transformer(12), "vit_b_32-d86f8d99.pth", 768,
        (231.2, *[715.5] * 12, 0), side=224),
    "vit_l_16": Backbone(
        _vision_transformer(24), "vit_l_16-852ce7e3.pth", 1024,
        (308.3, *[5116.6] * 24, 0), side=224),
}
# fmt: on
