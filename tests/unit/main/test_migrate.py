"""Migrations go up and down with data in them, on the embedded server and on the oldest one allowed."""

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from pipewarden.kit.db import Base, check_server, make_engine
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.postgres import Urls
from pipewarden.main import migrate
from pipewarden.main.home import Home

OLDEST = sorted(glob.glob("/usr/lib/postgresql/*/bin"))  # noqa: PTH207  an absolute pattern
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def fresh(urls: Urls, name: str) -> Engine:
    admin = create_engine(make_engine(urls.owner).url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    return create_engine(admin.url.set(database=name))


@pytest.fixture
def creator(database: Urls) -> Urls:
    """URLs whose owner may create databases."""
    socket = Path(unquote(database.owner.split("host=")[1]))
    secret = (socket.parents[1] / "database.secret").read_text()
    word = dict(line.split("=", 1) for line in secret.splitlines())["super"]
    url = database.owner.replace("pipewarden_owner", "postgres", 1)
    return Urls(owner=url.replace(url.split(":")[2].split("@")[0], word), app=database.app)


def test_up_down_up_with_data(creator: Urls) -> None:
    engine = fresh(creator, "updown")
    migrate.upgrade(engine, "pipewarden_app")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO people_tenants VALUES ('01990000-0000-7000-8000-000000000000', 'a', 'a', :at)"),
            {"at": NOW},
        )
        connection.execute(
            text(
                "INSERT INTO kit_facts (kind, partition, tenant_id, fact_id, emitted_at) VALUES "
                "('k', 'p', '01990000-0000-7000-8000-000000000000', '01990000-0000-7000-8000-000000000000', :at)"
            ),
            {"at": NOW},
        )
        connection.execute(text("SELECT procrastinate_defer_jobs_v1(ARRAY[]::procrastinate_job_to_defer_v1[])"))
    with engine.connect() as connection:
        command.downgrade(migrate.config(connection), "base")
        connection.commit()
        left = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")
        ).all()
        assert left == []
        functions = connection.scalar(
            text(
                "SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = 'public'"
            )
        )
        assert functions == 0
    migrate.upgrade(engine, "pipewarden_app")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM people_tenants")) == 0
    engine.dispose()


def test_rendered_comes_and_goes_and_addresses_go_for_good(creator: Urls) -> None:
    engine = fresh(creator, "rendered")
    migrate.load_tables()
    one, camera = "01990000-0000-7000-8000-000000000000", "01990000-0000-7000-8000-000000000001"
    written = {
        "rtsp://10.0.0.9/main: does not answer (ConnectTimeout)": "does not answer (ConnectTimeout)",
        "/srv/cameras/gate: is over": "is over",
        "gives the very same picture again": "gives the very same picture again",
        "source_id: 'x' was given before": "source_id: 'x' was given before",
    }
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0004")
        at = {"at": NOW, "one": one, "camera": camera}
        connection.execute(
            text(
                "INSERT INTO sense_cameras (id, tenant_id, key, name, interval_s, created_at, updated_at) "
                "VALUES (:camera, :one, 'gate', 'gate', 600, :at, :at)"
            ),
            at,
        )
        connection.execute(
            text(
                "INSERT INTO sense_observations (id, tenant_id, stream, source_id, kind, camera_id, offset_s, picture, "
                "picture_name, received_at) VALUES (:one, :one, 'gate', 'x', 'frame', :camera, 0, 'sha', 'x', :at)"
            ),
            at,
        )
        for problem in written:
            connection.execute(
                text(
                    "INSERT INTO sense_camera_states VALUES (gen_random_uuid(), :one, :camera, 'offline', :at, :at, :p)"
                ),
                at | {"p": problem},
            )
        connection.execute(
            text(
                "INSERT INTO sense_watches (camera_id, tenant_id, source, started_at, due_at, run, close_left, "
                "picture, problem) VALUES (:camera, :one, 'rtsp://u:p@10.0.0.9/main', :at, :at, 1, 0, '', :p)"
            ),
            at | {"p": next(iter(written))},
        )
        command.upgrade(migrate.config(connection), "0005")
        for table in ("sense_cameras", "sense_observations"):
            assert connection.scalars(text(f"SELECT rendered FROM {table}")).all() == [False]  # noqa: S608  our own names
        told = connection.scalars(text("SELECT problem FROM sense_camera_states")).all()
        assert sorted(told) == sorted(written.values())
        assert connection.scalar(text("SELECT problem FROM sense_watches")) == "does not answer (ConnectTimeout)"
        assert connection.scalar(text("SELECT source FROM sense_watches")) == "rtsp://u:p@10.0.0.9/main"
        connection.execute(text("UPDATE sense_cameras SET rendered = true"))
        command.downgrade(migrate.config(connection), "0004")
        assert connection.scalar(text("SELECT key FROM sense_cameras")) == "gate"
        columns = text("SELECT count(*) FROM information_schema.columns WHERE column_name = 'rendered'")
        assert connection.scalar(columns) == 0
        command.upgrade(migrate.config(connection), "0005")
        assert connection.scalar(text("SELECT rendered FROM sense_cameras")) is False
    engine.dispose()


