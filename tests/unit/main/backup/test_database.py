"""A dump is of one moment and whole; what breaks on its way leaves nothing; older servers are served too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from glob import glob
from pathlib import Path
from pwd import getpwnam
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text

from pipewarden.kit.db import make_engine
from pipewarden.kit.errors import UnavailableError
from pipewarden.main.backup import database
from pipewarden.main.backup.manifest import TableSum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from pipewarden.kit.postgres import Urls

OLDEST = sorted(glob("/usr/lib/postgresql/*/bin"))  # noqa: PTH207  an absolute pattern
COLUMNS = (
    "id bigint GENERATED ALWAYS AS IDENTITY, t text, n numeric, f double precision, at timestamptz, span interval, "
    "b bytea, j jsonb, a text[], day date, ok boolean, pw uuid"
)
FULL = """('管卫 "a, b" \\ ''x''', 1.50, 0.30000000000000004, '2026-11-20 09:00+08', '1 mon 2 days', '\\x00ff',
    '{"b": [1, null]}', ARRAY['x', NULL, 'y"z'], '2026-02-28', true, 'ffffffff-ffff-7fff-bfff-ffffffffffff')"""
BARE = "(NULL, NULL, 'NaN', NULL, NULL, '', 'null', '{}', NULL, NULL, NULL)"
MADE = (
    f'CREATE TABLE "of every kind" ({COLUMNS})',
    f'INSERT INTO "of every kind" (t, n, f, at, span, b, j, a, day, ok, pw) VALUES {FULL}, {BARE}',  # noqa: S608  our own
    "CREATE TABLE empty (id bigint)",
    "CREATE TABLE alembic_version (version_num text)",
    "INSERT INTO alembic_version VALUES ('0027')",
)
CHANGES = ("f = 0.3", "t = 'x'", "b = '\\x00fe'", "at = at + interval '1 microsecond'", "a = '{x}'", "ok = false")


@pytest.fixture
def made(database: Urls) -> Iterator[Callable[[str], str]]:
    """Make databases on the test server and return their URLs; removed at the end."""
    socket = database.owner.split("host=")[1].replace("%2F", "/")
    lines = (Path(socket).parents[1] / "database.secret").read_text().splitlines()
    word = dict(line.split("=", 1) for line in lines)["super"]
    owner = make_engine(database.owner).url
    admin = create_engine(owner.set(username="postgres", password=word), isolation_level="AUTOCOMMIT")
    names: list[str] = []

    def make(name: str) -> str:
        names.append(name)
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} OWNER pipewarden_owner"))
        return owner.set(drivername="postgresql", database=name).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def fill(url: str) -> Engine:
    engine = make_engine(url)
    with engine.begin() as connection:
        for statement in MADE:
            connection.exec_driver_sql(statement)
    return engine


def there(url: str) -> dict[str, TableSum]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = database.sums(connection)
    engine.dispose()
    return found


def dumped(url: str) -> tuple[bytes, database.Frozen]:
    engine = make_engine(url)
    with database.frozen(engine) as told:
        whole = b"".join(database.dump(url, told))
    engine.dispose()
    return whole, told


def test_every_kind_of_value_comes_back(made: Callable[[str], str]) -> None:
    source, target = made("bk_source"), made("bk_target")
    fill(source).dispose()
    whole, told = dumped(source)
    assert (told.revision, told.tables["of every kind"].rows, told.tables["empty"]) == ("0027", 2, TableSum(0, "0"))
    database.load(target, iter([whole]), told.server)
    assert there(target) == told.tables
    engine = make_engine(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("""INSERT INTO "of every kind" (t) VALUES ('next')""")
        assert connection.exec_driver_sql('SELECT max(id) FROM "of every kind"').scalar() == 3
    engine.dispose()


def test_a_sum_sees_any_value_and_no_order(made: Callable[[str], str]) -> None:
    url = made("bk_sums")
    engine = fill(url)
    before = there(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE "of every kind" SET t = t WHERE id = 1""")  # now it lies behind the other
    assert there(url) == before
    for change in CHANGES:
        with engine.connect() as connection:
            connection.exec_driver_sql(f'UPDATE "of every kind" SET {change} WHERE id = 1')  # noqa: S608  our own
            assert database.sums(connection)["of every kind"] != before["of every kind"], change
            connection.rollback()
    engine.dispose()


def test_a_sum_is_the_same_whatever_the_session_likes(made: Callable[[str], str]) -> None:
    url = made("bk_likes")
    engine = fill(url)
    before = there(url)
    with engine.connect() as connection:
        for setting in ("timezone = 'Asia/Shanghai'", "datestyle = 'German'", "bytea_output = 'escape'"):
            connection.exec_driver_sql(f"SET {setting}")
        assert database.sums(connection) == before
    engine.dispose()


