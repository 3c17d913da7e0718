"""The painted ground measured in a real browser: widths, ellipses, scale, drag, wheel, pinch, themes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from map_page_town import CHROMIUM, FRAME, MADE, PLACES, Visit, alarm, city, pipe, pixels_per_metre, place_under, ring
from PIL import Image

from pipewarden.main.map_page.page_facts import MapData

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.system(CHROMIUM)

LINE = """([x, y, dx, dy]) => {
  const canvas = document.getElementById('map');
  const wide = dx ? canvas.width : 1;
  const high = dy ? canvas.height : 1;
  const pixels = canvas.getContext('2d').getImageData(dx ? 0 : x, dy ? 0 : y, wide, high).data;
  const first = pixels.slice(0, 3).join();
  const other = [];
  for (let i = 0; i < pixels.length / 4; i += 1) if (pixels.slice(4 * i, 4 * i + 3).join() !== first) other.push(i);
  return other;
}"""


def corner(page: Page) -> tuple[int, int, int]:
    """Return the colour of empty ground, as people see it."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    shot = page.screenshot(clip={"x": box["x"] + 40, "y": box["y"] + 200, "width": 1, "height": 1})
    red, green, blue = Image.open(io.BytesIO(shot)).convert("RGB").getpixel((0, 0))
    return red, green, blue


def test_pointer_shows_wgs84_and_zooming_in_paints_fewer_pipes(visit: Visit):
    page = visit.page
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = visit.pixel_of(0)
    page.mouse.move(x, y)
    north, east = page.locator("#place").inner_text().replace(" WGS-84", "").split(", ")
    lon, lat = ring(PLACES[0])[0]
    assert float(north.split("°")[0]) == pytest.approx(lat, abs=5e-6)
    assert float(east.split("°")[0]) == pytest.approx(lon, abs=5e-6)
    assert 0 < int(page.locator("#map").get_attribute("data-pipes") or 0) < len(city().pipes)


def test_wheel_zooms_about_the_pointer_and_drag_takes_the_ground_along(visit: Visit):
    page = visit.page
    before = place_under(page, 700, 300)
    page.mouse.wheel(0, -400)
    page.wait_for_selector("#map[data-state=idle]")
    page.mouse.move(701, 300)
    assert place_under(page, 700, 300) == pytest.approx(before, abs=2e-6)
    page.mouse.down()
    page.mouse.move(640, 380, steps=6)
    assert place_under(page, 640, 380) == pytest.approx(before, abs=2e-6)
    page.mouse.up()
    assert page.locator(".card[aria-current]").count() == 0, "a drag is no click"


