"""The durable memory of a run: one file a trial, keyed by the hash of its spec.

    <run folder>/records/<hash>.json           the record
    <run folder>/records/<hash>.safetensors    its final weights, where the study keeps them

What is missing is study minus store; nothing else is remembered.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ablate.atomic import TEMPORARY_SUFFIX, sweep_left_over, write_atomically
from ablate.errors import Problem, RecordError
from ablate.records.compact import COMPACT_FILE, read_compact
from ablate.records.encoding import decode, encode
from ablate.records.exclusive_lock import exclusive_lock
from ablate.records.schema import NOT_GIVEN, TEST_CURVE, WEIGHTS, WEIGHTS_SUFFIX, TrialRecord
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

    def put(self, record: TrialRecord, weights: bytes | None = None) -> TrialRecord:
        """Write a record so that it survives whatever happens next. Returns the trial's record as
        it is then.

        weights: a safetensors file. Of a completed or diverged record and a later one, the one
        that counts stays (`that_counts`). Any other record gives way to a later ending. Raises
        RecordError where the one that is there cannot be read, or none can be written.
        """
        named = None if weights is None else self._weights_path(record.hash).name
        record = record.model_copy(update={"weights": named})
        kept = self.get(record.hash)
        if kept is not None and kept.status not in FINISHED:
            kept = None
        counts = that_counts(kept, record)
        if counts is kept:
            return counts
        new_weights = weights if kept is None or _gives_more(record, kept) else None
        try:
            self._write(counts, new_weights)
        except OSError as error:
            raise RecordError(
                Problem(
                    str(self._path(record.hash)),
                    f"cannot be written: {error.strerror}",
                    "make room for it; the same command continues",
                )
            ) from None
        return counts

    def _write(self, record: TrialRecord, weights: bytes | None) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if weights is not None:
            write_atomically(self._weights_path(record.hash), weights)
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
    """Hold a run folder for writing, as `exclusive_lock` does, swept of what killed writers have
    left. Raises AblateError when another process holds it, or its lock cannot be made.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    busy = Problem(
        str(folder),
        "another ablate process is writing to this run",
        "wait until it ends, or give this run a folder of its own with --out",
    )
    with exclusive_lock(folder / LOCK_FILE, busy):
        for swept in (folder, folder / RECORDS_FOLDER):
            sweep_left_over(swept)
        yield


def record_files(folder: Path) -> list[Path]:
    """Files of a run folder's records, unread, by hash; none where there is no such folder."""
    return sorted(filter(_is_record, (Path(folder) / RECORDS_FOLDER).glob("*")))


def load_records(folder: Path) -> dict[str, TrialRecord]:
    """The records of a run folder (records/*.json) or of a report folder (records.jsonl), by hash.

    Where a folder holds both, the run's own come first, as in `joined`. Raises RecordError when it
    holds neither.
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
    return joined(own, compact_records(folder))


def compact_records(folder: Path) -> dict[str, TrialRecord]:
    """The records of a report folder (records.jsonl), by hash; none where there is no such file."""
    compact = Path(folder) / COMPACT_FILE
    return read_compact(compact) if compact.is_file() else {}


def joined(*folders: Mapping[str, TrialRecord]) -> dict[str, TrialRecord]:
    """The records of several folders, by hash; of two of one trial the one that counts, where the
    earlier folder's is the one kept.
    """
    found: dict[str, TrialRecord] = {}
    for records in folders:
        for hash_, record in records.items():
            found[hash_] = that_counts(found.get(hash_), record)
    return found


def that_counts(kept: TrialRecord | None, other: TrialRecord) -> TrialRecord:
    """Of two records of one trial the one that counts: that which is kept, if there is any, unless
    only the other is finished, or gives all that the first does and more (a test curve, weights).

    What one of them names as not given, and the one that counts does not give, is named in that,
    too: asking once more would bring nothing.
    """
    if kept is None:
        return other
    if other.status not in FINISHED:
        return kept
    counts = other if kept.status not in FINISHED or _gives_more(other, kept) else kept
    named = _not_given(kept) | _not_given(other)
    if named <= _not_given(counts) | _given(counts):
        return counts
    not_given = {NOT_GIVEN: sorted(named - _given(counts))}
    return counts.model_copy(update={"provenance": counts.provenance | not_given})


def answers(record: TrialRecord, study: Study) -> bool:
    """Whether a record holds all that the study asks of a trial, so that it need not run.

    What the workload was asked for and does not give cannot be had by running again. A trial
    without validation points has no test curve, and a diverged one no final weights.
    """
    if record.status not in FINISHED:
        return False
    settled = _given(record) | _not_given(record)
    wants_curve = study.test_curve and any(record.history.values())
    wants_weights = study.keep_weights and record.status == "completed"
    return (TEST_CURVE in settled or not wants_curve) and (WEIGHTS in settled or not wants_weights)


def answers_a_run(record: TrialRecord, study: Study) -> bool:
    """The same of a run, which takes no results from elsewhere."""
    return answers(record, study) and not record.is_from_elsewhere


def answers_a_search(record: TrialRecord, study: Study) -> bool:
    """The same of a search, which takes trials that a scheduler has stopped as well: it judges
    itself whether it would have stopped them, too.
    """
    was_stopped = record.status == "pruned" and not record.is_from_elsewhere
    return was_stopped or answers_a_run(record, study)


Answers = Callable[[TrialRecord, Study], bool]
"""Whether a record is what a study asks for."""


def gather(
    hashes: Iterable[str],
    run_folder: Path,
    others: Iterable[Path],
    study: Study,
    answering: Answers = answers_a_run,
) -> tuple[str, ...]:
    """Copy into a run what other runs and reports already know, so that it stands for itself.

    hashes: of the trials that the study plans; those whose record here answers the study are left
    alone. others: run and report folders, the first that answers wins; folders without records
    are passed over, and so are results from elsewhere, and records in place of which the one here
    counts. A folder that holds a report's compact records lends them to its own run, before all
    others. answering: which records are taken. Returns the hashes copied. Raises RecordError when
    a folder cannot be read.
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
            if hash_ not in missing or not improves(record, store.get(hash_), study, answering):
                continue
            put = store.put(record, other.weights_of(record))
            if answers(put, study):
                missing.remove(hash_)
            if answers(put, study) or answering(put, study):
                copied.append(hash_)
    return tuple(copied)


def improves(
    record: TrialRecord, kept: TrialRecord | None, study: Study, answering: Answers
) -> bool:
    """Whether a record from elsewhere is to be taken beside the one that is kept. Of trials that
    were stopped the first one found stays, until one is found trained.
    """
    if kept is not None and answering(kept, study):
        return answers_a_run(record, study) and not answers_a_run(kept, study)
    return answering(record, study)


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


def _gives_more(record: TrialRecord, kept: TrialRecord) -> bool:
    """Whether a record has what the one kept lacks, and lacks nothing that it has."""
    return _given(record) > _given(kept)


def _given(record: TrialRecord) -> set[str]:
    """What a study may ask for and the record has."""
    has = {TEST_CURVE: has_test_curve(record), WEIGHTS: record.weights is not None}
    return {name for name, given in has.items() if given}


def _not_given(record: TrialRecord) -> set[str]:
    """What the trial was asked for, and its workload did not give."""
    return set(record.provenance.get(NOT_GIVEN, ()))


def _is_record(path: Path) -> bool:
    return path.suffix == ".json" and not path.name.startswith(".")


def _known_companion(path: Path) -> bool:
    return path.name.startswith(".") or path.suffix in (WEIGHTS_SUFFIX, TEMPORARY_SUFFIX)
