"""Where Optuna remembers the points of a search: a journal in the run folder, or a database.

A search may be killed at any moment. Opening the storage again mends what that left behind: the
torn last line of the journal, its lock, and points whose trials were running. So it is one search's
alone while that lasts, whichever folder the search has.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudySummary
from optuna.trial import FrozenTrial, TrialState

from ablate.errors import AblateError, Problem
from ablate.records.exclusive_lock import exclusive_lock
from ablate.records.search_result import SearchMethod

JOURNAL_FILE = "search.journal"
OWNER, METHODS, REPEATS, STATUS, TRIALS = "ablate", "methods", "repeats", "status", "trials"
"""Keys of user attributes: of an Optuna study what it belongs to and how its points were chosen, of
a trial the number of the one that it repeats, how it ended, and, once it has all its parameters,
the hashes of what it trains."""
_OPERATION, _SQLITE = b'{"op_code":', b"SQLite format 3\0"
"""How each line of a journal, and an SQLite database, begins."""


class Owner(NamedTuple):
    """What an Optuna study belongs to: what has to be equal for its values to be comparable."""

    study: str
    space: str
    """The space's name, for people."""
    space_digest: str
    arm: str
    """Digest of what the arm computes."""
    workload_version: str
    seeds: tuple[int, ...]
    objectives: tuple[str, ...]

    def as_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return json.loads(json.dumps(self._asdict()))  # type: ignore[no-any-return]


def shown_storage(where: str | Path) -> str:
    """A storage as messages name it: a database's URL without its password."""
    text = str(where)
    if "://" not in text:
        return text
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return f"{text.partition('://')[0]}://..."
    if url.get_backend_name() == "sqlite" and url.password is None:
        return text
    return url.set(query={}).render_as_string()  # a password may stand there, too


@contextmanager
def storage_lock(where: str | Path) -> Iterator[None]:
    """Hold a storage against other processes: a journal, or the file of an SQLite database.

    No lock is there for other databases; see `undisturbed`. Raises AblateError when another process
    holds it, it is a folder, or its lock cannot be made. Within a process it may be taken again.
    """
    file = _file_of(str(where))
    if file is None:
        yield
        return
    shown = shown_storage(where)
    busy = Problem(
        shown,
        "another ablate process is searching with this storage",
        "wait until it ends, or name another storage with --storage",
    )
    if file.is_dir():
        raise AblateError(
            Problem(shown, "is a folder", f"name a file, as in {file / JOURNAL_FILE}")
        )
    with exclusive_lock(file.with_name(f".{file.name}.writer.lock"), busy):
        yield


def is_lockable(where: str | Path) -> bool:
    """Whether `storage_lock` keeps other processes away from this storage."""
    return _file_of(str(where)) is not None


@contextmanager
def undisturbed(study: optuna.Study, number: int) -> Iterator[None]:
    """Raises AblateError where a point that this search writes to was ended by another one, which
    a lock on the storage would have kept away.
    """
    try:
        yield
    except (ValueError, UpdateFinishedTrialError):
        if not study.get_trials(deepcopy=False)[number].state.is_finished():
            raise
        raise AblateError(
            Problem(
                "--storage",
                f"another search has ended point {number} of '{study.study_name}', which ran here",
                "let one search at a time use a storage; finished trials are recorded, and the "
                "same command continues",
            )
        ) from None


def open_storage(where: str | Path) -> BaseStorage:
    """The storage: a database's URL (`sqlite:///search.db`), or the path of a journal file.

    The caller holds its lock. Raises AblateError when it cannot be opened.
    """
    text = str(where)
    if "://" in text:
        return _open_database(text)
    path = Path(where)
    mend_journal(path)
    return JournalStorage(JournalFileBackend(text))


