"""The page 运行: what we are blind to now, what is off and why, each fault with its page of the runbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM

from pipewarden.main.operation import open_machine
from pipewarden.operation import jobs
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits

pytestmark = pytest.mark.system(CHROMIUM)


def switch(desk: DeskTown, *, on: bool) -> None:
    with desk.home.work() as work:
        root = people.operator(work.tenant_id)
        people.set_switch(work, root, "upload:public", on=on, reason="照片洪峰")


def test_what_is_off_and_what_is_wrong_stand_there_with_what_to_do(desk: DeskTown, visits: Visits) -> None:
    switch(desk, on=False)
    try:
        jobs.watch(desk.home.factory.begin, desk.app.state.post, open_machine(desk.home), {}, heartbeat=False)
        visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/")
        visit.page.locator("[data-mark=chain]").click()
        visit.page.wait_for_selector("[data-page=operation][data-state=idle]")
        off = visit.page.locator("[data-part=off]").inner_text()
        assert "upload:public" in off
        assert "照片洪峰" in off
        fault = visit.page.locator("[data-fault=worker_silent]")
        assert "worker 没有声音" in fault.inner_text()
        fault.locator("summary").click()
        assert "重启 pipewarden serve 或 worker" in fault.inner_text()
        visit.shot("operation")
    finally:
        switch(desk, on=True)


def test_who_does_not_see_how_the_house_does_has_no_such_page(desk: DeskTown, visits: Visits) -> None:
    visit = visits.by(desk.login(Role.PATROLLER), "/operation")
    visit.page.wait_for_selector("[data-page=nowhere], main")
    assert visit.page.locator("[data-page=operation]").count() == 0
