"""A backbone's weights from a file: the user's, one at hand, or torchvision's download.

Read once, by the process that hands out trials, and checked there: a worker needs neither network
nor file.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import torch

from ablate.errors import DataError, Problem
from ablate.image_classification.architecture.backbone_network import empty_backbone, misfit
from ablate.image_classification.architecture.backbones import BACKBONES
from ablate.image_classification.architecture.spec import IMAGENET
from ablate.image_classification.architecture.weights import (
    SUFFIXES,
    WeightsName,
    digest_of,
    file_name,
)
from ablate.image_classification.architecture.weights_file import State, read_state

WEIGHTS_FOLDER = "ABLATE_WEIGHTS_DIR"


def load_weights(backbone: str, weights: str, data_dir: Path | None = None) -> State:
    """The state that a backbone starts from, checked against its parts.

    weights: imagenet, or a file as settings name it. ImageNet's are looked for in
    `ABLATE_WEIGHTS_DIR`, in `data_dir` and in torch's cache, and downloaded where they are absent;
    so is a file, by its name and then by its content, where it is not at its path. Raises
    DataError, with the ways on, when there is none, or when it is damaged or another network's.
    """
    path = (
        _imagenet(backbone, data_dir)
        if weights == IMAGENET
        else _named(file_name(weights), data_dir)
    )
    state = read_state(path)
    if problem := misfit(empty_backbone(backbone, 1), state):
        raise DataError(
            Problem(
                str(path),
                f"does not fit {backbone}: it {problem}",
                "name weights of this network, by torchvision's names of its parts",
            )
        )
    return state


def _imagenet(backbone: str, data_dir: Path | None) -> Path:
    """Torchvision's file, from a folder or downloaded into torch's cache."""
    name, digest = BACKBONES[backbone].weights_file, BACKBONES[backbone].weights_digest
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    folders = [*_folders(data_dir), cache]
    for folder in folders:
        if _is_there(path := folder / name):
            return _checked(path, digest, "remove it, or copy it anew")
    _download(backbone, folders)
    return _checked(cache / name, digest, "remove it and start again")


def _download(backbone: str, looked_in: list[Path]) -> None:
    from torchvision.models import get_model_weights

    name = BACKBONES[backbone].weights_file
    weights: Any = get_model_weights(backbone)["IMAGENET1K_V1"]
    try:
        with redirect_stdout(sys.stderr):
            weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except Exception as error:
        places = ", ".join(str(folder) for folder in looked_in)
        raise DataError(
            f"no {name} in {places}, and the download failed ({error}). Ways on:\n"
            f"  {WEIGHTS_FOLDER}: a folder with {name}\n"
            f"  download {weights.url} elsewhere and put it into {looked_in[-1]}\n"
            "  --set architecture.weights=FILE: other weights of this network\n"
            "  pretrain yourself: ablate run studies/pretrain.yaml, then "
            "--set architecture.weights=runs/pretrain (docs/transfer.md)\n"
            "`architecture.weights: none` is no such way: it starts from random values, and a "
            "study that compares other weights with these has nothing left to compare."
        ) from error


def _named(file: WeightsName, data_dir: Path | None) -> Path:
    """The user's file: at its path, else in the folders, by its name and then by its content."""
    own, another = [Path(file.path).expanduser()] if file.path else [], None
    if own and _is_there(own[0]):
        fix = "name the file that is meant; its content is a part of the trial"
        try:
            return _checked(own[0], file.digest, fix)
        except DataError as error:
            another = error
    folders, unread = _folders(data_dir), []
    for path in _candidates(own, folders):
        try:
            if path.is_file() and digest_of(path) == file.digest:
                return path
        except OSError as error:  # another one may be it
            unread.append(Problem(str(path), f"cannot be read: {error.strerror}"))
    if another is not None:
        raise another
    raise DataError(
        Problem(
            file.path or "architecture.weights",
            "is not there" if file.path else f"no file with the SHA-256 {file.digest} is at hand",
            f"put it into a folder and name that by {WEIGHTS_FOLDER}: it is found by its content",
        ),
        *unread,
    )


def _candidates(own: list[Path], folders: list[Path]) -> Iterator[Path]:
    yield from (folder / path.name for path in own for folder in folders)
    for folder in folders:
        yield from (path for path in sorted(folder.glob("*")) if path.suffix in SUFFIXES)


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into
        return False


def _folders(data_dir: Path | None) -> list[Path]:
    named = [os.environ.get(WEIGHTS_FOLDER), data_dir]
    return [Path(folder) for folder in named if folder]


def _checked(path: Path, digest: str, fix: str) -> Path:
    """The path, if the file's SHA-256 begins as it should. Raises DataError."""
    try:
        found = digest_of(path)
    except OSError as error:
        raise DataError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    if not found.startswith(digest):
        raise DataError(
            Problem(
                str(path),
                f"is damaged or another file: its SHA-256 is {found}, not {digest}"
                + ("..." if len(digest) < len(found) else ""),
                fix,
            )
        )
    return path
