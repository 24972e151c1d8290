"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from ablate.errors import AblateError, Problem


def _existing_folder(folder: Path | None) -> Path | None:
    """A mistyped one would be passed over in silence, and the data downloaded."""
    if folder is not None and not folder.is_dir():
        fix = "name the folder that the data lie in, or leave it out"
        raise AblateError(Problem("--data-dir", f"there is no folder {folder}", fix))
    return folder


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="The study, a YAML file.")]
Dataset = Annotated[
    str | None, typer.Option(metavar="NAME", help="Use this data set, e.g. digits.")
]
Seeds = Annotated[
    str | None,
    typer.Option(metavar="SEEDS", help="Use these seeds, e.g. 0-4 or 0,2,7; 3 is seed 3."),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Set a baseline's key; may be repeated."),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the run; otherwise in runs/, named for the study."),
]
Records = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Use the records of this run or report too; may be repeated."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Look here for data sets and weights first.",
        callback=_existing_folder,
    ),
]
CpusPerTrial = Annotated[
    float | None, typer.Option(metavar="N", help="CPUs, hence threads, a trial.")
]
GpusPerTrial = Annotated[
    float | None,
    typer.Option(metavar="N", help="GPUs a trial, else 1 where there are any; 0.5 lets two share."),
]
MaxConcurrent = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="At most so many trials at a time.")
]
Address = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Join this Ray cluster.")]