def test_a_drag_copies_the_ground_instead_of_painting_it(browser: Browser, tmp_path: Path):
    pipes = tuple(
        pipe(f"X{i}", "medium", ring((i % 60 * 9, i // 60 * 9), (i % 60 * 9 + 8, i // 60 * 9 + 3))) for i in range(3000)
    )
    visit = Visit(browser, tmp_path, replace(city(), pipes=pipes))
    page = visit.page
    paints = page.locator("#map").get_attribute("data-paints")
    page.mouse.move(700, 400)
    page.mouse.down()
    page.mouse.move(620, 430, steps=20)
    page.mouse.up()
    page.wait_for_selector("#map[data-state=idle]")
    assert page.locator("#map").get_attribute("data-paints") == paints
    page.mouse.move(700, 400)
    page.mouse.down()
    page.mouse.move(200, 300, steps=5)
    page.mouse.up()
    page.wait_for_selector("#map[data-state=idle]")
    assert int(page.locator("#map").get_attribute("data-paints") or 0) > int(paints or 0), "beyond the margin it must"
    page.context.close()


def test_dark_theme_follows_the_system_while_the_page_is_open(visit: Visit):
    light = corner(visit.page)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_selector("#map[data-state=idle]")
    visit.page.wait_for_timeout(100)
    assert min(light) > 180
    assert max(corner(visit.page)) < 60


def test_scale_bar_is_true_to_the_ground(visit: Visit):
    page = visit.page
    visit.pixel_of(0)
    box = page.locator("#map").bounding_box()
    assert box is not None
    text = page.locator("#scale b").inner_text()
    metres = float(text.split()[0])
    width = page.locator("#scale i").evaluate("i => i.getBoundingClientRect().width")
    places = []
    for x in (box["x"] + 500, box["x"] + 500 + width):
        page.mouse.move(x, box["y"] + box["height"] / 2)
        places.append([float(part.strip().split("°")[0]) for part in page.locator("#place").inner_text().split(",")])
    (east_a, _), (east_b, _) = FRAME.to_metres([(lon, lat) for lat, lon in places])
    assert east_b - east_a == pytest.approx(metres, rel=0.02)  # whole pixels of the mouse


def test_ranges_are_as_wide_as_the_law_says(browser: Browser, tmp_path: Path):
    line = pipe("P", "medium", ring((-20, 0), (20, 0)), control_m=5.0, protect_m=2.0, radius_m=0.3)
    data = MapData("带", MADE, rendered=False, pipes=(line,), cameras=(), alarms=())
    page = Visit(browser, tmp_path, data).page
    column = page.evaluate(LINE, [700, 0, 0, 1])
    hairlines = 2.0  # one pixel on each side
    assert column[-1] - column[0] + 1 == pytest.approx(2 * 5.3 * pixels_per_metre(page) + hairlines, abs=2)
    page.context.close()


@pytest.mark.parametrize(("covariance", "leans"), [((25.0, 0.0, 4.0), 0), ((9.0, 6.0, 9.0), 1), ((9.0, -6.0, 9.0), -1)])
def test_ellipse_has_its_95_percent_size_and_leans_the_right_way(
    browser: Browser, tmp_path: Path, covariance: tuple[float, float, float], leans: int
):
    one = alarm(0, "outside", (0, 0), covariance=covariance, work_area=(), distance_m=None)
    data = MapData("椭圆", MADE, rendered=False, pipes=(), cameras=(), alarms=(one,))
    visit = Visit(browser, tmp_path, data)
    x, y = visit.pixel_of(0)
    box = visit.page.locator("#map").bounding_box()
    assert box is not None
    x, y = x - box["x"], y - box["y"]
    scale = pixels_per_metre(visit.page)
    if leans == 0:  # axes east and north: 2.4477 sigma to each side, and the line's own width
        row = visit.page.evaluate(LINE, [0, int(y), 1, 0])
        assert row[-1] - row[0] == pytest.approx(2 * 2.4477 * 5.0 * scale + 1.5, abs=2)
    else:  # 5.5 m north of the middle the outline lies to the east if the errors go together
        row = visit.page.evaluate(LINE, [0, int(y - 5.5 * scale), 1, 0])
        assert (row[0] + row[-1]) / 2 - x == pytest.approx(leans * 5.5 * (6 / 9) * scale, abs=3)
    visit.page.context.close()


def test_phone_has_thumb_sized_targets_and_no_sideways_scroll(browser: Browser, tmp_path: Path):
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    visit = Visit(browser, tmp_path, city(), **phone)
    page = visit.page
    for where in ("#zoom-in", "#fit", "#language", ".card .main"):
        box = page.locator(where).first.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".card .main").first.tap()
    page.wait_for_selector("#map[data-state=idle]")
    assert page.locator(".card[aria-current]").count() == 1
    scale = pixels_per_metre(page)
    wire = page.context.new_cdp_session(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + 150, box["y"] + 150
    for kind, spread in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        points = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_selector("#map[data-state=idle]")
    assert pixels_per_metre(page) / scale == pytest.approx(2, rel=0.03), "fingers twice as far apart"
    assert visit.said == []
    page.context.close()
