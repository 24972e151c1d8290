"""YAML files as plain values that remember on which line each was written."""

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, CommentedSet, TaggedScalar
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode
from ruamel.yaml.scalarstring import PlainScalarString
from ruamel.yaml.scanner import RoundTripScanner

from ablate.errors import Problem, StudyError

Place = tuple[str | int, ...]
"""Keys and list positions from the top of a file to a value."""

_DEEPEST, _MOST_DIGITS = 20, 308
_LARGEST = 100_000
HALF_A_CHARACTER = re.compile("[\\ud800-\\udfff]")
"""Python has such of file names that are no UTF-8; no file can keep it."""
_PLAIN = "use text, a finite number, true, false, null, a list or a mapping"
_STANDARD = "tag:yaml.org,2002:"
_KNOWN_TAGS = {
    "map", "seq", "str", "int", "float", "bool", "null", "merge", "set", "omap", "pairs", "binary",
    "timestamp",
}  # fmt: skip
"""Of YAML itself; what stands under them is refused, if it is, by what it is."""
TEXT_ALL_THE_SAME = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), "false"),
    "None": "null",
}
"""Words that are text in YAML 1.2 -> what they were in YAML 1.1, or are in Python."""


class YamlFile(NamedTuple):
    """A file's content, and where its parts stand."""

    name: str
    content: Any
    """Dictionaries with text keys, lists, text, numbers, true and false, None."""
    lines: Mapping[Place, int]
    """Line, from 1, of each key and list item."""
    inside: Place = ()
    """Where the content stands in its file, if it is a part of that."""
    unquoted: Mapping[Place, str] = MappingProxyType({})
    """Values that are words of TEXT_ALL_THE_SAME, written without quotes."""

    def where(self, path: Place) -> str:
        """File, line and key of a value, as errors show it."""
        placed = path
        while placed and placed not in self.lines:
            placed = placed[:-1]
        line = f", line {self.lines[placed]}" if placed in self.lines else ""
        key = key_text((*self.inside, *path))
        return f"{self.name}{line}" + (f", {key}" if key else "")

    def part(self, place: Place, content: Any) -> "YamlFile":
        """What stands at a place, as a file of its own whose errors still name the whole."""
        depth = len(place)
        lines = {path[depth:]: n for path, n in self.lines.items() if path[:depth] == place}
        unquoted = {path[depth:]: w for path, w in self.unquoted.items() if path[:depth] == place}
        return YamlFile(self.name, content, lines, (*self.inside, *place), unquoted)


class _RefusedError(MarkedYAMLError):
    """YAML, but none that can be meant."""

    def __init__(self, node: Any, message: str, fix: str = "") -> None:
        super().__init__(problem=message, problem_mark=node.start_mark)
        self.fix = fix


class _Scanner(RoundTripScanner):
    """Refuses a directive that would change what values mean: 010 is 8 in YAML 1.1, and `on` is
    true.
    """

    def scan_directive(self) -> Any:
        directive = super().scan_directive()
        if directive.name == "YAML" and directive.value != (1, 2):
            version = ".".join(map(str, directive.value))
            message = f"asks for YAML {version}, and studies are read as YAML 1.2"
            raise _RefusedError(directive, message, "leave the line out")
        return directive


class _Constructor(RoundTripConstructor):
    """Refuses what ruamel passes over: it would drop tags, and leave null where an alias stands
    within what it names.
    """

    def construct_document(self, node: Any) -> Any:
        _check_nodes(node, [], set())
        return super().construct_document(node)

    def check_mapping_key(
        self, node: Any, key_node: Any, mapping: Any, key: Any, value: Any
    ) -> bool:
        if key in mapping:
            word, twin = scalar_name(key), scalar_name(next(o for o in mapping if o == key))
            if word == twin:
                raise _RefusedError(key_node, f"key '{word}' is written twice")
            message = f"keys '{twin}' and '{word}' are equal as numbers, and taken for one"
            raise _RefusedError(key_node, message, "put them in quotes")
        return True


