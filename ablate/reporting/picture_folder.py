"""Pictures as files, each with its title and caption, so that a report can show them as well.

<folder>/<name>.png, <name>.svg
<folder>/<name>.json                {"title": ..., "caption": ...}
"""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ablate.atomic import write_atomically
from ablate.errors import Problem, RecordError
from ablate.reporting.picture import Picture

PICTURES_FOLDER = "visualization"
"""In the folder of a run or report."""
_KINDS = ("png", "svg")


class _Caption(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: str
    caption: str


def write_pictures(pictures: Iterable[Picture], folder: Path) -> tuple[Path, ...]:
    """Write pictures into a folder that is there, replacing those of the same names; the paths of
    what can be looked at.
    """
    paths = []
    for picture in pictures:
        for kind in _KINDS:
            paths.append(folder / f"{picture.name}.{kind}")
            write_atomically(paths[-1], picture.files[kind])
        caption = json.dumps({"title": picture.title, "caption": picture.caption}, indent=1)
        write_atomically(folder / f"{picture.name}.json", f"{caption}\n".encode())
    return tuple(paths)


def read_pictures(folder: Path) -> tuple[Picture, ...]:
    """The pictures of a folder, by name; none where there is no folder. A caption whose picture is
    gone is passed over. Raises RecordError for a file that is no caption.
    """
    found = []
    for path in sorted(folder.glob("*.json")):
        files = {kind: path.with_name(f"{path.stem}.{kind}") for kind in _KINDS}
        if all(file.is_file() for file in files.values()):
            about = _read_caption(path)
            contents = {kind: file.read_bytes() for kind, file in files.items()}
            found.append(Picture(path.stem, about.title, about.caption, contents))
    return tuple(found)


def carry_pictures(source: Path, target: Path) -> None:
    """Copy what lies in a folder of pictures, tables too, into another; nothing where there is
    none, or where both are the same.
    """
    if not source.is_dir() or source.resolve() == target.resolve():
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)


def _read_caption(path: Path) -> _Caption:
    try:
        return _Caption.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        raise RecordError(
            Problem(
                str(path),
                "is no title and caption of a picture",
                "remove it, or draw the picture again",
            )
        ) from None
