"""Gas at home on the desk: a resident sends a picture, a safety manager looks, and the resident reads the word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from map_page_town import CHROMIUM
from playwright.sync_api import expect

from pipewarden.inference.facts import ModelRef
from pipewarden.people.facts import Role
from pipewarden.perceive.jobs import answer_waiting
from pipewarden.perceive.service import IndoorEye
from pipewarden.sense.adapters.decoder import ChildDecoder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)


class Look:
    """Answers the mean colour: no net is needed to see the page."""

    ref = ModelRef(name="look", version="0", sha256="0" * 64)
    side = 32

    def features(self, crops: Sequence[Any]) -> Any:
        return np.array([crop.reshape(-1, 3).mean(axis=0) + 1 for crop in crops], np.float32)


def drawn(folder: Path, name: str, level: tuple[int, int, int]) -> str:
    """Draw a yellow pipe before a wall: a drawing, good enough to see where the picture stands."""
    pixels = np.full((480, 640, 3), level, np.uint8)
    cv2.rectangle(pixels, (300, 0), (330, 480), (40, 200, 230), -1)
    path = folder / f"{name}.jpg"
    assert cv2.imwrite(str(path), pixels)
    return str(path)


def answer(desk: DeskTown) -> None:
    with ChildDecoder() as decoder:
        desk._apart(lambda: answer_waiting(desk.home.factory.begin, IndoorEye(Look(), decoder, desk.home.blobs)))


def send(visit: Visit, path: str, words: str) -> None:
    page = visit.page
    page.set_input_files("[data-form=indoor] [data-field=picture]", path)
    page.fill("[data-form=indoor] [data-field=words]", words)
    page.click("[data-form=indoor] button[type=submit]")
    expect(page.locator(f"[data-check]:has-text('{words}')")).to_be_visible()


def test_a_picture_goes_from_a_home_to_a_person_and_back(visits: Visits, desk: DeskTown, tmp_path: Path) -> None:
    login = desk.login(Role.COMMERCIAL_USER)
    home = visits.by(login, "/indoor")
    expect(home.page.locator("[data-always]")).to_contain_text("闻到燃气味")
    send(home, drawn(tmp_path, "one", (170, 170, 170)), "厨房立管")
    row = home.page.locator("[data-check]:has-text('厨房立管')")
    expect(row.locator("[data-head]")).to_have_text("会有人来看")
    expect(home.page.locator("[data-act=review]")).to_have_count(0)
    answer(desk)

    manager = visits.by(desk.login(Role.SAFETY_MANAGER), "/indoor")
    row = manager.page.locator("[data-check]:has-text('厨房立管')")
    row.locator("[data-act=review]").click()
    row.locator("[data-match=yes]").click()
    expect(row.locator("[data-group=pipe]")).to_contain_text("重大隐患")
    row.locator("[data-item=pipe_load]").check()
    row.locator("[data-item=pipe_bathroom]").check()
    row.locator("button[type=submit]").click()
    expect(row.locator("[data-head]")).to_have_text("人工确认的隐患")
    expect(row.locator("[data-hazard=pipe_bathroom]")).to_contain_text("重大隐患")
    expect(row.locator("[data-hazard=pipe_load]")).to_contain_text("第二十八条第（二）项")

    home = visits.by(login, "/indoor")
    send(home, drawn(tmp_path, "two", (168, 170, 172)), "阳台立管")
    answer(desk)
    home.go("/indoor")
    row = home.page.locator("[data-check]:has-text('阳台立管')")
    expect(row.locator("[data-head]")).to_have_text("会有人来看")
    expect(row).to_contain_text("没有配置视觉模型")
    expect(row.locator("[data-near]")).to_contain_text("燃气管道设置在卫生间内")
    first = home.page.locator("[data-check]:has-text('厨房立管')")
    expect(first.locator("[data-head]")).to_have_text("人工确认的隐患")

    manager.go("/indoor")
    expect(manager.page.locator("[data-figures=indoor] [data-row=any]")).to_be_visible()
    manager.page.locator("[data-filter=waits]").uncheck()
    for words in ("厨房立管", "阳台立管"):  # others may have sent pictures, too
        expect(manager.page.locator(f"[data-check]:has-text('{words}')")).to_have_count(1)
    manager.page.screenshot(path=str(tmp_path / "indoor.png"), full_page=True)


def test_what_is_no_picture_is_refused_with_its_fix(visits: Visits, desk: DeskTown, tmp_path: Path) -> None:
    visit = visits.by(desk.login(Role.SAFETY_MANAGER), "/indoor")
    visit.expect(r"422")
    path = tmp_path / "page.jpg"
    path.write_text("<html>")
    visit.page.set_input_files("[data-form=indoor] [data-field=picture]", str(path))
    visit.page.click("[data-form=indoor] button[type=submit]")
    expect(
        visit.page.locator("[data-form=indoor] [data-problem], [data-form=indoor] [role=alert]").first
    ).to_be_visible()


def test_who_may_not_look_into_homes_has_no_such_page(visits: Visits, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER), "/")
    visit.settled()
    expect(visit.page.locator('a[href="/indoor"]')).to_have_count(0)