def mend_journal(path: Path) -> None:
    """Cut the torn last line of a journal, and remove the lock of a writer that was killed.

    Optuna's reader forgives such a line, but its writer puts the next record behind it, on the
    same line, where it is lost and takes the rest of the file with it. Raises AblateError when the
    file is no journal, a line before the last is damaged, or the file cannot be read; nothing is
    changed then, as it may be anybody's.
    """
    try:
        content = path.read_bytes() if path.exists() else b""
        _check_journal(path, content)
        _remove_lock(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
    except OSError as error:
        raise AblateError(Problem(str(path), f"cannot be opened: {error.strerror}")) from None


def _check_journal(path: Path, content: bytes) -> None:
    if content.startswith(_SQLITE):
        raise AblateError(
            Problem(
                str(path),
                "is an SQLite database, which a URL names; a path names a journal",
                f"write --storage sqlite:///{path}",
            )
        )
    *lines, torn = content.split(b"\n")
    strange = (number for number, line in enumerate(lines, start=1) if not _is_operation(line))
    begins_as_one = torn.startswith(_OPERATION) or _OPERATION.startswith(torn)
    number = next(strange, None if lines or begins_as_one else 1)
    if number is not None:
        raise AblateError(
            Problem(
                f"{path}, line {number}",
                "is no line of an Optuna journal",
                "name another storage with --storage, or move the file away: the search then "
                "starts anew, and trials that are recorded are not run again",
            )
        )


def _remove_lock(path: Path) -> None:
    """A link to the journal is what Optuna makes; of anything else it would wait for the end, and
    then remove it.
    """
    lock = path.with_name(f"{path.name}.lock")
    if lock.is_symlink() and lock.readlink().name == path.name:
        lock.unlink()
    elif os.path.lexists(lock):
        raise AblateError(
            Problem(
                str(lock),
                "stands where Optuna locks the journal, and is no lock of its own",
                "name another storage with --storage, or move the file away",
            )
        )


def open_study(
    storage: BaseStorage,
    where: str,
    name: str,
    directions: Sequence[Literal["minimize", "maximize"]],
    owner: Owner,
    *,
    alone: bool,
) -> optuna.Study:
    """The arm's Optuna study in a storage, made if absent; `sampler` is still to be set.

    where: the storage as messages name it. alone: whether no other search can be at work in it, so
    that what one has left there without having found anything is removed. Raises AblateError when
    it belongs to another study or space, or holds values that mean something else.
    """
    left: list[str] = []
    for summary in optuna.get_all_study_summaries(storage):
        try:
            _check_study(where, summary, name, directions[0], owner)
        except AblateError:
            if not alone or _has_found(storage, summary):
                raise
            left.append(summary.study_name)
    for found_nothing in left:
        optuna.delete_study(study_name=found_nothing, storage=storage)
    study = optuna.create_study(
        storage=storage,
        study_name=name,
        directions=directions,
        load_if_exists=True,
        pruner=optuna.pruners.NopPruner(),
    )
    if OWNER not in study.user_attrs:
        study.set_user_attr(OWNER, owner.as_plain())
    return study


def _check_study(where: str, found: StudySummary, name: str, direction: str, owner: Owner) -> None:
    theirs = found.user_attrs.get(OWNER)
    if theirs is not None or found.n_trials > 0:  # else killed before signing the study
        _check_owner(where, found.study_name, theirs, name, owner)
    _check_direction(where, found.directions[0].name.lower(), direction, owner)


def _has_found(storage: BaseStorage, found: StudySummary) -> bool:
    """Whether a point of it has ended; what ablate has not made is never said to be empty."""
    if OWNER not in found.user_attrs:
        return True
    study = optuna.load_study(study_name=found.study_name, storage=storage)
    return any(STATUS in trial.user_attrs for trial in study.get_trials(deepcopy=False))


def revive(study: optuna.Study, storage: BaseStorage) -> None:
    """Enqueue again the points that were running when the search was killed, and those that
    failed; mark the former as failed.

    First enqueued, then marked, and never twice, so that a kill in between does no harm.
    """
    study_id = storage.get_study_id_from_name(study.study_name)
    trials = study.get_trials(deepcopy=False)
    repeated = {trial.user_attrs.get(REPEATS) for trial in trials}
    for trial in trials:
        running = trial.state == TrialState.RUNNING
        failed = trial.state == TrialState.FAIL and trial.user_attrs.get(STATUS) == "failed"
        if not (running or failed):
            continue
        if trial.number not in repeated:
            # One killed before it had all of its parameters is drawn anew, as it would have been.
            again = params_of(trial) if TRIALS in trial.user_attrs else _given(trial)
            study.enqueue_trial(again, user_attrs={REPEATS: trial.number})
        if running:
            trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
            storage.set_trial_state_values(trial_id, TrialState.FAIL)


def params_of(trial: FrozenTrial) -> dict[str, Any]:
    """A point's parameters as it was asked for with them; of one killed before it took all, those
    it was to take. Those that were given to it stay as they were: Optuna turns a whole number into
    a float, which a workload may hash otherwise.
    """
    return {**trial.params, **_given(trial)}


def _given(trial: FrozenTrial) -> dict[str, Any]:
    return dict(trial.system_attrs.get("fixed_params", {}))


def is_known(study: optuna.Study, number: int | None) -> bool:
    """Whether a point that waits was given its parameters."""
    return number is not None and bool(_given(study.get_trials(deepcopy=False)[number]))


def note_method(study: optuna.Study, method: SearchMethod) -> None:
    """Note how the points that are asked for next are chosen."""
    noted = methods_of(study)
    if method not in noted:
        study.set_user_attr(METHODS, [each.model_dump(mode="json") for each in (*noted, method)])


def methods_of(study: optuna.Study) -> tuple[SearchMethod, ...]:
    """How the study's points were chosen, in the order of calls."""
    return tuple(map(SearchMethod.model_validate, study.user_attrs.get(METHODS, ())))


def last_tries(study: optuna.Study) -> list[FrozenTrial]:
    """Of each of the study's points its last try, be it one that still waits, in the order in which
    the points were first asked for.
    """
    places: dict[int, int] = {}
    last: dict[int, FrozenTrial] = {}
    for trial in study.get_trials(deepcopy=False):
        place = places.get(trial.user_attrs.get(REPEATS, -1), trial.number)
        places[trial.number] = place
        last[place] = trial
    return list(last.values())


def ask_next(study: optuna.Study, storage: BaseStorage, waiting: int | None = None) -> optuna.Trial:
    """The study's next point. waiting: the number of one that waits; Optuna itself would take the
    lowest, which may be a point beyond those that a call asks for. None: of those that wait, if
    any, the lowest.
    """
    if waiting is None:
        return study.ask()
    study_id = storage.get_study_id_from_name(study.study_name)
    trial_id = storage.get_trial_id_from_study_id_trial_number(study_id, waiting)
    storage.set_trial_state_values(trial_id, TrialState.RUNNING)
    return optuna.Trial(study, trial_id)


def standing(study: optuna.Study) -> list[FrozenTrial]:
    """The study's points that have ended and are not to be tried again."""
    return [trial for trial in last_tries(study) if trial.state.is_finished()]


def found_so_far(study: optuna.Study) -> list[FrozenTrial]:
    """The study's points that have ended. One that failed is among them until its next try has
    ended, too: the search may end before that.
    """
    trials = {trial.number: trial for trial in study.get_trials(deepcopy=False)}
    found = []
    for newest in last_tries(study):
        ended: FrozenTrial | None = newest
        if not newest.state.is_finished():
            while ended is not None and ended.user_attrs.get(STATUS) != "failed":
                ended = trials.get(ended.user_attrs.get(REPEATS, -1))
        if ended is not None:
            found.append(ended)
    return found


def _file_of(where: str) -> Path | None:
    """The file that a storage is; None of a database that is none, or that cannot be opened."""
    if "://" not in where:
        return Path(where).resolve()
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        return None
    name = (url.database or "").removeprefix("file:")
    if url.get_backend_name() != "sqlite" or name in ("", ":memory:"):
        return None
    file = Path(name).resolve()
    return file if file.parent.is_dir() else None


def _open_database(url: str) -> BaseStorage:
    from sqlalchemy.exc import SQLAlchemyError

    # A RuntimeError says that another version of Optuna has made it, and what to do.
    kinds = SQLAlchemyError, ImportError, ValueError, RuntimeError, optuna.exceptions.OptunaError
    try:
        return RDBStorage(url)
    except kinds as error:
        raise AblateError(
            Problem(
                f"--storage {url.split('://')[0]}://...",
                f"cannot be opened: {_first_line(error)}",
                "write it as in sqlite:///search.db, or leave it out: a journal in the run folder",
            )
        ) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _check_owner(where: str, found: str, theirs: Any, name: str, ours: Owner) -> None:
    if what := _difference(theirs, ours.as_plain(), same_arm=found == name):
        raise _of_another_search(where, what)


def _check_direction(where: str, theirs: str, direction: str, ours: Owner) -> None:
    """A description of the metric may have come after the points, be it those of another arm, with
    which this one is reported; Optuna keeps a study's first.
    """
    if theirs != direction:
        words = ("more", "less") if direction == "minimize" else ("less", "more")
        what = "it took {} {metric} to be better, not {}".format(*words, metric=ours.objectives[0])
        raise _of_another_search(where, what)


def _of_another_search(where: str, what: str) -> AblateError:
    return AblateError(
        Problem(
            where,
            f"belongs to another search: {what}",
            "search in another folder with --out, name another storage with --storage, or "
            "remove this one: trials that are recorded are not run again",
        )
    )


def _difference(theirs: Any, ours: Mapping[str, Any], same_arm: bool) -> str:
    if theirs is None:
        return "it holds an Optuna study that ablate has not made"
    if not isinstance(theirs, dict) or theirs.keys() != ours.keys():
        return "it was made by another version of ablate"
    words = {
        "study": "its study is '{}', not '{}'",
        "space": "its space is '{}', not '{}'",
        "space_digest": "its space of the same name had other parameters",
        "seeds": "its points have seeds {}, not {}",
        "objectives": "it looks at {}, not {}",
    }
    if same_arm:
        words |= {
            "workload_version": "its workload was version {}, and is {} now",
            "arm": "the arm's settings were others",
        }
    for key, text in words.items():
        if theirs[key] != ours[key]:
            return text.format(_shown(theirs[key]), _shown(ours[key]))
    return ""


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _is_operation(line: bytes) -> bool:
    try:
        content = json.loads(line)
    except ValueError:
        return False
    return isinstance(content, dict) and "op_code" in content