def test_what_is_written_after_the_snapshot_is_not_in_it(made: Callable[[str], str]) -> None:
    source, target = made("bk_frozen"), made("bk_thawed")
    engine = fill(source)
    with database.frozen(engine) as told:
        with engine.begin() as connection:
            connection.exec_driver_sql("""INSERT INTO "of every kind" (t) VALUES ('late')""")
            connection.exec_driver_sql("DELETE FROM alembic_version")
        whole = b"".join(database.dump(source, told))
    engine.dispose()
    database.load(target, iter([whole]), told.server)
    assert there(target) == told.tables != there(source)


def test_an_archive_that_breaks_off_leaves_nothing(made: Callable[[str], str]) -> None:
    source, target = made("bk_whole"), made("bk_half")
    fill(source).dispose()
    whole, told = dumped(source)
    assert len(whole) > 2000

    def broken() -> Iterator[bytes]:
        yield whole[: len(whole) // 2]
        raise OSError(5, "the disk went away")

    with pytest.raises(OSError, match="went away"):
        database.load(target, broken(), told.server)
    with pytest.raises(UnavailableError, match="pg_restore"):
        database.load(target, iter([whole[: len(whole) // 2]]), told.server)
    with pytest.raises(UnavailableError, match="pg_restore"):
        database.load(target, iter([b"no archive"]), told.server)
    assert there(target) == {}
    database.load(target, iter([whole]), told.server)
    assert there(target) == told.tables


def test_a_database_that_holds_something_is_left_as_it_was(made: Callable[[str], str]) -> None:
    source, target = made("bk_one"), made("bk_other")
    fill(source).dispose()
    whole, told = dumped(source)
    engine = make_engine(target)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE empty (other text)")
    engine.dispose()
    with pytest.raises(UnavailableError, match="already exists") as caught:
        database.load(target, iter([whole]), told.server)
    assert caught.value.field == "psql"
    assert there(target).keys() == {"empty"}


def test_a_database_that_was_never_migrated_is_not_backed_up(made: Callable[[str], str]) -> None:
    engine = make_engine(made("bk_bare"))
    with pytest.raises(UnavailableError, match="never migrated"), database.frozen(engine):
        pytest.fail("there is nothing to hold")
    engine.dispose()


def test_a_password_is_in_no_argument(made: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    url = made("bk_secret")
    fill(url).dispose()
    word = str(make_engine(url).url.password)
    commands: list[list[str]] = []
    real = subprocess.Popen

    def noted(command: list[str], **more: object) -> subprocess.Popen[bytes]:
        commands.append(command)
        return real(command, **more)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(database.subprocess, "Popen", noted)
    dumped(url)
    assert {Path(one[0]).name for one in commands} == {"pg_dump"}
    assert any("--snapshot=" in str(part) for one in commands for part in one)
    assert len(word) > 20
    assert word not in " ".join(str(part) for one in commands for part in one)


def test_a_program_older_than_the_server_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert database._program("pg_dump", 150004).parent.name == "bin"
    with pytest.raises(UnavailableError, match="no pg_dump here is as new as the server") as caught:
        database._program("pg_dump", 990001)
    assert "postgresql-client-99" in caught.value.fix
    monkeypatch.setattr(database.shutil, "which", lambda _name: None)
    with pytest.raises(UnavailableError, match="as new as the server"):
        database._program("psql", 990001)


def test_a_program_that_fails_says_so_in_its_own_words(made: Callable[[str], str]) -> None:
    url = made("bk_fails")
    told = database.Frozen("00000003-00000001-1", 180000, "0027", {})
    with pytest.raises(UnavailableError, match="snapshot") as caught:
        list(database.dump(url, told))
    assert caught.value.field == "pg_dump"


@pytest.mark.system(OLDEST[0] + "/initdb" if OLDEST else "/usr/lib/postgresql/15/bin/initdb")
def test_the_oldest_server_allowed_is_backed_up_and_restored_into() -> None:
    folder = Path(tempfile.mkdtemp(prefix="pw-old-"))
    user = getpwnam("nobody") if os.geteuid() == 0 else None
    if user is not None:
        folder.chmod(0o755)
        os.chown(folder, user.pw_uid, user.pw_gid)
    who = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(program: str, *words: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([f"{OLDEST[0]}/{program}", *words], cwd="/", check=True, **quiet, **who)  # type: ignore[call-overload]

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    run("pg_ctl", "-w", "-D", data, "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses=''", "start")
    try:
        source, target = (f"postgresql://postgres@/{name}?host={folder}" for name in ("postgres", "restored"))
        engine = fill(source)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("CREATE DATABASE restored")
        engine.dispose()
        whole, told = dumped(source)
        assert 150000 <= told.server < 180000
        database.load(target, iter([whole]), told.server)
        assert there(target) == told.tables
        assert told.tables.keys() == {"of every kind", "empty", "alembic_version"}
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "-D", data, "stop")
        shutil.rmtree(folder, ignore_errors=True)
