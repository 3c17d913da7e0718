"""What we are blind to stands in the top bar: cameras with their metres, and how old the last test of the chain is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import blind_streams as streams
import numpy as np
import pytest
from map_page_town import CHROMIUM
from sqlalchemy import update

from pipewarden.judge.store import SyntheticRow
from pipewarden.locate import service as locate
from pipewarden.main import synthetic
from pipewarden.people.facts import Role
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from desk_town import DeskTown
    from desk_visit import Visits

pytestmark = pytest.mark.system(CHROMIUM)
BLACK = np.zeros((360, 640, 3), np.uint8)


def look(desk: DeskTown, key: str, pictures: list[np.ndarray], every_min: int) -> None:
    """Let a camera have taken these pictures, the last of them just now, and judge it."""
    with desk.home.work() as work:
        camera = sense.camera_by_key(work, key)
        assert camera is not None
        begin = work.now() - timedelta(minutes=every_min * len(pictures))
    for number, pixels in enumerate(pictures):
        with desk.home.work() as work:
            new = NewObservation(
                stream=key, source_id=f"{begin} {number}", kind=ObservationKind.FRAME, picture=f"{number}".encode(),
                picture_name="x.jpg", at=begin + timedelta(minutes=every_min * number), camera_id=camera.id,
            )  # fmt: skip
            streams.note_look(work, sense.observe(work, desk.home.blobs, new), pixels)
    with desk.home.work() as work:
        locate.judge_cameras(work, [camera.id])


def test_a_blind_camera_is_counted_with_its_metres_and_leads_to_the_list(visits: Visits, desk: DeskTown) -> None:
    seen = [streams.seen("cam-04", 600 + 10 * number, np.random.default_rng(number)) for number in range(3)]
    look(desk, "cam-03", [*seen, BLACK, BLACK, BLACK], every_min=10)
    visit = visits.by(desk.login(Role.DISPATCHER))
    mark = visit.page.locator("[data-mark=blind]")
    mark.wait_for()
    assert mark.inner_text().startswith("盲区 1 台 · ")
    assert mark.inner_text() != "盲区 1 台 · 0 m"
    mark.click()
    visit.page.wait_for_selector("[data-page=cameras][data-state=idle]")
    rows = visit.page.locator(".el-table__body tr")
    assert rows.count() == 1
    assert "cam-03" in rows.first.inner_text()
    assert "黑屏" in rows.first.inner_text()
    assert "高压" in visit.page.locator("[data-unwatched]").inner_text()
    again = [streams.seen("cam-04", 800 + 10 * number, np.random.default_rng(number)) for number in range(4)]
    look(desk, "cam-03", again, every_min=2)
    visit.page.reload()
    mark.wait_for()
    assert mark.inner_text() == "无盲区"


def test_the_chain_is_silent_while_tests_come_through_and_loud_when_they_do_not(visits: Visits, desk: DeskTown) -> None:
    synthetic.send_due(desk.home)
    desk.flow()
    shown = len(desk.alarms())
    visit = visits.by(desk.login(Role.DISPATCHER))
    mark = visit.page.locator("[data-mark=chain]")
    mark.wait_for()
    assert "自检" in mark.inner_text()
    assert visit.page.locator("[data-banner=chain]").count() == 0
    assert len(desk.alarms()) == shown, "a test is no alarm"
    with desk.home.work() as work:
        then = work.now() - timedelta(minutes=27, seconds=20)  # well within the minute that is shown
        work.session.execute(update(SyntheticRow).values(sent_at=then, arrived_at=then + timedelta(seconds=3)))
    visit.page.reload()
    banner = visit.page.locator("[data-banner=chain]")
    banner.wait_for()
    assert "27 分钟没有测试画面走完全程" in banner.inner_text()
    assert "工作进程没有在跑" in banner.inner_text()
    visit.page.locator("[data-act=language]").click()
    assert "no test picture came through for 27 min" in banner.inner_text()
    visit.page.locator("[data-act=language]").click()
    with desk.home.work() as work:
        work.session.execute(update(SyntheticRow).values(sent_at=work.now(), arrived_at=work.now()))


def test_who_looks_after_no_system_is_not_told_of_it(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.PATROLLER))
    visit.page.locator("[data-mark=blind]").wait_for()
    assert visit.page.locator("[data-mark=chain]").count() == 0
