"""The durable memory of a run: one file a trial, keyed by the hash of its spec.

    <run folder>/records/<hash>.json           the record
    <run folder>/records/<hash>.safetensors    its final weights, where the study keeps them

What is missing is study minus store; nothing else is remembered.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ablate.atomic import TEMPORARY_SUFFIX, write_atomically
from ablate.errors import Problem, RecordError
from ablate.records.compact import COMPACT_FILE, read_compact
from ablate.records.encoding import decode, encode
from ablate.records.exclusive_lock import exclusive_lock
from ablate.records.schema import WEIGHTS_SUFFIX, TrialRecord
from ablate.study.schema import Study

RECORDS_FOLDER = "records"
LOCK_FILE = ".writer.lock"
FINISHED = ("completed", "diverged")


class RecordStore:
    """The records of a run folder. Reading makes no folder; the first `put` does."""

    def __init__(self, folder: Path) -> None:
        """folder: the run's; records lie in its `records/`."""
        self.run_folder = Path(folder)
        self.folder = self.run_folder / RECORDS_FOLDER

    def get(self, hash_: str) -> TrialRecord | None:
        """The trial's record, or None. Its weights are named only if their file is there.

        Raises RecordError, which names the file, when it is not that trial's record.
        """
        path = self._path(hash_)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RecordError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
        record = decode(content, str(path))
        if record.hash != hash_:
            raise RecordError(
                Problem(
                    str(path), f"holds the record of trial {record.hash}", "rename or remove it"
                )
            )
        if record.weights is not None and not self._weights_path(hash_).is_file():
            return record.model_copy(update={"weights": None})
        return record

    def put(self, record: TrialRecord, weights: bytes | None = None) -> None:
        """Write a record so that it survives whatever happens next.

        weights: a safetensors file. A completed or diverged record stays as it is, unless the new
        one is finished too and brings what the first lacks (a test curve, weights). Any other
        record gives way to a later ending.
        """
        kept = self.get(record.hash)
        if kept is not None and kept.status in FINISHED and not _adds(record, weights, kept):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if weights is not None:
            path = self._weights_path(record.hash)
            write_atomically(path, weights)
            record = record.model_copy(update={"weights": path.name})
        write_atomically(self._path(record.hash), encode(record).encode())

    def hashes(self) -> list[str]:
        """Hashes of all records, sorted. Raises RecordError for a file that is none of ours, and
        for a folder that cannot be read.
        """
        if not self.folder.is_dir():
            return []
        try:
            paths = sorted(self.folder.iterdir())
        except OSError as error:
            raise RecordError(
                Problem(str(self.folder), f"cannot be read: {error.strerror}")
            ) from None
        found = []
        for path in paths:
            if _is_record(path):
                found.append(path.stem)
            elif not _known_companion(path):
                raise RecordError(
                    Problem(str(path), "is no trial record", "move it out of the records folder")
                )
        return found

    def records(self) -> Iterator[TrialRecord]:
        """All records, by hash. Raises RecordError at the first unreadable one."""
        for hash_ in self.hashes():
            if (record := self.get(hash_)) is not None:
                yield record

    def weights_of(self, record: TrialRecord) -> bytes | None:
        """The safetensors file that a record names, or None. A compact record comes without it."""
        path = self._weights_path(record.hash)
        return path.read_bytes() if record.weights and path.is_file() else None

    def _path(self, hash_: str) -> Path:
        return self.folder / f"{hash_}.json"

    def _weights_path(self, hash_: str) -> Path:
        return self.folder / f"{hash_}{WEIGHTS_SUFFIX}"


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold a run folder for writing, as `exclusive_lock` does. Raises AblateError when another
    process holds it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    busy = Problem(
        str(folder),
        "another ablate process is writing to this run",
        "wait until it ends, or give this run a folder of its own with --out",
    )
    with exclusive_lock(folder / LOCK_FILE, busy):
        yield


def record_files(folder: Path) -> list[Path]:
    """Files of a run folder's records, unread, by hash; none where there is no such folder."""
    return sorted(filter(_is_record, (Path(folder) / RECORDS_FOLDER).glob("*")))


