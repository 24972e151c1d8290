"""`ablate visualize`: what a network sees."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablate.command_options import DataDir, Dataset
from ablate.terminal import show, show_paths

if TYPE_CHECKING:
    from ablate.network_pictures import Drawn
    from ablate.visualized_network import Subject

RunOrModel = Annotated[
    str,
    typer.Argument(
        metavar="RUN_OR_MODEL",
        help="Folder of a run that keeps weights, a file of weights, or an untrained preset.",
    ),
]
OfArm = Annotated[
    str | None, typer.Option("--arm", metavar="ARM", help="Arm of a run; otherwise the baseline.")
]
OfSeed = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        help="Seed of a run, otherwise the first; or of a preset, otherwise 0.",
    ),
]
OfPreset = Annotated[
    str | None, typer.Option("--preset", metavar="PRESET", help="Network of a file of weights.")
]
OfNetwork = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a preset's key; may be repeated."),
]
PicturesOut = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", help="Folder of the pictures; otherwise RUN/visualization."
    ),
]

visualize = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="""Draw what a network sees: its filters, or what its layers give for an image.

    \b
    ablate visualize filters good_model
    ablate visualize activations runs/pretrain
    """,
)


@visualize.command()
def activations(
    run_or_model: RunOrModel,
    arm: OfArm = None,
    seed: OfSeed = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Layer, as `ablate model` names it, or first or last for that convolution; "
            "may be repeated.",
        ),
    ] = None,
    image: Annotated[
        str,
        typer.Option(metavar="IMAGE", help="An image file, or the number of a test image, from 0."),
    ] = "0",
    class_name: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="Count test images within this class."),
    ] = None,
    maps: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Draw only the N strongest maps, larger."),
    ] = None,
    preset: OfPreset = None,
    dataset: Dataset = None,
    overrides: OfNetwork = None,
    out: PicturesOut = None,
    data_dir: DataDir = None,
) -> None:
    """Draw what layers of a network give for one image, beside the image.

    \b
    ablate visualize activations runs/pretrain --class cat --layer last --maps 16
    """
    from ablate.network_pictures import draw_activations

    subject = _subject(run_or_model, arm, seed, preset, dataset, overrides, data_dir, out)
    _show_drawn(
        draw_activations(
            subject,
            subject.folder,
            layers=layer or ["first"],
            image=image,
            class_name=class_name,
            count=maps,
            data_dir=data_dir,
        )
    )


@visualize.command()
def filters(
    run_or_model: RunOrModel,
    arm: OfArm = None,
    seed: OfSeed = None,
    layer: Annotated[
        str,
        typer.Option(metavar="NAME", help="A convolution, as `ablate model` names it, or last."),
    ] = "first",
    maps: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Draw only the first N filters.")
    ] = None,
    preset: OfPreset = None,
    dataset: Dataset = None,
    overrides: OfNetwork = None,
    out: PicturesOut = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the filters of a convolution, and how much they are like Sobel kernels.

    \b
    ablate visualize filters runs/pretrain --layer last
    """
    from ablate.network_pictures import draw_filters

    subject = _subject(run_or_model, arm, seed, preset, dataset, overrides, data_dir, out)
    _show_drawn(draw_filters(subject, subject.folder, layer=layer, count=maps))


def _subject(
    run_or_model: str,
    arm: str | None,
    seed: int | None,
    preset: str | None,
    dataset: str | None,
    overrides: list[str] | None,
    data_dir: Path | None,
    out: Path | None,
) -> "Subject":
    from ablate.study.loading import parse_override
    from ablate.visualized_network import find_subject

    settings = dict(map(parse_override, overrides or []))
    if dataset is not None:
        settings["data.dataset"] = dataset
    return find_subject(
        run_or_model,
        arm=arm,
        seed=seed,
        preset=preset,
        overrides=settings,
        data_dir=data_dir,
    ).drawn_into(out)


def _show_drawn(drawn: "Drawn") -> None:
    if drawn.sentence:
        show(drawn.sentence)
    show_paths(drawn.paths)
