"""The embedded server starts, is shared, survives its users and leaves nothing running."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.pg_binaries import RunAs
from pipewarden.kit.postgres import cluster_at, embedded


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="pw-pg-"))
    made.chmod(0o755)
    yield made
    cluster_at(made).stop()
    shutil.rmtree(made, ignore_errors=True)


def test_it_keeps_data_over_restarts_and_stops_with_its_last_user(folder: Path) -> None:
    with embedded(folder) as urls, psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    assert not cluster_at(folder).running()
    with embedded(folder) as urls, psycopg.connect(urls.owner) as connection:
        assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]


def test_it_is_durable_and_only_on_a_socket(folder: Path) -> None:
    with embedded(folder) as urls, psycopg.connect(urls.app) as connection:
        shown = {
            name: connection.execute(f"SHOW {name}").fetchone()  # type: ignore[arg-type]  literal names below
            for name in ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "data_checksums")
        }
    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "full_page_writes": ("on",),
        "listen_addresses": ("",),
        "data_checksums": ("on",),
    }


def test_a_wrong_password_is_refused(folder: Path) -> None:
    with embedded(folder) as urls:
        wrong = urls.app.replace(urls.app.split(":")[2].split("@")[0], "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)


def test_the_app_role_makes_no_tables(folder: Path) -> None:
    with (
        embedded(folder) as urls,
        psycopg.connect(urls.app) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("CREATE TABLE mine (n int)")


def test_a_second_user_keeps_the_server_up(folder: Path) -> None:
    with embedded(folder):
        with embedded(folder):
            pass
        assert cluster_at(folder).running()


def test_a_killed_user_does_not_keep_the_server_up(folder: Path) -> None:
    script = (
        "import sys,time\nfrom pathlib import Path\nfrom pipewarden.kit.postgres import embedded\n"
        "with embedded(Path(sys.argv[1])):\n  print('up', flush=True)\n  time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    assert child.returncode == -signal.SIGKILL  # the fault happened
    assert cluster_at(folder).running()
    with embedded(folder):
        pass
    assert not cluster_at(folder).running()


def test_a_killed_server_comes_back_with_what_was_committed(folder: Path) -> None:
    with embedded(folder) as urls:
        with psycopg.connect(urls.owner) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        pid = int((cluster_at(folder).data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while cluster_at(folder).running() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not cluster_at(folder).running()  # the fault happened
        with embedded(folder) as again, psycopg.connect(again.owner) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_a_first_start_cut_short_is_begun_anew(folder: Path) -> None:
    cluster = cluster_at(folder)
    cluster.data.mkdir(parents=True)
    (cluster.data / "PG_VERSION").write_text("18\n")
    with embedded(folder) as urls, psycopg.connect(urls.app) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_lost_secret_never_costs_the_data(folder: Path) -> None:
    with embedded(folder):
        pass
    (folder / "database.secret").unlink()
    with pytest.raises(UnavailableError) as caught, embedded(folder):
        pass
    assert "database.secret is gone" in caught.value.problem
    assert (cluster_at(folder).data / "PG_VERSION").exists()


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    cluster = cluster_at(deep)
    assert len(str(cluster.socket)) < 100
    cluster.socket.rmdir()


def test_a_private_parent_hides_a_folder_from_a_lent_user(folder: Path) -> None:
    (folder / "private").mkdir(mode=0o700)
    assert not RunAs(uid=65534, gid=65534).reaches(folder / "private" / "x")
    assert RunAs(uid=65534, gid=65534).reaches(folder / "x")
    assert RunAs().reaches(folder / "private" / "x")
