import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ablate.errors import AblateError
from ablate.tuning.cluster import _check_address, cluster, machines

JOIN = "import sys, ray; ray.init(address=sys.argv[1], log_to_driver=False); print('joined')"


def join(address: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Another process on this machine that tries to join."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    return subprocess.run(
        [sys.executable, "-c", JOIN, address],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.usefixtures("ray")
class TestAPrivateCluster:
    def test_offers_what_it_was_given(self):
        assert machines() == [{"CPU": 1.0, "GPU": 2.0}]

    def test_refuses_a_client_without_the_token(self, tmp_path: Path):
        import ray

        address = ray.get_runtime_context().gcs_address
        refused = join(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN="0" * 64, HOME=str(tmp_path))
        assert refused.returncode != 0
        assert "joined" not in refused.stdout
        assert "nauthenticated" in refused.stderr

    def test_admits_one_with_the_token(self):
        import ray

        address = ray.get_runtime_context().gcs_address
        token = os.environ["RAY_AUTH_TOKEN"]
        admitted = join(address, RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)
        assert admitted.stdout == "joined\n"

    def test_writes_the_token_nowhere(self):
        import ray

        token = os.environ["RAY_AUTH_TOKEN"].encode()
        session = Path(ray._private.worker.global_worker.node.get_session_dir_path())
        files = [path for path in session.parent.rglob("*") if path.is_file()]
        assert files and not [path for path in files if token in path.read_bytes()]
        assert not (Path.home() / ".ray" / "auth_token").exists()

    def test_is_not_started_twice_in_a_process(self):
        with pytest.raises(AblateError) as caught, cluster():
            pass
        assert str(caught.value) == (
            "this process is already connected to a Ray; disconnect it first"
        )


@pytest.mark.parametrize("address", ["ray://head:10001", "local", "head", "head:", ":6379"])
def test_an_address_from_afar_is_refused(address: str):
    with pytest.raises(AblateError) as caught:
        _check_address(address)
    assert str(caught.value) == (
        f"--address {address}: is not the address of a cluster that this machine belongs to\n"
        "    run on a machine of the cluster, with --address HOST:PORT, or auto"
    )


def test_auto_is_refused_where_it_means_an_address_from_afar(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    with pytest.raises(AblateError) as caught:
        _check_address("auto")
    assert str(caught.value) == (
        "--address auto (RAY_ADDRESS ray://head:10001): is not the address of a cluster that this "
        "machine belongs to\n    run on a machine of the cluster, with --address HOST:PORT, or auto"
    )
    for unsaid in ("", "auto"):
        monkeypatch.setenv("RAY_ADDRESS", unsaid)
        _check_address("auto")


def test_an_address_where_nothing_answers_is_told_at_once():
    with socket.socket() as taken, pytest.raises(AblateError) as caught:
        taken.bind(("127.0.0.1", 0))
        _check_address(f"127.0.0.1:{taken.getsockname()[1]}")
    assert "nothing answers there: [Errno " in str(caught.value)


def test_a_ray_that_does_not_come_up_is_told_as_what_it_is(monkeypatch: pytest.MonkeyPatch):
    import ray

    def too_busy(**_: object) -> None:
        raise Exception("The current node timed out during startup. This could happen because ...")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)  # of the cluster that other tests share
    monkeypatch.setattr(ray, "init", too_busy)
    with pytest.raises(AblateError) as caught, cluster(None):
        pytest.fail("there is no cluster")
    assert str(caught.value) == (
        "Ray: did not start on this machine: The current node timed out during startup\n"
        "    try again when it is less busy; the same command continues"
    )
