"""The worker keeps Open311 going once a minute, on the queue where slow work waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from pipewarden.exchange import jobs
from pipewarden.exchange.service import open311 as service
from pipewarden.kit.errors import InputError
from pipewarden.kit.settings import Settings
from pipewarden.main import open311
from pipewarden.main.judging import JUDGE
from pipewarden.main.queue import Queue

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.main.home import Home

SECRET = b"a secret of this test run alone."


def test_it_runs_once_a_minute_where_slow_work_waits(home: Home) -> None:
    app = App(connector=InMemoryConnector())
    open311.register(Queue(app, app), home, open311.house_of(home, home.settings, SECRET))
    (found,) = app.periodic_registry.periodic_tasks.values()
    assert (found.task.name, found.cron, found.task.queue) == (open311.OPEN311, "* * * * *", JUDGE)


def test_its_minute_in_a_house_without_any_request_is_quiet(home: Home) -> None:
    assert jobs.run(home.factory.begin, open311.house_of(home, home.settings, SECRET)) >= 0
    with home.work() as work:
        assert service.servers(work) == []


def test_a_command_reads_one_city_by_its_name(home: Home) -> None:
    house = open311.house_of(home, home.settings, SECRET)
    with pytest.raises(InputError) as caught:
        open311.pull_now(home, house, "atlantis")
    assert caught.value.field == "NAME"


def test_a_setting_that_cannot_be_used_is_named(home: Home, tmp_path: Path) -> None:
    wrong: Any = Settings(home=tmp_path, outbound_open="10.0.0.1/8")
    with pytest.raises(InputError) as caught:
        open311.house_of(home, wrong, SECRET)
    assert caught.value.field == "PIPEWARDEN_OUTBOUND_OPEN"
