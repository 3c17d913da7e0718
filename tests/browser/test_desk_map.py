"""The map of the desk: base maps beneath it in their own systems, measuring, filters, and the map turned back."""

from __future__ import annotations

import io
import math
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml
from map_page_town import CHROMIUM
from PIL import Image
from playwright.sync_api import expect
from pyproj import Geod

from pipewarden.main.web.basemaps import open_bases
from pipewarden.network.rules import gcj
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from desk_town import DeskTown
    from desk_visit import Visit, Visits

pytestmark = pytest.mark.system(CHROMIUM)
PLACE = (116.70123, 39.53217)
SHIFTED = tuple(float(one) for one in gcj.wgs84_to_gcj02(np.array([PLACE]))[0])
RADIUS = 5.0
APPROVAL = "GS(2099)0001号"
OURS = ("alarms", "errors", "sites", "cameras", "seen", "pipes", "ranges", "stations", "names")


def pixel(place: tuple[float, ...], z: int) -> tuple[float, float]:
    """Return pixels of the world in the web mercator grid of 256-pixel squares."""
    size = 256 * 2**z
    return (place[0] / 360 + 0.5) * size, (0.5 - math.asinh(math.tan(math.radians(place[1]))) / math.tau) * size


def picture(z: int, x: int, y: int, place: tuple[float, ...]) -> bytes:
    """Draw a square of a made map: white, with a magenta disc where the place lies in the map's own system."""
    east, south = pixel(place, z)
    columns, rows = np.meshgrid(np.arange(256) + 0.5 + 256 * x, np.arange(256) + 0.5 + 256 * y)
    inside = np.clip(RADIUS + 0.5 - np.hypot(columns - east, rows - south), 0, 1)
    shown = np.full((256, 256, 3), 255, np.uint8)
    shown[:, :, 1] = np.round(255 * (1 - inside)).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "PNG")
    return out.getvalue()


class Made(BaseHTTPRequestHandler):
    """An online map whose pictures are made: one in GCJ-02, one in WGS-84."""

    def do_GET(self) -> None:
        way, *numbers = self.path.strip("/").split("/")
        z, x, y = (int(one) for one in numbers)
        body = picture(z, x, y, SHIFTED if way == "shifted" else PLACE)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@pytest.fixture
def based(desk: DeskTown, tmp_path: Path) -> Iterator[None]:
    """Give the house two online maps, which it fetches itself."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Made)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    maps = [
        {"name": way, "title": {"zh": title, "en": way}, "kind": "xyz", "crs": crs, "attribution": "造的图",
         "approval": APPROVAL, "url": f"http://127.0.0.1:{server.server_port}/{way}/{{z}}/{{x}}/{{y}}"}
        for way, title, crs in (("shifted", "火星街道", "GCJ-02"), ("plain", "国家街道", "CGCS2000"))
    ]  # fmt: skip
    path = tmp_path / "basemaps.yaml"
    path.write_text(yaml.safe_dump({"basemaps": maps}), encoding="utf-8")
    before = desk.app.state.bases
    desk.app.state.bases = open_bases(SimpleNamespace(basemaps=path, outbound_open="127.0.0.0/8"))  # type: ignore[arg-type]
    yield
    desk.app.state.bases = before
    server.shutdown()
    thread.join(10)
    server.server_close()


def address(zoom: float, hide: tuple[str, ...] = ()) -> str:
    told = "+".join(f"layer.{one}" for one in hide)
    return f"/?at={PLACE[0]},{PLACE[1]},{zoom}" + (f"&hide={told}" if told else "")


def still(visit: Visit) -> None:
    """Wait until the map has drawn what it has."""
    visit.page.wait_for_selector("[data-map=desk][data-state=idle]")


def off_the_middle(visit: Visit) -> tuple[float, float]:
    """Return how far the disc's middle lies from the middle of the map, which is the place, in pixels."""
    ground = visit.page.locator("[data-map=desk]")
    ground.evaluate(
        "one => [...one.parentElement.children].forEach(it => it === one || (it.style.visibility = 'hidden'))"
    )
    shot = ground.screenshot()
    ground.evaluate("one => [...one.parentElement.children].forEach(it => (it.style.visibility = ''))")
    seen = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(float)
    weight = np.clip(np.minimum(seen[:, :, 0], seen[:, :, 2]) - seen[:, :, 1] - 20, 0, None)
    assert weight.sum() > 1000, "the disc is on the map"
    rows, columns = np.indices(weight.shape)
    middle = (float((columns * weight).sum() / weight.sum()) + 0.5, float((rows * weight).sum() / weight.sum()) + 0.5)
    return middle[0] - weight.shape[1] / 2, middle[1] - weight.shape[0] / 2


