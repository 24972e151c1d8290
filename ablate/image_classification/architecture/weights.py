"""How settings name a backbone's weights, and how a file is named by its content. Imports no torch.

    none, imagenet             words
    PATH                       a file, or a folder that holds one: a run that kept one trial's
    PATH@sha256:DIGEST         the same, as long as its content is this
    sha256:DIGEST              the content alone: what a trial's hash covers

A study is written with a path and planned with its content beside it, so that it can be planned
again where the file is not.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ablate.errors import Problem, SettingsError
from ablate.image_classification.architecture.spec import IMAGENET, NO_WEIGHTS

KEY = "architecture.weights"
SUFFIXES = (".safetensors", ".pth", ".pt")
_MARK = "sha256:"
_WORDS = (NO_WEIGHTS, IMAGENET)
_NAMES = "name a .pth or .safetensors file, a run that keeps its weights, 'imagenet' or 'none'"


class WeightsName(NamedTuple):
    """A file of weights. path: "" where its content alone is named. digest: SHA-256 of the file in
    hexadecimal digits, "" where its content is not named yet.
    """

    path: str
    digest: str


def pinned(weights: str) -> str:
    """The weights with their content beside the path; a word, or what is pinned, as it is.

    Raises SettingsError when there is no such file, or what is pinned is no digest.
    """
    if weights in _WORDS:
        return weights
    if digest := file_name(weights).digest:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            message = f"'{digest}' is no SHA-256"
            raise SettingsError(Problem(KEY, message, "give its 64 hexadecimal digits, or a path"))
        return weights
    try:
        path = _only_file(Path(weights).expanduser())
        state = path.stat()
    except (OSError, RuntimeError) as error:  # a name too long, no such user, no permission
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise SettingsError(Problem(KEY, f"no file {weights}: {reason}", _NAMES)) from None
    return f"{path}@{_MARK}{_digest(path, state.st_size, state.st_mtime_ns)}"


def by_content(weights: str) -> str:
    """The weights without their path. Raises SettingsError as `pinned` does."""
    if weights in _WORDS:
        return weights
    return f"{_MARK}{file_name(pinned(weights)).digest}"


def file_name(weights: str) -> WeightsName:
    """Path and digest of weights that are no word."""
    if weights.startswith(_MARK):
        return WeightsName("", weights.removeprefix(_MARK))
    path, mark, digest = weights.rpartition(f"@{_MARK}")
    return WeightsName(path, digest) if mark else WeightsName(weights, "")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _only_file(path: Path) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise SettingsError(Problem(KEY, f"no file {path}", _NAMES))
    places = (path, path / "records")
    found = [f for place in places for f in sorted(place.glob("*")) if f.suffix in SUFFIXES]
    if len(found) == 1:
        return found[0]
    if not found:
        fix = "`keep_weights: true` in a study keeps them beside its records"
        raise SettingsError(Problem(KEY, f"{path} holds no weights", fix))
    names = ", ".join(str(file) for file in found[:3]) + (", ..." if len(found) > 3 else "")
    raise SettingsError(
        Problem(KEY, f"{path} holds the weights of {len(found)} networks", f"name one: {names}")
    )


@lru_cache
def _digest(path: Path, size: int, changed: int) -> str:
    """Planning asks for it once an arm and more; a file that has changed is read anew."""
    try:
        return digest_of(path)
    except OSError as error:
        raise SettingsError(Problem(KEY, f"{path} cannot be read: {error.strerror}")) from None
