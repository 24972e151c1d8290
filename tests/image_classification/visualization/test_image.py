"""The image comes from the test set, or from a file."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from ablate.errors import AblateError
from ablate.image_classification.architecture.backbones import IMAGENET_CHANNELS, Channels
from ablate.image_classification.data.sources import DATASETS, load_data, normalisation
from ablate.image_classification.settings.resolving import parse, resolve
from ablate.image_classification.visualization.image import (
    Image,
    as_seen,
    choose_image,
    network_input,
    read_image,
)

DIGITS = parse(resolve({"data.dataset": "digits"}))


def test_an_image_of_the_test_set_is_named_for_its_class_and_number() -> None:
    data = load_data("digits")
    image = choose_image(DIGITS, "5")
    np.testing.assert_array_equal(image.pixels, data.test_images[5])
    assert image.name == f"{data.test_labels[5]}, test image 5"


def test_within_a_class_images_are_counted_from_the_first() -> None:
    labels = load_data("digits").test_labels
    second = int(np.flatnonzero(labels == 7)[1])
    assert choose_image(DIGITS, "1", "7").name == f"7, test image {second}"


@pytest.mark.parametrize(("classes", "known"), [(None, True), ([3, 7], True), ([3, 8], False)])
def test_an_image_of_a_class_that_the_network_does_not_have_says_so(
    classes: list[int] | None, known: bool
) -> None:
    settings = parse(resolve({"data.dataset": "digits", "data.classes": classes}))
    assert choose_image(settings, "1", "7").note == (
        "" if known else "The image's class, 7, is none of those that the network tells apart."
    )


def test_the_network_gets_what_a_trial_would_give_it() -> None:
    data = load_data("digits")
    pixels = torch.from_numpy(data.test_images[3]).float() / 255
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in (data.mean, data.std))
    expected = (pixels - mean) / std
    torch.testing.assert_close(network_input(choose_image(DIGITS, "3"), DIGITS), expected)


@pytest.mark.parametrize(
    ("backbone", "channels"),
    [("resnet18", IMAGENET_CHANNELS), ("efficientnet_v2_l", ((0.5,) * 3, (0.5,) * 3))],
)
def test_a_network_of_larger_images_gets_it_enlarged_and_normalised_as_its_trials_do(
    backbone: str, channels: Channels
) -> None:
    given = {"preset": "resnet18", "data.dataset": "digits", "architecture.backbone": backbone}
    settings = parse(resolve(given | {"architecture.train_from": "all"}))
    image = choose_image(settings, "3")
    assert image.pixels.shape == (3, 32, 32)
    given = network_input(image, settings)
    assert given.shape == (3, 256, 256)
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in channels)
    pixels = torch.from_numpy(image.pixels).float() / 255
    expected = torch.nn.functional.interpolate(
        ((pixels - mean) / std)[None], size=(256, 256), mode="bilinear"
    )[0]
    torch.testing.assert_close(given, expected)


@pytest.mark.parametrize("side", [None, 20, 256])
def test_what_is_shown_is_the_networks_input_before_it_is_normalised(side: int | None) -> None:
    settings = parse(resolve({"data.dataset": "digits", "data.image_size": side}))
    image = choose_image(settings, "3")
    seen = as_seen(image, settings)
    given = network_input(image, settings)
    assert seen.shape == (*given.shape[1:], 3)
    mean, std = (torch.tensor(values).reshape(3, 1, 1) for values in normalisation("digits"))
    expected = ((given * std + mean) * 255).permute(1, 2, 0).numpy()
    np.testing.assert_allclose(seen, expected, atol=0.51)


def test_an_image_file_is_brought_to_the_size_of_the_networks_inputs_at_once(
    tmp_path: Path,
) -> None:
    Pillow.fromarray(np.zeros((300, 300, 3), dtype=np.uint8)).save(tmp_path / "black.png")
    settings = parse(resolve({"preset": "resnet18", "data.dataset": "digits"}))
    image = choose_image(settings, str(tmp_path / "black.png"))
    assert image.pixels.shape == (3, 256, 256)


def test_every_class_of_a_data_set_has_a_name() -> None:
    data = load_data("digits")
    assert set(data.test_labels) == set(range(DATASETS["digits"].classes))
    assert len(set(DATASETS["cifar10"].class_names)) == 10
    assert normalisation("digits") == (data.mean, data.std)


def test_a_file_is_cut_around_its_middle_and_resized(tmp_path: Path) -> None:
    pixels = np.zeros((40, 100, 3), dtype=np.uint8)
    pixels[:, 26:74] = (200, 100, 50)  # the filter reaches a little beyond what is cut
    path = tmp_path / "wide.png"
    Pillow.fromarray(pixels).save(path)
    image = choose_image(DIGITS, str(path))
    assert image.name == "wide.png"
    assert image.pixels.shape == (3, 32, 32)
    assert (image.pixels == np.array([200, 100, 50]).reshape(3, 1, 1)).all()
    assert network_input(image, DIGITS).shape == (3, 32, 32)


def test_a_photograph_stands_upright_and_is_read_in_colour(tmp_path: Path) -> None:
    grey = np.zeros((32, 32), dtype=np.uint8)
    grey[:, :16] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: left is up
    Pillow.fromarray(grey).save(tmp_path / "turned.png", exif=exif)
    image = read_image(tmp_path / "turned.png", (3, 32, 32))
    assert (image.pixels[:, :16] == 255).all() and (image.pixels[:, 16:] == 0).all()


@pytest.mark.parametrize(
    ("image", "class_name", "message"),
    [
        (
            "0",
            "frgo",
            "--class frgo: cifar10 has no class named 'frgo'\n    did you mean 'frog'? its classes "
            "are airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck",
        ),
        (
            "0",
            "x",
            "--class x: cifar10 has no class named 'x'\n    its classes are airplane, automobile, "
            "bird, cat, deer, dog, frog, horse, ship, truck",
        ),
        (
            "cat.png",
            "cat",
            "--class cat: goes with a test image, but --image names a file, cat.png\n"
            "    give --image a number, or leave one of the two out",
        ),
        (
            "none.png",
            None,
            "--image none.png: no such file\n    name an image file, or the number of a test image",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused_before_data_are_read(
    image: str, class_name: str | None, message: str
) -> None:
    with pytest.raises(AblateError) as caught:
        choose_image(parse(resolve({})), image, class_name)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("class_name", "of_class", "last"), [(None, "", 363), ("8", " of class 8", 34)]
)
def test_a_number_beyond_the_last_is_refused(
    class_name: str | None, of_class: str, last: int
) -> None:
    with pytest.raises(AblateError) as caught:
        choose_image(DIGITS, "364", class_name)
    assert str(caught.value) == (
        f"--image 364: digits has no such test image{of_class}\n    they are numbered 0 to {last}"
    )


@pytest.mark.parametrize("ending", ["png", "tiff", "pgm"])
def test_sixteen_bits_are_scaled_to_eight(tmp_path: Path, ending: str) -> None:
    ramp = np.linspace(0, 65535, 32).astype(np.uint16)
    path = tmp_path / f"scan.{ending}"
    Pillow.fromarray(np.tile(ramp, (32, 1))).save(path)
    image = read_image(path, (3, 32, 32))
    expected = np.tile(ramp / 257, (3, 32, 1))
    np.testing.assert_allclose(image.pixels, expected, atol=1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((32, 32, 4), dtype=np.uint8)
    pixels[:, 16:] = (255, 255, 255, 0)
    pixels[:, :16] = (0, 0, 0, 255)
    pixels[:16, 16:, :3] = 0
    path = tmp_path / "cut_out.png"
    Pillow.fromarray(pixels).convert(mode).save(path)
    image = read_image(path, (3, 32, 32))
    assert (image.pixels[:, :, :16] == 0).all() and (image.pixels[:, :, 16:] == 255).all()


def test_a_transparent_value_of_16_bits_is_white(tmp_path: Path) -> None:
    pixels = np.full((32, 32), 51400, dtype=np.uint16)
    pixels[:, :16] = 257
    Pillow.fromarray(pixels).save(tmp_path / "cut_out.png", transparency=51400)
    image = read_image(tmp_path / "cut_out.png", (3, 32, 32))
    assert (image.pixels[:, :, :16] == 1).all() and (image.pixels[:, :, 16:] == 255).all()


def test_numbers_of_no_known_range_are_no_image(tmp_path: Path) -> None:
    Pillow.fromarray(np.linspace(0, 1, 1024, dtype=np.float32).reshape(32, 32)).save(
        tmp_path / "map.tiff"
    )
    with pytest.raises(AblateError, match="numbers of no known range; save it with 8 or 16 bits"):
        read_image(tmp_path / "map.tiff", (3, 32, 32))


def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    text, cut = tmp_path / "text.png", tmp_path / "cut.png"
    text.write_text("no image")
    Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(cut)
    cut.write_bytes(cut.read_bytes()[:2000])
    for path in (text, cut):
        with pytest.raises(AblateError) as caught:
            read_image(path, (3, 32, 32))
        first, fix = str(caught.value).splitlines()
        assert first.startswith(f"--image {path}: cannot be read as an image: ")
        assert fix == "    name a PNG or JPEG file, or the number of a test image"


def test_pixels_are_not_changed() -> None:
    image = Image(np.full((3, 32, 32), 7, dtype=np.uint8), "seven")
    network_input(image, DIGITS)
    assert (image.pixels == 7).all()