def _check_nodes(node: Any, above: list[Any], seen: set[int]) -> None:
    """Raises _RefusedError on a tag that YAML does not have, or that its value does not fit, and an
    alias of what it stands in.
    """
    if any(node is other for other in above):
        raise _RefusedError(
            node, f"'&{node.anchor}' holds itself, by its alias", "write out what is meant"
        )
    tag = str(node.tag)
    if tag.removeprefix(_STANDARD) not in _KNOWN_TAGS:
        message = f"has the tag '{tag.replace(_STANDARD, '!!')}', which means nothing here"
        raise _RefusedError(node, message, "leave it out")
    word = node.value
    if tag == f"{_STANDARD}bool" and str(word).lower() not in RoundTripConstructor.bool_values:
        raise _RefusedError(node, f"'{word}' is neither true nor false", "write one of the two")
    if id(node) not in seen and isinstance(node, CollectionNode):
        seen.add(id(node))
        for below in _nodes_below(node):
            _check_nodes(below, [*above, node], seen)


def _nodes_below(node: Any) -> Iterator[Any]:
    for item in node.value:
        yield from item if isinstance(node, MappingNode) else (item,)


def read_yaml(path: Path) -> YamlFile:
    """The file's content, by YAML 1.2 (5e-4 is a number, `on` is text).

    Raises StudyError, with the line, when the file is missing, not YAML, writes a key twice, or
    holds what is no plain data.
    """
    name = str(path)
    try:
        text = path.read_text(encoding="utf-8")
        tree = _reader().load(text)
    except OSError as error:
        raise StudyError(Problem(name, _reason(error, path), _neighbours(path))) from None
    except UnicodeDecodeError:
        raise StudyError(Problem(name, "is no text in UTF-8")) from None
    except (YAMLError, ValueError) as error:
        raise StudyError(_syntax_problem(name, error)) from None
    except RecursionError:
        raise StudyError(Problem(name, "is nested too deeply")) from None
    lines: dict[Place, int] = {}
    content = _plain(tree, (), lines, name)
    return YamlFile(name, content, lines, unquoted=dict(_unquoted(tree, ())))


def parse_scalar(text: str) -> Any:
    """A value as it would be read from a study. Raises StudyError on bad YAML."""
    return _plain(_tree_of_value(text), (), {}, text)


def parse_setting(text: str) -> Any:
    """The same of a setting's value. Raises StudyError also on words that are text, and may be
    meant otherwise.
    """
    value = parse_scalar(text)
    if words := dict(_unquoted(_tree_of_value(text), ())).values():
        raise StudyError(*(taken_for_text("", word) for word in words))
    return value


def taken_for_text(where: str, word: str) -> Problem:
    """Of a word in TEXT_ALL_THE_SAME, which as a setting would count as true, whatever it says."""
    meant = TEXT_ALL_THE_SAME[word]
    return Problem(
        where,
        f"{word} without quotes is text, and not {meant}",
        f"write {meant}, or '{word}' in quotes where text is meant",
    )


def _tree_of_value(text: str) -> Any:
    try:
        return _reader().load(text)
    except (YAMLError, ValueError, RecursionError):
        raise StudyError(Problem("", f"'{text}' is no value in YAML")) from None


def _reader() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Scanner, yaml.Constructor = _Scanner, _Constructor
    yaml.preserve_quotes = True  # as types of their own, by which quoted words are told apart
    return yaml


def _unquoted(tree: Any, path: Place) -> Iterator[tuple[Place, str]]:
    """Place and word of each value in TEXT_ALL_THE_SAME that has no quotes. Keys are names."""
    if isinstance(tree, CommentedMap):
        for key, value in tree.items():
            yield from _unquoted(value, (*path, scalar_name(key)))
    elif isinstance(tree, CommentedSeq):
        for index, value in enumerate(tree):
            yield from _unquoted(value, (*path, index))
    elif type(tree) in (str, PlainScalarString) and tree in TEXT_ALL_THE_SAME:
        yield path, str(tree)


def key_text(path: Place) -> str:
    """A path as one reads it: claims[0].difference.better."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def scalar_name(value: Any) -> str:
    """How a value is called where a word is needed: null is "none", [0.1, 0.3] is "0.1-0.3"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "-".join(map(scalar_name, value))
    return str(value)


