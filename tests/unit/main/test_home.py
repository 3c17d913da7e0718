"""A home opens migrated, for its tenant, and leaves nothing behind when it was temporary."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from pipewarden.kit.clock import SetClock
from pipewarden.kit.db import make_engine
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.postgres import Urls, cluster_at, embedded, sweep
from pipewarden.kit.settings import Settings
from pipewarden.main.home import Home, open_home


@pytest.fixture
def room(roomy: Callable[[], Path]) -> Path:
    return roomy()


def test_a_temporary_home_is_gone_afterwards() -> None:
    with open_home(Settings(), temporary=True) as home:
        folder = home.folder
        sha = home.blobs.put(b"picture")
        assert home.blobs.path(sha).exists()
        assert cluster_at(folder).running()
    assert not folder.exists()
    assert folder.parent == Path(tempfile.gettempdir())


def test_a_temporary_home_is_gone_after_a_fault_too() -> None:
    seen: list[Path] = []

    def fail() -> None:
        with open_home(Settings(), temporary=True) as home:
            seen.append(home.folder)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not seen[0].exists()


def test_what_is_written_is_there_at_the_next_opening(room: Path) -> None:
    settings = Settings(home=room / "home", tenant="langfang")
    with open_home(settings) as first, first.work() as work:
        tenant = first.tenant_id
        work.emit("t.kept", work.ids.new(), partition="p")
    with open_home(settings) as again:
        assert again.tenant_id == tenant
        with again.work() as work:
            assert work.session.scalar(text("SELECT count(*) FROM kit_facts WHERE kind = 't.kept'")) == 1


def test_tenants_of_one_home_are_apart(room: Path) -> None:
    ids = set()
    for tenant in ("a", "b"):
        with open_home(Settings(home=room / "home", tenant=tenant)) as home:
            ids.add(home.tenant_id)
    assert len(ids) == 2


def test_a_server_by_url_is_used_instead_of_the_embedded_one(room: Path, home: Home) -> None:
    engine = home.factory.sessions().get_bind()
    url = engine.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = Settings(home=room / "home", database_url=url, database_owner_url=_owner(home))
    with open_home(settings) as opened:
        assert not (room / "home" / "database").exists()
        assert opened.tenant_id == home.tenant_id  # the same database, the same default tenant


def _owner(home: Home) -> str:
    urls: Urls = cluster_at(home.folder).urls()
    return urls.owner


def test_a_dead_url_is_named(room: Path) -> None:
    settings = Settings(home=room, database_url="postgresql://u:p@127.0.0.1:1/x?connect_timeout=2")
    with pytest.raises(UnavailableError) as caught, open_home(settings):
        pass
    assert caught.value.field == "PIPEWARDEN_DATABASE_URL"


def test_a_home_that_cannot_be_made_is_named(room: Path) -> None:
    (room / "file").write_text("in the way")
    with pytest.raises(InputError) as caught, open_home(Settings(home=room / "file" / "home")):
        pass
    assert caught.value.field == "PIPEWARDEN_HOME"


def test_the_clock_is_the_one_handed_in(room: Path, clock: SetClock) -> None:
    with open_home(Settings(home=room / "home"), clock=clock) as home, home.work() as work:
        assert work.now() == clock.moment
        row = work.session.execute(text("SELECT created_at FROM people_tenants")).scalar_one()
        assert row == clock.moment


def test_what_a_killed_scan_left_is_swept_at_the_next(room: Path) -> None:
    script = (
        "import time\nfrom pipewarden.kit.settings import Settings\nfrom pipewarden.main.home import open_home\n"
        "with open_home(Settings(), temporary=True) as home:\n  print(home.folder, flush=True)\n  time.sleep(60)\n"
    )
    env = {**os.environ, "TMPDIR": str(room)}
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env)
    assert child.stdout is not None
    left = Path(child.stdout.readline().strip())
    assert sweep([left]) == []  # in use
    child.kill()
    child.wait(10)
    assert cluster_at(left).running()  # the fault is real: folder and server stayed
    assert sweep([left]) == [left]
    assert not left.exists()


def test_sigterm_leaves_nothing_running(room: Path) -> None:
    script = (
        "import time\nfrom pipewarden.cli import app as cli\nfrom pipewarden.kit.settings import Settings\n"
        "from pipewarden.main.home import open_home\n"
        "def app():\n  with open_home(Settings(), temporary=True) as home:\n"
        "    print(home.folder, flush=True)\n    time.sleep(60)\ncli.app = app\ncli.run()\n"
    )
    env = {**os.environ, "TMPDIR": str(room)}
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env)
    assert child.stdout is not None
    folder = Path(child.stdout.readline().strip())
    assert folder.exists()
    child.terminate()
    assert child.wait(20) == 128 + signal.SIGTERM
    assert not folder.exists()


def test_rights_that_a_cut_short_start_left_out_are_given_at_the_next(room: Path) -> None:
    settings = Settings(home=room / "home")
    with open_home(settings):
        pass
    with embedded(room / "home") as urls:
        engine = make_engine(urls.owner)
        with engine.begin() as connection:
            connection.execute(text("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM pipewarden_app"))
        engine.dispose()
    with open_home(settings) as home, home.work() as work:
        assert work.session.scalar(text("SELECT count(*) FROM people_tenants")) == 1
