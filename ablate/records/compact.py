"""Many records in one small file: the evidence that a committed report carries."""

from collections.abc import Iterable
from pathlib import Path

from ablate.atomic import write_atomically
from ablate.errors import Problem, RecordError
from ablate.records.encoding import decode, encode_compactly
from ablate.records.schema import TrialRecord

COMPACT_FILE = "records.jsonl"


def write_compact(records: Iterable[TrialRecord], path: Path) -> None:
    """One line a record, sorted by hash, as `encode_compactly` writes it; replaces the file.

    Weights stay behind: the file is all that a report needs. Raises RecordError where two records
    have one hash.
    """
    lines: dict[str, str] = {}
    for record in records:
        if record.hash in lines:
            raise RecordError(Problem(str(path), f"two records have the hash {record.hash}"))
        lines[record.hash] = encode_compactly(record.model_copy(update={"weights": None}))
    text = "".join(f"{lines[hash_]}\n" for hash_ in sorted(lines))
    write_atomically(path, text.encode())


def read_compact(path: Path) -> dict[str, TrialRecord]:
    """Records by hash; weights that they name are not beside this file. Raises RecordError, which
    names file and line, when one is unreadable.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise RecordError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    records: dict[str, TrialRecord] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        where = f"{path}, line {number}"
        record = decode(line, where).model_copy(update={"weights": None})
        if record.hash in records:
            raise RecordError(Problem(where, f"is a second record of trial {record.hash}"))
        records[record.hash] = record
    return records
