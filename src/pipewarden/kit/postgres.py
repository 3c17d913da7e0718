"""The embedded PostgreSQL under our own control: nothing to install, nothing lost, nothing left running.

The wheel's own ``get_server()`` opens parent folders to everyone and loses track of its users (stack.md §4); this uses
its programs only. Whoever works on the database holds a shared file lock; the last to leave stops the server, also when
others were killed, because the kernel drops their locks.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.pg_binaries import RunAs, program_folder, server_user

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SOCKET_LIMIT = 100  # sockaddr_un holds 108 bytes, the file name takes the rest
_ZOMBIE_WAIT_S = 5.0
_SHARED_CLUSTERS = Path("/var/lib/pipewarden/clusters")
_MADE = "pipewarden.made"  # written last: data without it is a first start that was cut short
_SETTINGS = (
    "-c listen_addresses='' -c synchronous_commit=on -c fsync=on -c full_page_writes=on "
    "-c unix_socket_permissions=0777 -c timezone=UTC"
)  # the socket's folder is 0700 or owned by the lent user, and every role has a password


@dataclass(frozen=True, slots=True)
class Urls:
    """The two ways into the database: ``owner`` migrates, ``app`` works and cannot rewrite what is append-only."""

    owner: str
    app: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """One embedded server: its data, its socket folder, its programs and its user."""

    home: Path
    data: Path
    socket: Path
    bin: Path
    run_as: RunAs

    def urls(self) -> Urls:
        """Return the URLs with the secrets made at first start."""
        try:
            lines = dict(line.split("=", 1) for line in self._secrets().read_text().splitlines())
        except FileNotFoundError as error:
            raise UnavailableError(
                field="PIPEWARDEN_HOME",
                problem=f"{self._secrets()} is gone, the database cannot be opened without it",
                fix="Restore this file from the backup; the data itself is untouched.",
            ) from error
        host = quote(str(self.socket), safe="")
        return Urls(
            owner=f"postgresql://pipewarden_owner:{lines['owner']}@/pipewarden?host={host}",
            app=f"postgresql://pipewarden_app:{lines['app']}@/pipewarden?host={host}",
        )

    def _secrets(self) -> Path:
        return self.home / "database.secret"

    def running(self) -> bool:
        """Say whether the server answers."""
        if not (self.data / "postmaster.pid").exists():
            return False
        done = self._run("pg_isready", "-q", "-h", str(self.socket), "-t", "2", check=False)
        return done.returncode == 0

    def start(self) -> None:
        """Start the server, made on first use; returns once it answers."""
        if self.running():
            return
        if not (self.data / _MADE).exists():
            self._make()
        self._bury_zombie()
        options = f"-k {self.socket} {_SETTINGS}"
        log = self.data / "server.log"
        self._run("pg_ctl", "-w", "-t", "60", "-D", str(self.data), "-l", str(log), "-o", options, "start", quiet=True)

    def stop(self) -> None:
        """Stop the server after the running transactions were rolled back."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self.data), "stop", check=False, quiet=True)

    def _make(self) -> None:
        words = {"super": secrets.token_hex(24), "owner": secrets.token_hex(24), "app": secrets.token_hex(24)}
        if self.data.exists():  # a first start that was cut short leaves no data worth keeping
            shutil.rmtree(self.data)
        self.data.mkdir(parents=True, mode=0o700)
        self.run_as.own(self.data)
        word_file = self.data.parent / f".pw-{os.getpid()}"
        _write_secret(word_file, words["super"])
        self.run_as.own(word_file)
        try:
            self._run(
                "initdb", "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={word_file}",
                "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "-k",
                "--no-instructions",
            )  # fmt: skip
        except UnavailableError:
            shutil.rmtree(self.data, ignore_errors=True)
            raise
        finally:
            word_file.unlink(missing_ok=True)
        self._first_roles(words)

    def _first_roles(self, words: dict[str, str]) -> None:
        """Make roles and database in single-user mode, so that no half-made server ever listens."""
        script = "\n".join(
            [
                f"CREATE ROLE pipewarden_owner LOGIN PASSWORD '{words['owner']}';",
                f"CREATE ROLE pipewarden_app LOGIN PASSWORD '{words['app']}';",
                "CREATE DATABASE pipewarden OWNER pipewarden_owner;",
            ]
        )
        self._run("postgres", "--single", "-D", str(self.data), "postgres", text_in=script + "\n", quiet=True)
        _write_secret(self._secrets(), "".join(f"{name}={word}\n" for name, word in words.items()))
        (self.data / _MADE).touch()

    def _bury_zombie(self) -> None:
        """Wait for a killed postmaster to be reaped: a zombie's pid looks alive to pg_ctl."""
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + _ZOMBIE_WAIT_S
        while pid_file.exists() and time.monotonic() < deadline:
            state = Path(f"/proc/{pid_file.read_text().split()[0]}/stat")
            if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z":
                return
            time.sleep(0.05)

    def _run(
        self, program: str, *words: str, check: bool = True, quiet: bool = False, text_in: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        # pg_ctl's child keeps our pipes open, so a quiet run must not have any
        out = subprocess.DEVNULL if quiet else subprocess.PIPE
        done = subprocess.run(  # noqa: S603  our own programs with our own words
            [str(self.bin / program), *words],
            cwd="/",
            input=text_in,
            stdin=subprocess.DEVNULL if text_in is None else None,
            stdout=out,
            stderr=out,
            text=True,
            check=False,
            timeout=120,
            user=self.run_as.uid,
            group=self.run_as.gid,
            extra_groups=None if self.run_as.uid is None else [],
        )
        if check and done.returncode != 0:
            raise UnavailableError(
                field="PIPEWARDEN_HOME",
                problem=f"the embedded database failed at {program}: {(done.stderr or '').strip()[-300:]}",
                fix=f"Look into {self.data / 'server.log'}, check free space and rights of {self.home}.",
            )
        return done


def _write_secret(path: Path, content: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def cluster_at(home: Path) -> Cluster:
    """Return the embedded server of ``home``; data goes to /var/lib when root's lent user cannot reach ``home``."""
    run_as = server_user()
    home.mkdir(parents=True, exist_ok=True, mode=0o755 if run_as.uid is not None else 0o700)
    name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
    base = home / "database" if run_as.reaches(home / "database") else _SHARED_CLUSTERS / name
    base.mkdir(parents=True, exist_ok=True, mode=0o755)
    run_as.own(base)
    socket = base / "socket"
    if len(str(socket)) > _SOCKET_LIMIT:
        socket = Path("/tmp") / f"pipewarden-{os.geteuid()}-{name}"  # noqa: S108  owned, 0700, checked below
    socket.mkdir(exist_ok=True, mode=0o700)
    found = socket.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077 or found.st_uid not in {os.geteuid(), run_as.uid}:
        raise UnavailableError(field="socket", problem=f"{socket} is not a closed folder of ours", fix="Remove it.")
    run_as.own(socket)
    return Cluster(home=home, data=base / "data", socket=socket, bin=program_folder(run_as), run_as=run_as)


@contextmanager
def embedded(home: Path, *, temporary: bool = False) -> Iterator[Urls]:
    """Run the embedded server of ``home`` while the context lasts, and longer when others use it.

    Args:
        home: folder of the data; made when absent.
        temporary: remove the data at the end.
    """
    cluster = cluster_at(home)
    with (home / "database.users").open("a+") as users:
        with _gate(home):
            cluster.start()
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield cluster.urls()
        finally:
            with _gate(home):
                _leave(cluster, users)
            if temporary:
                shutil.rmtree(cluster.data, ignore_errors=True)


def _leave(cluster: Cluster, users: IO[str]) -> None:
    """Stop the server when nobody else holds the users' lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    cluster.stop()


@contextmanager
def _gate(home: Path) -> Iterator[None]:
    """Let one process at a time start or stop the server."""
    with (home / "database.gate").open("a+") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def sweep(homes: Iterable[Path]) -> list[Path]:
    """Remove temporary homes whose owner was killed, their servers included, and return them.

    A home counts as left when nobody holds its users' lock and nobody is starting it.
    """
    gone = []
    for home in homes:
        try:
            with (home / "database.gate").open("r+") as gate, (home / "database.users").open("r+") as users:
                fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster = cluster_at(home)
                cluster.stop()
                shutil.rmtree(cluster.data, ignore_errors=True)
        except OSError:  # in use, not ours, or not begun
            continue
        shutil.rmtree(home, ignore_errors=True)
        gone.append(home)
    return gone