def test_the_rules_are_asked_of_every_site_that_was_open_before_they_heard_the_clock(creator: Urls) -> None:
    engine = fresh(creator, "rulings")
    migrate.load_tables()
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0021")
        for still_open in (True, False):
            connection.execute(
                text(
                    "INSERT INTO casework_sites (id, tenant_id, state, headline, zone, rank, level, open, opened_at, "
                    "version, sum, filing, risk_level) VALUES (gen_random_uuid(), gen_random_uuid(), 'discovered', "
                    "'x', 'control', 1, 2, :open, :at, 1, '{}', 'unknown', 2)"
                ),
                {"open": still_open, "at": NOW},
            )
        command.upgrade(migrate.config(connection), "0022")
        found = connection.execute(
            text("SELECT open, rules_due_at IS NOT NULL AND rules_due_at <= now() AS due FROM casework_sites")
        )
        assert {one.open: one.due for one in found} == {True: True, False: False}
    engine.dispose()


def test_the_migrations_make_what_the_stores_say(creator: Urls) -> None:
    engine = fresh(creator, "compare")
    migrate.upgrade(engine, "pipewarden_app")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _o, name, kind, *_r: (
                    not (kind == "table" and str(name).startswith("procrastinate_"))
                )
            },
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_a_second_upgrade_changes_nothing(home: Home, count_statements: list[str]) -> None:
    _ = home
    assert not any("CREATE TABLE" in statement for statement in count_statements)


def test_the_app_role_cannot_rewrite_what_is_append_only(home: Home) -> None:
    append_only = [table.name for table in Base.metadata.sorted_tables if table.info.get("append_only")]
    assert "kit_facts" in append_only
    for table in append_only:
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant_id = tenant_id"):  # noqa: S608  our own names
            with home.factory.sessions() as session, pytest.raises(Exception, match="permission denied"):
                session.execute(text(act))


def test_the_app_role_may_blank_what_goes_when_its_days_are_over_and_nothing_beside_it(home: Home) -> None:
    blanks = {one.name: one.info["blanks"] for one in Base.metadata.sorted_tables if one.info.get("blanks")}
    assert set(blanks) == {"field_answers", "field_checks"}
    for table, columns in blanks.items():
        kept = {one.name for one in Base.metadata.tables[table].columns} - set(columns)
        with home.factory.sessions() as session:
            for name in columns:
                session.execute(text(f"UPDATE {table} SET {name} = {name}"))  # noqa: S608  our own names
        for name in sorted(kept):
            act = f"UPDATE {table} SET {name} = {name}"  # noqa: S608  our own names
            with home.factory.sessions() as session, pytest.raises(Exception, match="permission denied"):
                session.execute(text(act))


def test_every_table_of_the_river_names_its_tenant() -> None:
    migrate.load_tables()
    without = [
        table.name
        for table in Base.metadata.sorted_tables
        if "tenant_id" not in table.columns
        and table.name not in {"people_tenants", "kit_cursors"}
        and not table.info.get("platform")
    ]
    assert without == []


def test_a_wrong_url_is_named() -> None:
    with pytest.raises(InputError) as caught:
        make_engine("mysql://root@localhost/x")
    assert caught.value.field == "PIPEWARDEN_DATABASE_URL"


def test_a_dead_server_is_named() -> None:
    engine = make_engine("postgresql://u:p@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(UnavailableError, match="does not answer"):
        check_server(engine)


def test_a_server_that_may_lose_rows_is_refused(database: Urls) -> None:
    engine = make_engine(database.owner + "&options=-csynchronous_commit%3Doff")
    with pytest.raises(UnavailableError, match="synchronous_commit"):
        check_server(engine)


@pytest.mark.system(OLDEST[0] + "/initdb" if OLDEST else "/usr/lib/postgresql/15/bin/initdb")
def test_it_runs_on_the_oldest_server_allowed() -> None:
    folder = Path(tempfile.mkdtemp(prefix="pw-old-"))
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user is not None:
        folder.chmod(0o755)
        os.chown(folder, user.pw_uid, user.pw_gid)
    as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [f"{OLDEST[0]}/{program}", *words],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_user,  # type: ignore[call-overload]  the keys are subprocess's own
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-w", "-D", data, "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses=''", "start")
    try:
        url = f"postgresql://postgres@/postgres?host={folder}"
        engine = make_engine(url)
        check_server(engine)
        migrate.upgrade(engine, "postgres")
        with psycopg.connect(url) as connection:
            shown = connection.execute("SHOW server_version_num").fetchone()
            assert shown is not None
            assert int(shown[0]) >= 150000
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() is not None
        engine.dispose()
    finally:
        run("pg_ctl", "-w", "-m", "fast", "-D", data, "stop")
        shutil.rmtree(folder, ignore_errors=True)


def test_a_database_of_a_newer_program_is_served_by_nobody(creator: Urls) -> None:
    engine = fresh(creator, "newer")
    migrate.upgrade(engine, "pipewarden_app")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UnavailableError, match="revision 9999, unknown to this program") as caught:
        migrate.upgrade(engine, "pipewarden_app")
    assert "backup that was taken before it" in caught.value.fix
    with engine.connect() as connection:  # and nothing was written into it
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_an_older_database_is_at_head_before_anything_is_served_from_it(creator: Urls) -> None:
    engine = fresh(creator, "older")
    migrate.load_tables()
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0010")
    migrate.upgrade(engine, "pipewarden_app")
    with engine.connect() as connection:
        head = ScriptDirectory.from_config(migrate.config(connection)).get_current_head()
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == head
    engine.dispose()


@pytest.mark.parametrize(("revision", "known"), [("0001", True), ("0027", True), ("9999", False)])
def test_a_program_knows_its_own_revisions(revision: str, *, known: bool) -> None:
    assert migrate.known(revision) is known