def load_records(folder: Path) -> dict[str, TrialRecord]:
    """The records of a run folder (records/*.json) or of a report folder (records.jsonl), by hash.

    Where a folder holds both, the run's own come first. Raises RecordError when it holds neither.
    """
    folder = Path(folder)
    if not holds_records(folder):
        raise RecordError(
            Problem(
                str(folder),
                f"holds no records: neither {RECORDS_FOLDER}/ nor {COMPACT_FILE}",
                "name the folder of a run or of a report",
            )
        )
    own = {record.hash: record for record in RecordStore(folder).records()}
    return compact_records(folder) | own


def compact_records(folder: Path) -> dict[str, TrialRecord]:
    """The records of a report folder (records.jsonl), by hash; none where there is no such file."""
    compact = Path(folder) / COMPACT_FILE
    return read_compact(compact) if compact.is_file() else {}


def answers(record: TrialRecord, study: Study) -> bool:
    """Whether a record holds all that the study asks of a trial, so that it need not run.

    What the workload was asked for and does not give (`not_given` in the provenance) cannot be
    had by running again. A diverged trial has no final weights.
    """
    if record.status not in FINISHED:
        return False
    not_given = record.provenance.get("not_given", ())
    wants_curve = study.test_curve and "test_curve" not in not_given
    if wants_curve and any(record.history.values()) and not has_test_curve(record):
        return False
    wants_weights = study.keep_weights and "weights" not in not_given
    return not (wants_weights and record.status == "completed" and record.weights is None)


def answers_a_run(record: TrialRecord, study: Study) -> bool:
    """The same of a run, which takes no results from elsewhere."""
    return answers(record, study) and not record.is_from_elsewhere


def gather(
    hashes: Iterable[str], run_folder: Path, others: Iterable[Path], study: Study
) -> tuple[str, ...]:
    """Copy into a run what other runs and reports already know, so that it stands for itself.

    hashes: of the trials that the study plans; those whose record here answers the study are left
    alone. others: run and report folders, the first that answers wins; folders without records
    are passed over, and so are results from elsewhere. A folder that holds a report's compact
    records lends them to its own run, before all others. Returns the hashes copied. Raises
    RecordError when a folder cannot be read.
    """
    store = RecordStore(run_folder)
    missing = {hash_ for hash_ in hashes if not _answered(store.get(hash_), study)}
    copied = []
    for folder in (store.run_folder, *others):
        if not missing:
            break
        own = Path(folder).resolve() == store.run_folder.resolve()
        other = RecordStore(folder)
        for hash_, record in (compact_records if own else _all_records)(folder).items():
            if hash_ in missing and answers_a_run(record, study):
                store.put(record, other.weights_of(record))
                missing.remove(hash_)
                copied.append(hash_)
    return tuple(copied)


def _all_records(folder: Path) -> dict[str, TrialRecord]:
    return load_records(folder) if holds_records(folder) else {}


def _answered(record: TrialRecord | None, study: Study) -> bool:
    return record is not None and answers(record, study)


def holds_records(folder: Path) -> bool:
    """Whether there is anything in a folder for `load_records`."""
    return (Path(folder) / COMPACT_FILE).is_file() or (Path(folder) / RECORDS_FOLDER).is_dir()


def has_test_curve(record: TrialRecord) -> bool:
    """Whether the test set was scored at every validation point."""
    return any(column.startswith("test_") for column in record.history)


def _adds(record: TrialRecord, weights: bytes | None, kept: TrialRecord) -> bool:
    """Whether a finished record has what the one kept lacks, and lacks nothing that it has."""
    if record.status not in FINISHED:
        return False
    now = {"curve": has_test_curve(record), "weights": weights is not None}
    then = {"curve": has_test_curve(kept), "weights": kept.weights is not None}
    return all(now[key] >= then[key] for key in now) and now != then


def _is_record(path: Path) -> bool:
    return path.suffix == ".json" and not path.name.startswith(".")


def _known_companion(path: Path) -> bool:
    return path.name.startswith(".") or path.suffix in (WEIGHTS_SUFFIX, TEMPORARY_SUFFIX)
