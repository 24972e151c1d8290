"""Pictures of what a network sees, as files that a report shows too.

<folder>/   <picture>.png, .svg and .json (its title and caption); sobel_<network>.csv
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ablate.atomic import write_atomically
from ablate.digest import content_digest
from ablate.reporting.figures import kernels, likeness, maps, mosaic, theme
from ablate.reporting.figures.mosaic import Mosaic
from ablate.reporting.picture import Picture, draw_picture
from ablate.reporting.picture_folder import write_pictures
from ablate.run_folder import make_folder
from ablate.visualized_network import Subject

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from ablate.image_classification.visualization.activations import Activations
    from ablate.image_classification.visualization.filters import Filters
    from ablate.image_classification.visualization.image import Image

_SCALE = "One scale of colours for all; it ends at the 99.5th percentile of the absolute values."
_COLOURS = ("red", "green", "blue")
_READS_THE_SAME = re.compile(r"[\w .,=()\[\]]*")
"""Of words whose other signs stand between them alone, as in "sgd, momentum=0.9"."""
_LONGEST = 200  # bytes; file systems take 255, ending and all
_MATRIX = 32  # filters and channels at most, where channels are no colours


class Drawn(NamedTuple):
    """What was written, in order, and what there is to say of it."""

    paths: tuple[Path, ...]
    sentence: str = ""


def draw_activations(
    subject: Subject,
    folder: Path,
    *,
    layers: Sequence[str],
    image: str = "0",
    class_name: str | None = None,
    count: int | None = None,
    data_dir: Path | None = None,
) -> Drawn:
    """Draw what layers of the network give for one image, a picture each, into a folder (made if
    absent).

    layers, image, class_name: as `activations` and `choose_image` take them. count: draw so many
    maps, the strongest; None: all. Raises AblateError as these do.
    """
    from ablate.image_classification.visualization.activations import activations
    from ablate.image_classification.visualization.image import (
        as_seen,
        choose_image,
        network_input,
    )

    shown = choose_image(subject.settings, image, class_name, data_dir)
    given = network_input(shown, subject.settings)
    found = [activations(subject.network, given, layer) for layer in layers]
    seen = as_seen(shown, subject.settings)
    with theme.themed():
        pictures = [_activations_picture(subject, one, shown, seen, count) for one in found]
    make_folder(folder)
    return Drawn(write_pictures(pictures, folder))


def _activations_picture(
    subject: Subject,
    found: "Activations",
    image: "Image",
    seen: "NDArray[np.uint8]",
    count: int | None,
) -> Picture:
    from ablate.image_classification.visualization.activations import strongest

    channels = len(found.maps)
    numbers, names = list(range(channels)), [found.layer, image.name]
    order = "All maps, numbered by channel."
    if count is not None and count < channels:
        numbers = strongest(found.maps, count)
        names.append(f"strongest {count}")  # beside the picture of all, not over it
        order = (
            f"{count} of {channels} maps, by channel: those with the largest mean absolute value, "
            "the largest first."
        )
    panel = Mosaic(found.maps[numbers], mosaic.columns_for(len(numbers)), numbers)
    shape = "×".join(map(str, found.maps.shape))
    title = f"{found.layer} ({shape}) for {image.name}: {subject.name}"
    explained = " ".join(filter(None, [image.note, order, _SCALE]))
    return draw_picture(
        _file_name("activations", subject.file_name, *names),
        title,
        f"What the layer gives for {image.name}, which is shown as it reaches the network, before "
        f"it is normalised. {explained}",
        maps.size(panel, image.name),
        lambda figure: maps.draw(
            panel,
            seen,
            figure,
            picture_name=image.name,
            title=title,
            subtitle=explained,
            label="activation",
        ),
    )


def draw_filters(
    subject: Subject, folder: Path, *, layer: str = "first", count: int | None = None
) -> Drawn:
    """Draw the filters of a convolution into a folder (made if absent), and how much they are like
    Sobel kernels where these have their size; that as a table, too.

    layer: as `filters` takes it. count: draw so many filters, from the first; None: all, or 32 of
    a layer whose input channels are no colours. Raises AblateError for a layer that is none.
    """
    from ablate.image_classification.visualization import sobel
    from ablate.image_classification.visualization.filters import filters

    found = filters(subject.network, layer)
    ranking = sobel.ranking(found.weights) if sobel.applies_to(found.weights) else None
    with theme.themed():
        pictures = [_filters_picture(subject, found, count)]
        if ranking is not None:
            pictures.append(_likeness_picture(subject, found, ranking))
    make_folder(folder)
    paths = write_pictures(pictures, folder)
    if ranking is None:
        return Drawn(paths, f"Filters of {_side(found)} have no Sobel kernel to be compared with.")
    table = folder / f"{pictures[-1].name}.csv"
    write_atomically(table, ranking.to_csv(index=False, float_format="%.6g").encode())
    return Drawn((*paths, table), _sobel_sentence(found, ranking))


def _filters_picture(subject: Subject, found: "Filters", count: int | None) -> Picture:
    number, channels, height, width = found.weights.shape
    title = f"{found.layer} of {subject.name}: {number} filters of {channels}×{height}×{width}"
    panels, subtitle = _panels(found, count)
    part = [f"first {count}"] if count is not None and count < number else []
    return draw_picture(
        _file_name("filters", subject.file_name, found.layer, *part),
        title,
        subtitle,
        kernels.size(panels),
        lambda figure: kernels.draw(panels, figure, title=title, subtitle=subtitle, label="weight"),
    )


def _panels(found: "Filters", count: int | None) -> tuple[dict[str, Mosaic], str]:
    """Of a layer that sees colours a panel a colour; else filters by channels."""
    from ablate.image_classification.visualization.filters import as_colours

    weights = found.weights[:count]
    if not found.sees_colours:
        weights = weights[: count or _MATRIX, :_MATRIX]
        of_groups = " of its own group" if found.groups > 1 else ""
        shown = f"filters 0 to {len(weights) - 1}, channels 0 to {weights.shape[1] - 1}{of_groups}"
        cells = weights.reshape(-1, *weights.shape[2:])
        return {"": Mosaic(cells, weights.shape[1])}, (
            f"A row a filter, a column an input channel: {shown}. {_SCALE}"
        )
    columns, numbers = mosaic.columns_for(len(weights)), range(len(weights))
    by_colour = {
        colour: Mosaic(weights[:, channel], columns, numbers)
        for channel, colour in enumerate(_COLOURS)
    }
    reach = mosaic.scale_of(weights).high
    together = Mosaic(as_colours(weights, reach), columns, numbers)
    return {**by_colour, "all three": together}, (
        f"Numbered by filter. {_SCALE} All three: a weight of 0 is mid-grey."
    )


def _likeness_picture(subject: Subject, found: "Filters", ranking: "pd.DataFrame") -> Picture:
    from ablate.image_classification.visualization import sobel

    size = found.weights.shape[-1]
    patterns = {f"{edge} edges": sobel.sobel(edge, size) for edge in sobel.EDGES}
    rows = ranking.assign(pattern=ranking["edge"] + " edges", kernel=ranking["filter"])
    title = f"{found.layer} of {subject.name}: likeness to Sobel kernels"
    caption = (
        "Likeness: absolute cosine between a Sobel kernel and a filter's mean over its input "
        "channels, from 0 to 1. Each filter with its number and likeness, the likest first."
    )
    return draw_picture(
        _file_name("sobel", subject.file_name, found.layer),
        title,
        f"{caption} Grey: what as many filters of random direction reach at each rank, from the "
        "5th to the 95th percentile of that rank by itself; four in ten untrained layers rise "
        "above it somewhere. A likeness beyond chance does not say that a filter serves to find "
        "edges.",
        likeness.size(patterns),
        lambda figure: likeness.draw(
            rows, patterns, found.weights.mean(axis=1), figure, title=title, subtitle=caption
        ),
    )


def _sobel_sentence(found: "Filters", ranking: "pd.DataFrame") -> str:
    from ablate.image_classification.visualization import sobel

    best = ranking[ranking["rank"] == 1].to_dict("records")
    words = " and ".join(
        f"for {row['edge']} edges filter {row['filter']} ({row['likeness']:.2f})" for row in best
    )
    count, size = len(found.weights), found.weights.shape[-1]
    chance = sobel.chance(count, size)
    return (
        f"Likest to a Sobel kernel are {words}; the best of {count} random filters of "
        f"{size}×{size} reaches {chance.mean:.2f} on average, and {chance.high:.2f} in one of 20 "
        "such layers."
    )


def _side(found: "Filters") -> str:
    return "×".join(map(str, found.weights.shape[2:]))


def _file_name(*parts: str) -> str:
    """The parts in letters that any file's name may have; with a digest where names that differ,
    such as those of the arms "a+b" and "a-b", would be one so, or a file system takes none as long.
    """
    text = "_".join(parts)
    name = re.sub(r"[\W_]+", "_", text).strip("_")
    if _READS_THE_SAME.fullmatch(text) and len(name.encode()) <= _LONGEST:
        return name
    kept = name.encode()[:_LONGEST].decode(errors="ignore")  # whole letters
    return f"{kept}_{content_digest(text, 8)}"
