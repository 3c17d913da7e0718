"""Shared ground of every test: one embedded PostgreSQL per run, one rolled-back transaction per test, loud skips."""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import event
from sqlalchemy.orm import Session

import pipewarden
from pipewarden.kit.clock import SetClock
from pipewarden.kit.db import Base, make_engine
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.postgres import Urls, embedded
from pipewarden.kit.settings import Settings
from pipewarden.kit.work import Work
from pipewarden.main.home import Home, open_home
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

sys.path.insert(0, str(Path(__file__).parent / "lent"))  # modules that several suites share

settings.register_profile(
    "house", deadline=None, derandomize=True, max_examples=60
)  # machines are shared: no wall time
settings.load_profile("house")
gc.set_threshold(50_000, 20, 20)  # as pipewarden.cli.app does, and why

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MOMENT = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real data beside the project; the test is skipped loudly where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"real data absent: {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def roomy() -> Iterator[Callable[[], Path]]:
    """Make folders that the lent user of the embedded server can walk to (pytest's own are closed); all removed."""
    made: list[Path] = []

    def make() -> Path:
        made.append(Path(tempfile.mkdtemp(prefix="pipewarden-room-")))
        made[-1].chmod(0o755)
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database() -> Iterator[Urls]:
    """One embedded server for the whole run, its data removed at the end."""
    home = Path(tempfile.mkdtemp(prefix="pipewarden-test-"))
    home.chmod(0o755)
    try:
        with embedded(home, temporary=True) as urls:
            yield urls
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def engine(database: Urls) -> Iterator[Engine]:
    """Engine on the test database with every slice's tables."""
    for module in pkgutil.walk_packages(pipewarden.__path__, "pipewarden."):
        if ".store" in module.name or module.name.endswith(".facts_log"):
            importlib.import_module(module.name)
    made = make_engine(database.owner)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands at 2026-11-20 09:00 in Langfang."""
    return SetClock(MOMENT)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose commits are savepoints inside a transaction that is rolled back."""
    with engine.connect() as connection, connection.begin() as outer:
        with Session(bind=connection, join_transaction_mode="create_savepoint") as made:
            yield made
        outer.rollback()


@pytest.fixture
def work(session: Session, clock: SetClock) -> Work:
    """A unit of work of the default tenant on the rolled-back session."""
    ids = Uuid7Source(clock)
    tenant = people.ensure_tenant(session, clock, ids, "default")
    return Work(session=session, clock=clock, ids=ids, tenant_id=tenant.id)


@pytest.fixture
def count_statements(engine: Engine) -> Iterator[list[str]]:
    """Every SQL statement the test sends, in order: to prove that a batch is a batch."""
    seen: list[str] = []

    def note(_c: object, _cur: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(autouse=True)
def _own_log_settings() -> Iterator[None]:
    """Give each test the log as it was: a command run in this process configures it for everybody."""
    yield
    structlog.reset_defaults()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose system program is missing, and refuse the skip in CI."""
    for mark in item.iter_markers("system"):
        program = str(mark.args[0])
        if shutil.which(program) is None and not Path(program).exists():
            message = f"system program absent: {program}"
            if os.environ.get("CI") == "true":
                pytest.fail(f"{message} (CI installs it, a skip is refused)")
            pytest.skip(message)


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    """A whole home with its own migrated database and queue, for what must really commit; shared by the run."""
    with open_home(Settings(), temporary=True) as made:
        yield made
