"""The map page in a real browser: quiet on the console and the wire, clickable, deaf to hostile names."""

from __future__ import annotations

import io
import math
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw

from pipewarden.kit.geo import LocalFrame
from pipewarden.main.map_page.page import render
from pipewarden.main.map_page.page_facts import MapAlarm, MapCamera, MapData, MapPipe, MapStreet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
HOSTILE = '</script><img src=x onerror="window.hit=1"><b>&amp;\u2028{{ 7*7 }}'
CHINA = timezone(timedelta(hours=8))
MADE = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA)
FRAME = LocalFrame(116.7, 39.53)
PLACES = ((30.0, -39.5),)  # of the first alarm: in the protection range of P-002
STREETS = ("新华路", "爱民道", "和平路", "光明西道", "银河北路", "广阳道")

pytestmark = pytest.mark.system(CHROMIUM)


def ring(*metres: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Return metres from the sample's middle as (lon, lat)."""
    return tuple((float(lon), float(lat)) for lon, lat in FRAME.to_lonlat(list(metres)))


def jpeg(width: int = 480, height: int = 270) -> bytes:
    picture = Image.new("RGB", (width, height), (118, 128, 138))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, height // 2, width, height), fill=(92, 90, 84))
    pen.polygon(((200, 190), (320, 190), (300, 140), (230, 140)), fill=(210, 160, 40))
    pen.rectangle((190, 120, 335, 205), outline=(20, 20, 20), width=4)
    pen.rectangle((191, 121, 334, 204), outline=(255, 255, 255), width=2)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def pipe(name: str, cls: str, line: tuple[tuple[float, float], ...], **more: object) -> MapPipe:
    protect, control = {"low": (0.5, 5.0), "medium": (0.5, 5.0), "sub_high": (1.5, 15.0)}.get(cls, (5.0, 50.0))
    values: dict[str, Any] = {
        "id": name,
        "kind": "pipe",
        "pressure_class": cls,
        "regime": "city_gas",
        "coords": line,
        "protect_m": protect,
        "control_m": control,
        "radius_m": 0.2,
        "label": "PE100 DN200",
    }
    return MapPipe(**(values | more))


def camera(index: int, east: float, north: float, *, frames: int = 12) -> MapCamera:
    turn = index * 0.9
    wedge = []
    for reach, swing in ((8, -0.5), (55, -0.42), (62, 0), (55, 0.42), (8, 0.5)):
        wedge.append((east + reach * math.cos(turn + swing), north + reach * math.sin(turn + swing)))
    at = ring((east, north))[0]
    name = f"{STREETS[index % len(STREETS)]}{index + 1}号杆"
    return MapCamera(f"cam-{index:02d}", name, *at, ring(*wedge) if frames else (), 1 if frames else 0, frames)


def alarm(index: int, zone: str, at: tuple[float, float] | None, **more: object) -> MapAlarm:
    lon, lat = ring(at)[0] if at else (None, None)
    hull = ring(*((at[0] + dx, at[1] + dy) for dx, dy in ((-6, -3), (7, -4), (5, 6), (-4, 5)))) if at else ()
    values: dict[str, Any] = {
        "id": f"0199b2c4-{index:04d}",
        "zone": zone,
        "cls": "machine",
        "type": "excavator",
        "score": 0.86 - 0.07 * index,
        "lon": lon,
        "lat": lat,
        "covariance": (2.5, 1.1, 1.6) if at else None,
        "distance_m": 0.4 + 3.1 * index if at else None,
        "pipe_id": f"MP-{index:04d}" if at else None,
        "pipe_class": "medium" if at else None,
        "clause": "GB 55009-2021 5.1.6" if zone == "protection" else None,
        "p_protection": 0.81 if at else None,
        "p_control": 0.99 if at else None,
        "first_seen": "2026-11-20T01:02:10Z",
        "last_seen": "2026-11-20T01:26:40Z",
        "frames": 6 + index,
        "cameras": (f"cam-{index:02d}", f"cam-{index + 1:02d}"),
        "work_area": hull,
        "reasons": ("相距 1.2 m，误差内同一处", "cam-01 与 cam-02 的画面相像 0.91"),
        "picture": jpeg(),
    }
    return MapAlarm(**(values | more))


def city() -> MapData:
    """Return a small town with every kind of thing the page can show."""
    streets, pipes = [], []
    for index, name in enumerate(STREETS):
        offset = -300.0 + 120 * index
        line = ((-420, offset), (0, offset + 14), (440, offset + 4))
        streets.append(MapStreet(name, ring(*line)))
        streets.append(MapStreet(f"{name}支线", ring((offset, -400), (offset + 8, 400))))
        cls = ("medium", "low", "sub_high", "medium", "low", "high")[index]
        pipes.append(pipe(f"P-{index:03d}", cls, ring(*((x, y + 7) for x, y in line))))
        pipes.append(pipe(f"L-{index:03d}", "low", ring((offset + 5, -400), (offset + 13, 400))))
    pipes.append(pipe("U-001", "unknown", ring((-380, -260), (-120, -180), (40, 150)), label="图纸未注压力"))
    far = ring((-440, 360), (460, 240))
    pipes.append(pipe("陕京-03", "high", far, regime="long_distance", control_m=50.0, radius_m=0.0))
    pipes.append(pipe("RS-7", "sub_high", ring((150, -50), (172, -50), (172, -34), (150, -34)), kind="station"))
    pipes.append(pipe("RB-2", "medium", ring((-170, 74)), kind="station", label="调压箱"))
    cameras = [
        camera(i, 130.0 * (i % 4) - 210, 120.0 * (i // 4) - 170, frames=0 if i in {5, 11} else 12) for i in range(14)
    ]
    sub_high = {"pipe_class": "sub_high", "pipe_id": "P-002"}
    alarms = (
        alarm(0, "protection", PLACES[0], **sub_high),
        alarm(1, "protection", (62, 79), type="loader_dozer", covariance=(30.0, 12.0, 14.0), pipe_id="P-003"),
        alarm(2, "control", (-150, -42), type="dump_truck", **sub_high),
        alarm(3, "outside", (135, 25), cls="person", type=None, picture=None, **sub_high),
        alarm(4, "unknown", None, type="other", reasons=()),
        alarm(5, "control", (230, -45), cls="cone", type=None, **sub_high),
        alarm(6, "outside", (-250, 120), cls="person", type=None, pipe_id="P-004", pipe_class="low"),
    )
    return MapData("管卫演示 · 廊坊", MADE, rendered=True, pipes=tuple(pipes), cameras=tuple(cameras), alarms=alarms,
                   streets=tuple(streets))  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield made
        made.close()


class Visit:
    """One page with everything it said and asked for."""

    def __init__(self, browser: Browser, path: Path, data: MapData, **context: Any) -> None:
        file = path / "map.html"
        file.write_text(render(data), encoding="utf-8")
        self.said: list[str] = []
        self.asked: list[str] = []
        options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | context
        self.page: Page = browser.new_context(**options).new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("#map[data-state=idle]")
        self.own = file.as_uri()

    def wire(self) -> list[str]:
        """Return what was asked for beyond the file itself and the pictures inside it."""
        return [url for url in self.asked if url != self.own and not url.startswith("data:")]

    def pixel_of(self, card: int) -> tuple[float, float]:
        """Choose a card, let the map fly there, and return where its pin then stands on the page."""
        self.page.locator(".card .main").nth(card).click()
        self.page.wait_for_selector("#map[data-state=idle]")
        box = self.page.locator("#map").bounding_box()
        legend = self.page.locator("#legend").bounding_box()
        assert box is not None
        assert legend is not None
        return box["x"] + (box["width"] + legend["width"] + 12) / 2, box["y"] + box["height"] / 2


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Visit]:
    made = Visit(browser, tmp_path, city())
    yield made
    assert made.said == [], "the console must stay silent"
    assert made.wire() == [], "nothing may be fetched"
    made.page.context.close()


def test_page_shows_every_alarm_worst_first_and_counts_with_denominators(visit: Visit):
    cards = visit.page.locator(".card")
    assert cards.count() == 7
    assert "I 级 · 保护范围内" in cards.nth(0).inner_text()
    assert "IV 级 · 范围外" in cards.nth(6).inner_text()
    counts = visit.page.locator("#counts").inner_text()
    assert "12/14 路摄像机有画面" in counts
    assert "6/7 个告警有坐标" in counts
    assert "渲染图，非实拍" in visit.page.locator(".banner").inner_text()


def test_choosing_a_card_brings_its_pin_to_the_middle_and_the_pin_chooses_the_card(visit: Visit):
    x, y = visit.pixel_of(0)
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    visit.page.locator("#fit").click()
    visit.page.locator(".card .main").nth(2).click()
    visit.page.wait_for_selector("#map[data-state=idle]")
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0002"
    visit.pixel_of(0)
    visit.page.evaluate("document.querySelector('.card[aria-current]').removeAttribute('aria-current')")
    visit.page.mouse.click(x, y)
    assert visit.page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    assert "挖掘机" in visit.page.locator("#tip").inner_text()


def test_alarm_without_a_place_stands_in_the_list_only(visit: Visit):
    card = visit.page.locator('[data-alarm="0199b2c4-0004"]')
    assert "无坐标" in card.inner_text()
    assert card.locator(".main").is_disabled()


def test_why_one_alarm_opens_its_reasons_and_the_picture_opens_large(visit: Visit):
    card = visit.page.locator(".card").nth(0)
    card.locator("summary").click()
    assert "相距 1.2 m" in card.inner_text()
    assert "81 %" in card.inner_text()
    card.locator(".thumb").click()
    assert visit.page.locator("#sheet img").is_visible()
    assert visit.page.locator("#sheet img").evaluate("img => img.naturalWidth") == 480
    visit.page.keyboard.press("Escape")
    assert not visit.page.locator("#sheet img").is_visible()


def test_language_switch_speaks_english_keeps_what_was_open_and_remembers_nothing(visit: Visit):
    visit.page.locator(".card").nth(0).locator("summary").click()
    visit.page.locator("#language").click()
    assert visit.page.evaluate("document.documentElement.lang") == "en"
    assert "Level I · in the protection range" in visit.page.locator(".card").nth(0).inner_text()
    assert "12/14 cameras with pictures" in visit.page.locator("#counts").inner_text()
    assert visit.page.locator(".card").nth(0).locator("details").evaluate("d => d.open")
    visit.page.reload()
    visit.page.wait_for_selector("#map[data-state=idle]")
    assert visit.page.evaluate("document.documentElement.lang") == "zh-CN"
    assert visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_everything_is_reached_by_keyboard(visit: Visit):
    page = visit.page
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("(e => e.id || (e.closest('.card') && e.className + e.tagName))(document.activeElement)")
        )
    assert {"language", "map", "zoom-in", "zoom-out", "fit", "thumbBUTTON", "mainBUTTON", "SUMMARY"} <= seen
    page.locator("#map").focus()
    before = page.locator("#scale b").inner_text()
    for _ in range(6):
        page.keyboard.press("+")
    page.wait_for_selector("#map[data-state=idle]")
    assert page.locator("#scale b").inner_text() != before
    page.keyboard.press("j")
    assert page.locator(".card[aria-current]").get_attribute("data-alarm") == "0199b2c4-0000"
    page.keyboard.press("?")
    assert page.locator("#sheet dt").count() == 5


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


def pixels_per_metre(page: Page) -> float:
    metres = float(page.locator("#scale b").inner_text().split()[0])
    return float(page.locator("#scale i").evaluate("i => parseFloat(i.style.width)")) / metres


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


def test_hostile_names_stay_text(browser: Browser, tmp_path: Path):
    calm = city()
    bad = alarm(0, "protection", (0, 0), id=HOSTILE, pipe_id=HOSTILE, clause=HOSTILE, reasons=(HOSTILE,),
                cameras=(HOSTILE,), cls=HOSTILE, type=HOSTILE, first_seen=HOSTILE, last_seen=HOSTILE)  # fmt: skip
    data = MapData(
        HOSTILE, MADE, rendered=False, pipes=(pipe(HOSTILE, "__proto__", ring((-20, 0), (20, 0)), label=HOSTILE),),
        cameras=(MapCamera(HOSTILE, HOSTILE, *ring((0, 30))[0], (), 1, 1),), alarms=(bad, *calm.alarms[1:2]),
    )  # fmt: skip
    visit = Visit(browser, tmp_path, data)
    page = visit.page
    page.locator("summary").nth(1).click()
    page.locator("#language").click()
    x, y = visit.pixel_of(0)
    page.mouse.click(x + 30, y)
    assert page.evaluate("window.hit") is None
    assert page.locator("img[onerror]").count() == 0
    assert page.locator("#cards b").count() == 0
    assert page.title().startswith("</script><img")
    assert page.locator("h1").inner_text().startswith("</script><img")
    assert "{{ 7*7 }}" in page.locator("h1").inner_text()
    assert visit.said == []
    assert visit.wire() == []
    page.context.close()


def test_empty_page_says_why_it_is_empty(browser: Browser, tmp_path: Path):
    data = MapData("空", datetime(2026, 11, 20, tzinfo=UTC), rendered=False, pipes=(), cameras=(), alarms=())
    visit = Visit(browser, tmp_path, data)
    text = visit.page.locator("body").inner_text()
    assert "没有告警" in text
    assert "没有登记摄像机" in text
    assert "没有燃气管网" in text
    assert "没有任何坐标可画" in text
    assert visit.page.locator(".banner").count() == 0
    assert visit.said == []
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
    assert visit.said == []
    page.context.close()