def test_a_place_lies_where_it_must_on_a_shifted_base_map(visits: Visits, desk: DeskTown, based: None) -> None:  # noqa: ARG001  they are there
    visit = visits.by(desk.login(Role.DISPATCHER), address(9, OURS))
    page = visit.page
    still(visit)
    expect(page.locator("[data-credit]")).to_have_count(0)
    assert not [url for url in visit.asked if "/v1/basemaps/" in url], "none is beneath unless somebody chose one"
    page.locator("[data-tool=base]").click()
    page.locator("[data-base=shifted] input").check()
    page.locator("[data-grey]").uncheck()
    expect(page.locator("[data-credit]")).to_contain_text(APPROVAL)
    expect(page.locator("[data-credit]")).to_contain_text("造的图")
    page.keyboard.press("Escape")
    expect(page.locator("[data-panel]")).to_have_count(0)
    expect(page.locator("[data-credit]")).to_be_visible()
    found = {}
    for z in range(10, 19):  # the map's own zooms count squares of 512 pixels: 9 to 17
        still(visit)
        page.wait_for_function("document.querySelector('[data-map=desk]').dataset.state === 'idle'")
        found[z] = off_the_middle(visit)
        page.locator(".zoom button").first.click()
    assert max(math.hypot(*one) for one in found.values()) < 1, found
    # the same picture taken for what it is not, lies hundreds of pixels off: out of this map's sight
    raw, right = pixel(SHIFTED, 18), pixel(PLACE, 18)
    assert math.dist(raw, right) > 500
    page.locator("[data-tool=base]").click()
    page.locator("[data-base=plain] input").check()
    page.locator("[data-act=close-panel]").click()
    still(visit)
    assert math.hypot(*off_the_middle(visit)) < 1, "CGCS2000 is drawn as it is"
    page.reload()
    expect(page.locator("[data-credit]")).to_contain_text("国家街道")  # kept for this browser
    page.evaluate("localStorage.removeItem('pipewarden.map')")


def test_measure_filter_and_turn_the_map_back(visits: Visits, desk: DeskTown) -> None:
    desk.works((116.7120387, 39.5341385))
    visit = visits.by(desk.login(Role.DISPATCHER), address(15), viewport={"width": 1440, "height": 900})
    visit.settled()
    lengths_and_areas(visit)
    a_point(visit)
    left_out(visit)
    turned_back(visit)


def lengths_and_areas(visit: Visit) -> None:
    """Measure by clicks and by keys."""
    page, box = visit.page, visit.page.locator("[data-map=desk]").bounding_box()
    assert box is not None
    page.locator("[data-tool=measure]").click()
    for x in (400, 500):
        page.mouse.click(box["x"] + x, box["y"] + 300)
    east = 100 * 360 / (512 * 2**15)
    span = Geod(ellps="WGS84").inv(PLACE[0], PLACE[1], PLACE[0] + east, PLACE[1])[2]
    told = float(re.sub(r"[^\d.]", "", page.locator("[data-length]").inner_text()))
    assert abs(told - span) < 0.01 * span
    page.keyboard.press("Space")  # at the cross in the middle
    expect(page.locator("[data-length]")).not_to_have_text(f"{told:.1f}\u00a0m")
    page.keyboard.press("Backspace")
    expect(page.locator("[data-length]")).to_have_text(f"{told:.1f}\u00a0m")
    page.locator("[data-measures=area]").click()
    for x, y in ((400, 300), (500, 300), (500, 400), (400, 400)):
        page.mouse.click(box["x"] + x, box["y"] + y)
    ground_m2 = float(re.sub(r"[^\d.]", "", page.locator("[data-area]").inner_text().replace("m²", "")))
    assert abs(ground_m2 - span**2) < 0.02 * span**2
    visit.shot("map-area")


