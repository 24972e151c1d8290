"""A Ray cluster of several machines, all of them this one, started as docs/cluster.md has it."""

import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.command import kill_all

Node = subprocess.Popen[str]
_UNLOCKED = {"RAY_ADDRESS", "RAY_AUTH_TOKEN_PATH"}


class Nodes:
    """Machines of one CPU each. The first is the head."""

    def __init__(self, folder: str, outside: dict[str, str]) -> None:
        """folder: with a short path, for the sockets. outside: the environment around it."""
        self._folder, self._alive = folder, list[Node]()
        self.address = f"127.0.0.1:{_free_port()}"
        self.login = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        """What a driver needs in its environment to join."""
        self._environment = {
            **{name: value for name, value in outside.items() if name not in _UNLOCKED},
            **self.login,
            "RAY_OBJECT_STORE_ALLOW_SLOW_STORAGE": "1",
            "RAY_health_check_failure_threshold": "2",  # a lost one is missed after some seconds
        }

    def add(self) -> Node:
        """One machine more; returns when it is up."""
        _, _, port = self.address.partition(":")
        leads = ["--head", "--port", port, "--include-dashboard=false"]
        joins = ["--address", self.address] if self._alive else leads
        node = subprocess.Popen(
            [
                Path(sys.executable).with_name("ray"), "start", *joins, "--block",
                "--node-ip-address=127.0.0.1", "--num-cpus=1", "--num-gpus=0",
                "--object-store-memory=80000000", f"--temp-dir={self._folder}",
                "--disable-usage-stats", "--log-style=record",
            ],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip
        self._alive.append(node)
        said = ""
        for line in node.stdout or ():
            said += line
            if "Ray runtime started" in line:
                return node
        raise RuntimeError(f"no Ray came up: {said}")

    def lose(self, node: Node) -> None:
        """As where its power fails."""
        kill_all(node)
        self._alive.remove(node)
        if node.stdout:
            node.stdout.close()

    def lose_all(self) -> None:
        for node in tuple(self._alive):
            self.lose(node)


@contextmanager
def nodes(outside: dict[str, str]) -> Iterator[Nodes]:
    """None at first; nothing of them is left at the end."""
    folder = tempfile.mkdtemp(prefix="nodes-", dir="/tmp")
    found = Nodes(folder, outside)
    try:
        yield found
    finally:
        found.lose_all()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
