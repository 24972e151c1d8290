"""A Ray of our own, silent, locked, and gone afterwards; or a user's cluster by its address.

Ray listens on every interface whatever one asks, and runs what anyone sends it. So a private one
always asks for a token: a fresh random one, handed down in the environment and written nowhere.
"""

import importlib
import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from ablate.errors import AblateError, Problem
from ablate.tuning.running import Running
from ablate.tuning.temporary_folder import temporary_folder

ENVIRONMENT = {
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # module:function lies in the current directory
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",  # a trial without a GPU sees none
    "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",  # containers have a small /dev/shm
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Tune's would wait for the steps in progress
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",  # records are the memory
    "TUNE_MAX_PENDING_TRIALS_PG": "1000000",  # as many as are suggested
    "TUNE_WARN_THRESHOLD_S": "1000000",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "0",
}
_FOR_WORKERS = ("RAY_CHDIR_TO_TRIAL_DIR", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO")
OBJECT_STORE_BYTES = 2 * 2**30
"""At most; data sets are shared through it. Ray spills to disk what does not fit."""

ANSWER_SECONDS = 10.0
"""For a cluster's head to answer at all."""


@contextmanager
def cluster(
    address: str | None = None, *, cpus: int | None = None, gpus: int | None = None
) -> Iterator[None]:
    """A Ray to run trials on, for the length of a `with` block.

    address: of a user's cluster, joined with the user's own token; None starts a private one on
    this machine, which is shut down at the end together with all its processes and files.
    cpus, gpus: what the private one offers; None: what the machine has.
    Raises AblateError when the cluster cannot be joined, or a Ray already runs in this process.
    """
    with ExitStack() as cleanup:
        cleanup.enter_context(_environment(ENVIRONMENT))
        import ray

        cleanup.enter_context(_silence())
        if ray.is_initialized():
            raise AblateError("this process is already connected to a Ray; disconnect it first")
        if address is None:
            cleanup.enter_context(_private(cpus, gpus))
        else:
            cleanup.enter_context(_joined(address))
        yield


def ray_for(running: Running) -> AbstractContextManager[None]:
    """The Ray that trials are to run on, for the length of a `with` block; see `cluster`."""
    return nullcontext() if running.connected else cluster(running.address)


def machines() -> list[dict[str, float]]:
    """CPUs and GPUs of each machine of the cluster that is up, as {"CPU": 2.0, "GPU": 0.0}."""
    import ray

    return [
        {name: float(node["Resources"].get(name, 0.0)) for name in ("CPU", "GPU")}
        for node in ray.nodes()
        if node["Alive"]
    ]


@contextmanager
def _private(cpus: int | None, gpus: int | None) -> Iterator[None]:
    import ray

    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with (
        temporary_folder(_short_folder()) as folder,
        _environment(token, without=("RAY_ADDRESS", "RAY_AUTH_TOKEN_PATH")),
    ):
        _reread_environment()
        try:
            _start(cpus, gpus, folder)
            yield
        finally:
            with _undisturbed():
                ray.shutdown()


def _start(cpus: int | None, gpus: int | None, folder: str) -> None:
    """Raises AblateError where Ray does not come up, as on a machine that is too busy for it."""
    import ray

    try:
        ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=gpus,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            object_store_memory=_object_store_bytes(),
            _temp_dir=folder,
        )
    except Exception as error:  # Ray raises the bare class where a node is not up in time
        raise AblateError(
            Problem(
                "Ray",
                f"did not start on this machine: {_first_sentence(error)}",
                "try again when it is less busy; the same command continues",
            )
        ) from error


@contextmanager
def _joined(address: str) -> Iterator[None]:
    import ray

    _check_address(address)
    _reread_environment()
    try:
        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            # its workers have the environment of who started it
            runtime_env={"env_vars": {name: ENVIRONMENT[name] for name in _FOR_WORKERS}},
        )
    except (ConnectionError, OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise AblateError(
            Problem(
                f"--address {address}",
                f"no Ray cluster can be joined there: {_first_sentence(error)}",
                "check that RAY_AUTH_MODE=token, the cluster's token, and the versions of Ray and "
                "Python are the same here and there",
            )
        ) from error
    try:
        yield
    finally:
        with _undisturbed():
            ray.shutdown()


def _first_sentence(error: Exception) -> str:
    """Of what Ray says, which goes on with guesses; the error's name where it says nothing."""
    return " ".join(str(error).split()).partition(". ")[0] or type(error).__name__


def _check_address(address: str) -> None:
    """Raises AblateError where Ray itself would try for minutes, or take the address to mean that
    the driver is to run on the cluster, and so to write the records there. `auto` is first of all
    what RAY_ADDRESS says.
    """
    where = f"--address {address}"
    if address == "auto":
        address = os.environ.get("RAY_ADDRESS") or address
        where = f"{where} (RAY_ADDRESS {address})"
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "://" in address:
        raise AblateError(
            Problem(
                where,
                "is not the address of a cluster that this machine belongs to",
                "run on a machine of the cluster, with --address HOST:PORT, or auto",
            )
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_SECONDS).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise AblateError(
            Problem(
                where,
                f"nothing answers there: {error}",
                "give the address that `ray start --head` names",
            )
        ) from None


@contextmanager
def _environment(values: Mapping[str, str], without: tuple[str, ...] = ()) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (*values, *without)}
    os.environ.update(values)
    for name in without:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing of Ray's reaches the terminal: what matters comes back as an exception."""
    loggers = [logging.getLogger(name) for name in ("ray", "ray.tune", "ray.train", "ray._private")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), _no_news():
        warnings.filterwarnings("ignore", module=r"ray\b")
        warnings.filterwarnings("ignore", category=ResourceWarning)
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def _no_news() -> Iterator[None]:
    """Of lost machines Ray tells on standard output, logged or not, with pages of their logs."""
    worker: Any = importlib.import_module("ray._private.worker")
    before = getattr(worker, "print_to_stdstream", None)
    worker.print_to_stdstream = lambda *message, **options: None
    try:
        yield
    finally:
        worker.print_to_stdstream = before


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave half of Ray behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _reread_environment() -> None:
    """Ray keeps mode and token from when it was imported, or from the cluster before."""
    raylet: Any = importlib.import_module("ray._raylet")
    try:
        raylet.Config.initialize("")
        raylet.AuthenticationTokenLoader.instance().reset_cache()
    except AttributeError:  # a Ray that keeps nothing, or keeps it elsewhere
        return


def _short_folder() -> str:
    """Unix sockets lie below it, whose paths may have about 100 characters."""
    return "/tmp" if os.access("/tmp", os.W_OK | os.X_OK) else tempfile.gettempdir()


def _object_store_bytes() -> int:
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        memory = 4 * 2**30
    return min(OBJECT_STORE_BYTES, memory // 4)