def a_point(visit: Visit) -> None:
    """Ask for the nearest pipe of a point, and for where it is in three systems."""
    page = visit.page
    page.locator("[data-measures=point]").click()
    page.keyboard.press("Space")
    expect(page.locator("[data-nearest]")).to_contain_text(re.compile(r"距.*管"))
    wgs = [float(one) for one in page.locator("[data-place='WGS-84']").input_value().split(",")]
    assert np.abs(np.array(wgs) - np.array(PLACE)).max() < 1e-6
    shifted = [float(one) for one in page.locator("[data-place='GCJ-02']").input_value().split(",")]
    assert np.abs(gcj.wgs84_to_gcj02(np.array([wgs]))[0] - shifted).max() < 2e-7
    assert page.locator("[data-place=CGCS2000]").input_value() == page.locator("[data-place='WGS-84']").input_value()
    visit.shot("map-point")
    # going to the same place by its shifted figures leads back to it
    page.locator(".go select").select_option("GCJ-02")
    page.fill("#map-go", f"{shifted[0]}, {shifted[1]}")
    page.keyboard.press("Enter")
    again = [float(one) for one in page.locator("[data-place='WGS-84']").input_value().split(",")]
    assert np.abs(np.array(again) - np.array(wgs)).max() < 2e-7
    page.keyboard.press("Escape")
    expect(page.locator("[data-measure=none], [data-panel]").first).to_be_visible()
    page.keyboard.press("Escape")


def left_out(visit: Visit) -> None:
    """Leave things out: it stands in the address, and stays."""
    page, ground = visit.page, visit.page.locator("[data-map=desk]")
    visit.go(address(15))
    visit.settled()
    drawn = "([than]) => Number(document.querySelector('[data-map=desk]').dataset.pipes) > than"
    page.wait_for_function(drawn, arg=[0])
    page.locator("[data-tool=layers]").click()
    visit.shot("map-layers")
    page.locator("[data-shows='layer.pipes']").uncheck()
    expect(ground).to_have_attribute("data-pipes", "0")
    page.wait_for_url(re.compile("hide=layer.pipes"))
    page.locator("[data-shows='layer.pipes']").check()
    page.locator("[data-shows='class.medium']").uncheck()
    page.wait_for_url(re.compile("hide=class.medium"))
    visit.go(address(15))
    page.wait_for_url(re.compile("hide=class.medium"))  # this browser keeps it
    page.wait_for_function(drawn, arg=[0])
    still(visit)
    fewer = visit.shown("pipes")
    page.locator("[data-tool=layers]").click()
    page.locator("[data-act=show-all]").click()
    page.wait_for_function(drawn, arg=[fewer])
    page.locator("[data-act=close-panel]").click()


def turned_back(visit: Visit) -> None:
    """See what stood a day ago, and play."""
    page, ground = visit.page, visit.page.locator("[data-map=desk]")
    page.locator("[data-tool=time]").click()
    bar = page.locator("[data-past=on]")
    expect(bar).to_be_visible()
    sites = int(ground.get_attribute("data-sites") or 0)
    expect(bar.locator("output")).to_contain_text(re.compile(r"未接警 \d+ 个"))
    visit.shot("map-time")
    bar.locator("[data-moment]").focus()
    page.keyboard.press("Home")
    expect(bar.locator("output")).to_contain_text("未结施工点 0 处")
    bar.locator("[data-act=play]").click()
    expect(bar.locator("[data-act=play]")).to_have_text("暂停")
    expect(bar.locator("[data-moment]")).not_to_have_value("0")
    bar.locator("[data-span]").select_option("week")
    expect(bar.locator("[data-moment]")).to_have_attribute("max", "84")
    bar.locator("[data-act=now]").click()
    expect(page.locator("[data-past]")).to_have_count(0)
    expect(ground).to_have_attribute("data-sites", str(sites))
    assert sites > 0
