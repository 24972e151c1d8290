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
        linear layer (torch.utils.flop_counter, torchvision 0.29): the part that grows with the
        image's area.
    fixed_megaflops: of each block, the part that does not, in layers that see one pixel: those of
        squeeze and excitation, and hidden layers of the classifier. Empty: there are none.
    side: the only height and width of images that it takes; None: any from least_side on.
    channels: what images were normalised by when its ImageNet weights were trained.
    """

    blocks: Blocks
    weights_file: str
    features: int
    megaflops: tuple[float, ...]
    side: int | None = None
    channels: Channels = IMAGENET_CHANNELS
    fixed_megaflops: tuple[float, ...] = ()
    least_side: int = 1

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
        (21.7, 20.1, 109.9, 75.9, 87.0, 172.0, 182.3, 58.8, 40.1, 0),
        fixed_megaflops=(0, 0.001, 0.005, 0.013, 0.086, 0.189, 0.739, 0.221, 0, 0)),
    "efficientnet_b1": Backbone(
        _EFFICIENTNET, "efficientnet_b1_rwightman-bac287d4.pth", 1280,
        (21.7, 30.1, 161.4, 115.4, 118.8, 237.6, 228.5, 180.9, 40.1, 0),
        fixed_megaflops=(0, 0.001, 0.008, 0.023, 0.125, 0.264, 0.96, 0.836, 0, 0)),
    "efficientnet_b2": Backbone(
        _EFFICIENTNET, "efficientnet_b2_rwightman-c35c1473.pth", 1408,
        (21.7, 30.1, 161.4, 147.4, 147.5, 272.6, 266.1, 217.2, 48.6, 0),
        fixed_megaflops=(0, 0.001, 0.008, 0.031, 0.153, 0.306, 1.125, 1.003, 0, 0)),
    "efficientnet_b3": Backbone(
        _EFFICIENTNET, "efficientnet_b3_rwightman-b3899882.pth", 1536,
        (27.1, 53.0, 299.6, 169.8, 215.1, 438.0, 397.6, 260.7, 57.8, 0),
        fixed_megaflops=(0, 0.002, 0.016, 0.034, 0.235, 0.499, 1.726, 1.208, 0, 0)),
    "efficientnet_b4": Backbone(
        _EFFICIENTNET, "efficientnet_b4_rwightman-23ab8bcd.pth", 1792,
        (32.5, 59.6, 387.5, 279.5, 352.3, 727.4, 725.2, 355.0, 78.7, 0),
        fixed_megaflops=(0, 0.003, 0.022, 0.063, 0.395, 0.843, 3.261, 1.648, 0, 0)),
    "efficientnet_b5": Backbone(
        _EFFICIENTNET, "efficientnet_b5_lukemelas-1a07897c.pth", 2048,
        (32.5, 79.5, 666.8, 462.2, 537.8, 1035.4, 1012.1, 769.5, 102.8, 0),
        fixed_megaflops=(0, 0.003, 0.042, 0.108, 0.614, 1.213, 4.622, 3.7, 0, 0)),
    "efficientnet_b6": Backbone(
        _EFFICIENTNET, "efficientnet_b6_lukemelas-24a108a5.pth", 2304,
        (37.9, 123.4, 883.0, 669.1, 778.8, 1524.4, 1579.7, 974.3, 130.1, 0),
        fixed_megaflops=(0, 0.005, 0.054, 0.165, 0.902, 1.804, 7.34, 4.691, 0, 0)),
    "efficientnet_b7": Backbone(
        _EFFICIENTNET, "efficientnet_b7_lukemelas-c5b4e57e.pth", 2560,
        (43.4, 164.6, 1360.8, 969.6, 1206.3, 2396.7, 2320.5, 1688.5, 160.6, 0),
        fixed_megaflops=(0, 0.007, 0.089, 0.244, 1.421, 2.863, 10.918, 8.258, 0, 0)),
    "efficientnet_v2_s": Backbone(
        _features(8, "avgpool", "@flatten"), "efficientnet_v2_s-dd5fe13b.pth", 1280,
        (16.3, 260.1, 1893.0, 920.0, 305.4, 1079.9, 1183.1, 32.1, 0),
        fixed_megaflops=(0, 0, 0, 0, 0.344, 1.327, 5.659, 0, 0)),
    "efficientnet_v2_m": Backbone(
        _EFFICIENTNET, "efficientnet_v2_m-dc08266a.pth", 1280,
        (16.3, 390.2, 2471.1, 1759.8, 556.6, 2072.5, 1980.2, 1391.4, 64.2, 0),
        fixed_megaflops=(0, 0, 0, 0, 0.64, 2.57, 9.612, 6.846, 0, 0)),
    "efficientnet_v2_l": Backbone(
        _EFFICIENTNET, "efficientnet_v2_l-59c71312.pth", 1280,
        (21.7, 924.8, 6448.2, 3737.9, 1152.9, 4525.8, 4380.3, 3143.7, 80.3, 0),
        fixed_megaflops=(0, 0, 0, 0, 1.364, 5.64, 21.535, 15.63, 0, 0),
        channels=((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))),
    "mobilenet_v2": Backbone(
        _features(19, "@average", "@flatten"), "mobilenet_v2-b0353104.pth", 1280,
        (21.7, 20.1, 58.4, 51.5, 30.9, 22.0, 22.0, 15.1, 20.6, 20.6, 20.6, 25.4, 45.4, 45.4,
         31.2, 31.0, 31.0, 46.0, 40.1, 0)),
    "mobilenet_v3_small": Backbone(
        _features(13, "avgpool", "@flatten"), "mobilenet_v3_small-047dcff4.pth", 1024,
        (10.8, 2.5, 11.0, 7.9, 6.1, 9.9, 9.9, 5.3, 6.8, 8.8, 12.2, 12.2, 5.4, 0),
        fixed_megaflops=(0, 0.001, 0, 0, 0.009, 0.061, 0.061, 0.015, 0.023, 0.083, 0.332, 0.332, 0,
                         1.18)),
    "mobilenet_v3_large": Backbone(
        _features(17, "avgpool", "@flatten"), "mobilenet_v3_large-8738ca79.pth", 1280,
        (10.8, 10.0, 38.9, 25.7, 18.2, 19.8, 19.8, 23.4, 13.2, 12.2, 12.2, 37.8, 61.4, 41.7, 32.5,
         32.5, 15.1, 0),
        fixed_megaflops=(0, 0, 0, 0, 0.007, 0.015, 0.015, 0, 0, 0, 0, 0.23, 0.452, 0.452, 0.922,
                         0.922, 0, 2.458)),
    "convnext_tiny": Backbone(
        _CONVNEXT, "convnext_tiny-983f1562.pth", 768,
        (28.9, 1475.8, 115.6, 1431.5, 115.6, 4228.2, 115.6, 1398.3, 0), least_side=32),
    "convnext_small": Backbone(
        _CONVNEXT, "convnext_small-0c510722.pth", 768,
        (28.9, 1475.8, 115.6, 1431.5, 115.6, 12684.5, 115.6, 1398.3, 0), least_side=32),
    "convnext_base": Backbone(
        _CONVNEXT, "convnext_base-6075fbad.pth", 1024,
        (38.5, 2584.3, 205.5, 2525.3, 205.5, 22461.8, 205.5, 2481.0, 0), least_side=32),
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
