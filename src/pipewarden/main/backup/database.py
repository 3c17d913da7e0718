"""The database's part: one snapshot, its dump, and the sum of every table in it; PostgreSQL's own programs do the work.

The programs are the embedded wheel's; where the server is newer than they are, the machine's own. Passwords go to them
by the environment: arguments can be read by every user of the machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text

from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.pg_binaries import RunAs, program_folder
from pipewarden.main.backup.folder import portions
from pipewarden.main.backup.manifest import TableSum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

_AS_TEXT = (
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
)  # a row's text must be the same on every server
_NOT_BEFORE_17 = b"SET transaction_timeout = 0;\n"  # pg_restore writes it for every server, and older ones refuse it
_HEAD_LINES = 60  # of the script, before any row: what comes later is not looked at
_PER_MAJOR = 10_000


@dataclass(frozen=True, slots=True)
class Frozen:
    """A snapshot that other connections may read too while its own is open.

    Attributes:
        snapshot: the name by which they find it.
        server: version number, like 180000.
        revision: of the database's shape.
        tables: what each holds.
    """

    snapshot: str
    server: int
    revision: str
    tables: dict[str, TableSum]


@contextmanager
def frozen(owner: Engine) -> Iterator[Frozen]:
    """Hold a snapshot while the context lasts, its tables summed.

    Raises:
        UnavailableError: the database was never migrated.
    """
    with owner.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            yield Frozen(snapshot, server_version(connection), revision_of(connection), sums(connection))


def server_version(connection: Connection) -> int:
    """Return the server's version number, like 180000."""
    return int(str(connection.scalar(text("SHOW server_version_num"))))


def revision_of(connection: Connection) -> str:
    """Return the revision that the database was migrated to.

    Raises:
        UnavailableError: it never was.
    """
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        raise UnavailableError(field="database", problem="was never migrated", fix="Run: pipewarden db migrate")
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def sums(connection: Connection) -> dict[str, TableSum]:
    """Return what every table of the schema ``public`` holds, as this transaction sees it."""
    for setting in _AS_TEXT:
        connection.execute(text(setting))
    names = connection.scalars(
        text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1")
    ).all()
    return {str(name): _sum(connection, str(name)) for name in names}


def _sum(connection: Connection, table: str) -> TableSum:
    quoted = connection.dialect.identifier_preparer.quote(table)
    hashed = "('x' || left(encode(sha256(convert_to(pw_row::text, 'UTF8')), 'hex'), 15))::bit(60)::bigint::numeric"
    row = connection.execute(
        text(f"SELECT count(*) AS rows, coalesce(sum({hashed}), 0)::text AS sum FROM ONLY {quoted} AS pw_row")  # noqa: S608  a table's own name, quoted
    ).one()
    return TableSum(row.rows, row.sum)


def dump(url: str, told: Frozen) -> Iterator[bytes]:
    """Yield the whole database as pg_dump's archive.

    Raises:
        UnavailableError: there is no program for this server, or it failed.
    """
    words = ["--format=custom", "--no-owner", "--no-acl", f"--snapshot={told.snapshot}", "--lock-wait-timeout=60000"]
    where, secret = _apart(url)
    with _running([str(_program("pg_dump", told.server)), *words, f"--dbname={where}"], secret) as child:
        child.stdin.close()
        yield from portions(child.stdout)
        child.end()


def load(url: str, archive: Iterator[bytes], server: int) -> None:
    """Fill an empty database from an archive, in one transaction: whole, or not at all.

    pg_restore writes a script and psql runs it, because pg_restore by itself sets what servers before 17 do not know.

    Raises:
        UnavailableError: a program failed; nothing was written.
    """
    where, secret = _apart(url)
    words = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", f"--dbname={where}"]
    script = ["--format=custom", "--no-owner", "--no-acl", "--file=-"]
    with (
        ThreadPoolExecutor(1, thread_name_prefix="restore") as pool,  # waited for last, when no end is left to block it
        _running([str(_program("psql", server)), *words], secret) as into,
        _running([str(_program("pg_restore", server)), *script], "") as read,
    ):
        fed = pool.submit(_feed, read.stdin, archive)
        try:
            into.stdin.write(b"BEGIN;\n")  # no --single-transaction, which commits also what ends too early
            _script(read.stdout, into.stdin)
            fed.result()
            read.end()
            into.stdin.write(b"COMMIT;\n")
        except BrokenPipeError:  # whichever of the two ended too early says why
            into.end()
            read.end()
            raise
        into.end()


def _script(script: IO[bytes], into: IO[bytes]) -> None:
    for line in islice(iter(script.readline, b""), _HEAD_LINES):
        if line != _NOT_BEFORE_17:
            into.write(line)
    shutil.copyfileobj(script, into)


def _feed(out: IO[bytes], archive: Iterator[bytes]) -> None:
    with out:
        for portion in archive:
            out.write(portion)


@dataclass(frozen=True, slots=True)
class _Child:
    """A running program with both of its ends."""

    process: subprocess.Popen[bytes]
    words: IO[bytes]

    @property
    def stdin(self) -> IO[bytes]:
        """Return where it reads."""
        return cast("IO[bytes]", self.process.stdin)

    @property
    def stdout(self) -> IO[bytes]:
        """Return where it writes."""
        return cast("IO[bytes]", self.process.stdout)

    def end(self) -> None:
        """Wait for it to end well.

        Raises:
            UnavailableError: it did not; with its own last words.
        """
        with suppress(BrokenPipeError):
            self.stdin.close()
        code = self.process.wait()
        if code != 0:
            self.words.seek(0)
            said = self.words.read().decode(errors="replace").strip()[-500:]
            name = Path(str(cast("list[str]", self.process.args)[0])).name
            fix = "Put right what it says and run this again."
            raise UnavailableError(field=name, problem=f"failed ({code}): {said}", fix=fix)


@contextmanager
def _running(command: list[str], secret: str) -> Iterator[_Child]:
    """Run one of PostgreSQL's programs while the context lasts; one that was not waited for is killed."""
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR") if name in os.environ}
    with tempfile.TemporaryFile() as words:
        child = subprocess.Popen(  # noqa: S603  PostgreSQL's own programs
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words, env={**known, "PGPASSWORD": secret}
        )
        made = _Child(child, words)
        try:
            yield made
        finally:
            child.kill()
            for end in (made.stdin, made.stdout):
                with suppress(BrokenPipeError):
                    end.close()
            child.wait()


def _apart(url: str) -> tuple[str, str]:
    """Return where a database is, as libpq reads it, and the password beside it."""
    parts = conninfo_to_dict(url)
    secret = str(parts.pop("password", None) or "")
    return make_conninfo("", **parts), secret


def _program(name: str, server: int) -> Path:
    """Return a program that is no older than the server.

    Raises:
        UnavailableError: neither the embedded ones nor the machine's are new enough.
    """
    found = [program_folder(RunAs()) / name]
    if (other := shutil.which(name)) is not None:
        found.append(Path(other))
    for one in found:
        told = subprocess.run([one, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603  as above
        if int(told.split()[2].split(".")[0]) >= server // _PER_MAJOR:
            return one
    raise UnavailableError(
        field=name,
        problem=f"no {name} here is as new as the server ({server // _PER_MAJOR})",
        fix=f"Install postgresql-client-{server // _PER_MAJOR}, so that {name} is found on the PATH.",
    )
