"""What a module of the user's imports from beside itself, read off its source: nothing is run."""

import ast
import sysconfig
from collections.abc import Iterator
from pathlib import Path

_FOR_PACKAGES = {"site-packages", "dist-packages"}


def sources_beside(name: str, file: Path) -> dict[str, str]:
    """Source by dotted name of the modules that a module imports, directly or by others, from the
    folder that it is found in; of an installed one from its own package. Its own packages are among
    them, ablate's modules are not, which have versions of their own.

    name: dotted, of the module in `file`.
    """
    own = file.parent if file.name == "__init__.py" else file
    root = own.parents[name.count(".")]
    top = name.partition(".")[0]
    installed = _is_installed(file, root)
    found: dict[str, str] = {}
    seen, pending = {name}, [*_imported(name, file), *_with_parents(name)]
    while pending:
        other = pending.pop()
        belongs = other.partition(".")[0] == top if installed else True
        if other in seen or not belongs or other.partition(".")[0] == "ablate":
            continue
        seen.add(other)
        if path := _file_of(root, other):
            found[other] = _text(path)
            pending += _imported(other, path)
    return found


def _is_installed(file: Path, root: Path) -> bool:
    """Whether libraries that a module has nothing to do with may lie beside it: in a folder for
    them, or in one that pip was given, whose records tell what it put there from a user's own.
    """
    library = Path(sysconfig.get_path("stdlib")).resolve()
    if root.name in _FOR_PACKAGES or root.resolve() == library:
        return True
    listed = f"\n{file.relative_to(root).as_posix()},"
    return any(listed in f"\n{_text(record)}" for record in root.glob("*.dist-info/RECORD"))


def _file_of(root: Path, name: str) -> Path | None:
    place = root.joinpath(*name.split("."))
    files = (place / "__init__.py", place.with_name(f"{place.name}.py"))
    return next((path for path in files if path.is_file()), None)


def _imported(name: str, file: Path) -> Iterator[str]:
    """Every name that may be a module, of all imports wherever they stand."""
    try:
        tree = ast.parse(_text(file))
    except (OSError, SyntaxError, ValueError):  # in an archive; or it fails where it is imported
        return
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _with_parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = parts[: len(parts) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            for alias in node.names:
                yield from _with_parents(f"{base}.{alias.name}")


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
