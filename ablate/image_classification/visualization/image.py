"""The image that is shown to a network."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ablate.errors import AblateError, Problem, nearest
from ablate.image_classification.data.sources import DATASETS, load_data, normalisation
from ablate.image_classification.settings.implied import channels, input_shape
from ablate.image_classification.settings.keys import ImageClassificationSettings
from ablate.image_classification.training.evaluation import resized
from ablate.image_classification.training.precision import normalise

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


class Image(NamedTuple):
    """pixels: uint8 (channels, height, width). name: "frog, test image 4", or that of a file.
    note: a sentence on what it is not, if anything.
    """

    pixels: NDArray[np.uint8]
    name: str
    note: str = ""


def choose_image(
    settings: ImageClassificationSettings,
    image: str = "0",
    class_name: str | None = None,
    data_dir: Path | None = None,
) -> Image:
    """A test image of the data set, or an image file.

    image: the number of a test image, from 0, counted within `class_name` where one is named; else
    the path of a file. Raises AblateError for a number or class that there is none of, and for a
    file that is no image; DataError as the data set does.
    """
    dataset = settings.data.dataset
    if not image.isdecimal():
        if class_name is not None:
            raise AblateError(
                Problem(
                    f"--class {class_name}",
                    f"goes with a test image, but --image names a file, {image}",
                    "give --image a number, or leave one of the two out",
                )
            )
        return read_image(Path(image), input_shape(settings))
    names = DATASETS[dataset].class_names
    if class_name is not None and class_name not in names:
        raise AblateError(
            Problem(
                f"--class {class_name}",
                f"{dataset} has no class named '{class_name}'",
                _classes(class_name, names),
            )
        )
    data = load_data(dataset, data_dir)
    labels = data.test_labels
    found = np.arange(len(labels))
    if class_name is not None:
        found = np.flatnonzero(labels == names.index(class_name))
    if int(image) >= len(found):
        of_class = "" if class_name is None else f" of class {class_name}"
        raise AblateError(
            Problem(
                f"--image {image}",
                f"{dataset} has no such test image{of_class}",
                f"they are numbered 0 to {len(found) - 1}",
            )
        )
    number = int(found[int(image)])
    label = int(labels[number])
    known = settings.data.classes is None or label in settings.data.classes
    name = names[label]
    note = f"The image's class, {name}, is none of those that the network tells apart."
    return Image(data.test_images[number], f"{name}, test image {number}", "" if known else note)


def read_image(path: Path, shape: tuple[int, ...]) -> Image:
    """An image file in colour, cut to the network's proportions around its middle and resized.

    shape: (3, height, width). Raises AblateError when the file cannot be read as an image.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps

    _, height, width = shape
    try:
        with Pillow.open(path) as opened:
            scaled_to_16_bits = opened.mode == "I" and opened.format == "PPM"
            colour = _in_colour(ImageOps.exif_transpose(opened), scaled_to_16_bits)
            fitted = ImageOps.fit(colour, (width, height), Pillow.Resampling.BICUBIC)
    except FileNotFoundError:
        raise AblateError(
            Problem(
                f"--image {path}",
                "no such file",
                "name an image file, or the number of a test image",
            )
        ) from None
    except Exception as error:
        raise AblateError(
            Problem(
                f"--image {path}",
                f"cannot be read as an image: {error}",
                "name a PNG or JPEG file, or the number of a test image",
            )
        ) from error
    return Image(np.asarray(fitted).transpose(2, 0, 1).copy(), path.name)


def _in_colour(image: "PillowImage", scaled_to_16_bits: bool) -> "PillowImage":
    """As any viewer shows it: 16 bits scaled to 8, and on white what is transparent. Raises
    ValueError of numbers whose range is not known.
    """
    from PIL import Image as Pillow

    if image.mode.startswith("I;16") or scaled_to_16_bits:
        values = np.asarray(image).astype(np.int64)
        values[values == image.info.get("transparency")] = 65535
        image = Pillow.fromarray((values // 257).astype(np.uint8))
    if image.mode in ("I", "F"):
        raise ValueError("its pixels are numbers of no known range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        opaque = Pillow.new("RGBA", image.size, "white")
        image = Pillow.alpha_composite(opaque, image.convert("RGBA"))
    return image.convert("RGB")


def network_input(image: Image, settings: ImageClassificationSettings) -> Tensor:
    """The image as a network trained with these settings takes it, float32 (channels, height,
    width).
    """
    mean, std = (
        torch.tensor(values, dtype=torch.float32).reshape(1, -1, 1, 1) * 255
        for values in channels(settings, normalisation(settings.data.dataset))
    )
    pixels = normalise(torch.from_numpy(image.pixels.copy()).unsqueeze(0), mean, 1 / std)
    return _at_input_size(pixels, settings)[0]


def as_seen(image: Image, settings: ImageClassificationSettings) -> NDArray[np.uint8]:
    """The image as it reaches the network, before it is normalised, uint8 (height, width,
    channels): brought to the size of the network's inputs as trials do.
    """
    pixels = _at_input_size(torch.from_numpy(image.pixels).float().unsqueeze(0), settings)
    return pixels[0].round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()


def _at_input_size(pixels: Tensor, settings: ImageClassificationSettings) -> Tensor:
    _, *sides = input_shape(settings)
    return pixels if list(pixels.shape[2:]) == sides else resized(pixels, sides[0])


def _classes(asked: str, names: tuple[str, ...]) -> str:
    known = f"its classes are {', '.join(names)}"
    near = nearest(asked, names)
    return f"{near} {known}" if near else known