def is_same_number(one: str, other: str) -> bool:
    """Whether both are numbers, and equal ones, however they are written: 0.0 is 0."""
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def _plain(value: Any, path: Place, lines: dict[Place, int], name: str) -> Any:
    """The value without ruamel's own types, noting lines on the way."""
    if len(path) > _DEEPEST or len(lines) > _LARGEST:
        raise StudyError(Problem(name, "is nested too deeply, or too large, for a study"))
    if isinstance(value, CommentedMap):
        return _plain_mapping(value, path, lines, name)
    if isinstance(value, CommentedSeq):
        positions = value.lc.data or {}
        for index in range(len(value)):
            _note(lines, (*path, index), positions.get(index))
        return [_plain(item, (*path, index), lines, name) for index, item in enumerate(value)]
    if value is None:
        return None
    if isinstance(value, TaggedScalar) and str(value.tag) == f"{_STANDARD}str":
        value = str(value.value)
    for kind in (bool, int, float, str):
        if isinstance(value, kind) or (kind is bool and type(value).__name__ == "ScalarBoolean"):
            return _kept(kind(value), path, lines, name)
    what = "a set" if isinstance(value, CommentedSet) else str(value)
    raise StudyError(
        Problem(YamlFile(name, None, lines).where(path), f"{what} is no plain value", _PLAIN)
    )


def _kept(value: Any, path: Place, lines: dict[Place, int], name: str) -> Any:
    """The value, if records and reports can hold it."""
    where = YamlFile(name, None, lines).where
    if isinstance(value, float) and not math.isfinite(value):
        raise StudyError(Problem(where(path), f"{value} is no plain value", _PLAIN))
    # An integer beyond every float would fail wherever it is computed with, or only shown.
    if isinstance(value, int) and abs(value) >= 10**_MOST_DIGITS:
        message = f"is a number of more than {_MOST_DIGITS} digits"
        raise StudyError(Problem(where(path), message, "write one that can be meant"))
    if isinstance(value, str):  # JSON writes some characters as two escapes
        value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    if isinstance(value, str) and HALF_A_CHARACTER.search(value):
        message = f"{value!a} holds half a character, which no file can keep"
        raise StudyError(Problem(where(path), message, "write the character itself"))
    return value


def _plain_mapping(
    value: CommentedMap, path: Place, lines: dict[Place, int], name: str
) -> dict[str, Any]:
    positions = value.lc.data or {}
    result = {}
    for key in _in_order(value):
        item = value[key]
        if not isinstance(key, str | int | float | bool | None):
            raise StudyError(
                Problem(YamlFile(name, None, lines).where(path), f"{key!s} cannot be a key")
            )
        word = scalar_name(_kept(key, path, lines, name))
        _note(lines, (*path, word), positions.get(key))
        if word in result:
            raise StudyError(
                Problem(YamlFile(name, None, lines).where((*path, word)), "is written twice")
            )
        result[word] = _plain(item, (*path, word), lines, name)
    return result


def _in_order(value: CommentedMap, known: dict[int, list[Any]] | None = None) -> list[Any]:
    """The mapping's keys, those that it merges (`<<`) before its own: of levels the first may be
    what others are compared with, and ruamel has its own first.

    known: those of mappings that several others merge.
    """
    known = {} if known is None else known
    if id(value) not in known:
        merged = [each[1] if isinstance(each, tuple) else each for each in value.merge]
        parts = [*(_in_order(each, known) for each in merged), value]
        known[id(value)] = list(dict.fromkeys(key for part in parts for key in part))
    return known[id(value)]


def _note(lines: dict[Place, int], path: Place, position: Any) -> None:
    if position is not None:
        lines[path] = position[0] + 1
    else:  # a merged key: its mapping's line
        lines[path] = lines.get(path[:-1], 1)


def _syntax_problem(name: str, error: YAMLError | ValueError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{name}, line {mark.line + 1}" if mark is not None else name
    if isinstance(error, _RefusedError):
        return Problem(where, str(error.problem), error.fix)
    if isinstance(error, ComposerError) and "another document" in str(error.problem):
        return Problem(where, "begins a second document", "keep one, without `---` after it")
    reason = error.problem if isinstance(error, MarkedYAMLError) else str(error)
    return Problem(where, f"is not YAML: {reason}", "check indentation, colons and quotes there")


def _reason(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return "is a folder, not a study" if path.is_dir() else str(error.strerror)


def _neighbours(path: Path) -> str:
    from ablate.errors import did_you_mean

    folder = path.parent
    names = [str(file) for file in folder.glob("*.yaml")] if folder.is_dir() else []
    return did_you_mean(str(path), names) if names else ""
