"""The layer that says what is seen and what is not: the rendered demo city before and after an invented bus route."""

from __future__ import annotations

import io
import os
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from map_page_town import CHROMIUM
from PIL import Image
from pyproj import Geod

from pipewarden.locate import service as locate
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import Screened
from pipewarden.sense import service as sense
from pipewarden.sense.facts import Fix, FixSource, NewCamera, NewFrame
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from desk_town import DeskTown

pytestmark = pytest.mark.system(CHROMIUM)
EVERY_S = 2
SIZE = (1920, 1080)
IMAGES = os.environ.get("PIPEWARDEN_WRITE_IMAGES")  # a folder: where the pictures of docs/coverage.md go


def drive(town: DeskTown) -> int:
    """Let the demo's bus drive once, ten minutes ago; no pixel is looked at, the screen is told it saw nothing."""
    mounted = {"moving": {"height_m": 2.8, "tilt_deg": 8, "hfov_deg": 75}}
    route = sim.bus_route()[::EVERY_S]
    with town.home.work() as work:
        actor = people.operator(town.home.tenant_id)
        sense.register_camera(
            work, NewCamera(key="bus-7", name="7 路（渲染）", image_size=SIZE, calibration=mounted, rendered=True)
        )
        trip = sense.begin_trip(work, actor, "bus-7", "demo route")
        begun = work.now() - timedelta(minutes=10) - timedelta(seconds=float(route[-1, 0]))
        frames = []
        for number, (here, there) in enumerate(pairwise(route)):
            out = io.BytesIO()
            Image.new("RGB", (16, 9), (number % 256, number // 256, 7)).save(out, "PNG")
            fix = Fix(
                lon=float(here[1]),
                lat=float(here[2]),
                accuracy_m=6.0,
                source=FixSource.TRACK,
                course_deg=course(here, there),
                sigma_deg=4.0,
            )
            at = begun + timedelta(seconds=float(here[0]))
            frames.append(NewFrame(out.getvalue(), f"{number}.png", at, fix))
        added = sense.add_frames(work, town.home.blobs, actor, trip, frames)
        ids = [one.observation_id for one, _ in added]
        perceive_store.add(work, [Screened(one, *SIZE, (), None) for one in ids])
        locate.place(work, ids)
    return len(frames)


def course(here: Any, there: Any) -> float:
    return float(Geod(ellps="WGS84").inv(here[1], here[2], there[1], there[2])[0]) % 360


def kilometres(words: str) -> tuple[float, float, float]:
    """Return seen, all and what the cameras see alone, as the notice writes them."""
    seen, whole, fixed = re.findall(r"\d+\.\d", words)
    return float(seen), float(whole), float(fixed)


def nearer(page: Any) -> None:
    if IMAGES:
        for _ in range(2):
            page.mouse.move(1010, 400)
            page.mouse.wheel(0, -500)
            page.wait_for_timeout(1500)  # the wheel's own gliding


def picture(page: Any, name: str) -> None:
    if IMAGES:
        page.wait_for_selector('[data-map="desk"][data-state="idle"]')
        page.screenshot(path=str(Path(IMAGES) / name))


def test_the_map_says_what_is_seen_with_and_without_a_bus(visits: Any, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    page = visit.page
    visit.settled()
    page.check("[data-cover]")
    before = kilometres(page.text_content("[data-seen-pipe]"))
    nearer(page)
    picture(page, "coverage-before.png")
    assert before[0] == before[2] > 0
    page.uncheck("[data-cover]")
    page.wait_for_selector("[data-seen-pipe]", state="detached")
    frames = drive(desk)
    page.check("[data-cover]")
    after = kilometres(page.text_content("[data-seen-pipe]"))
    picture(page, "coverage-after.png")
    print(f"{frames} pictures: {before[0]} -> {after[0]} of {after[1]} km")  # noqa: T201  the figures of docs/coverage.md
    assert after[1:] == before[1:]
    assert after[0] > before[0] + 1.0


def test_coverage_that_is_not_read_does_not_look_like_everything_seen(visits: Any, desk: DeskTown) -> None:
    visit = visits.by(desk.login(Role.DISPATCHER))
    visit.expect(r"503")
    page = visit.page
    visit.settled()
    page.route("**/v1/coverage?*", lambda route: route.fulfill(status=503, json={}))
    page.locator("[data-cover]").click()
    page.wait_for_selector("[data-cover-failed][role=alert]")
    assert not page.is_checked("[data-cover]")
    page.unroute("**/v1/coverage?*")
    page.check("[data-cover]")
    page.wait_for_selector("[data-seen-pipe]")
    assert page.locator("[data-cover-failed]").count() == 0
