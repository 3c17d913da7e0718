"""A small town with every kind of thing the map page can show, and a visit to it that notes all it says and asks."""

from __future__ import annotations

import io
import math
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from pipewarden.kit.geo import LocalFrame
from pipewarden.main.map_page.page import render
from pipewarden.main.map_page.page_facts import MapAlarm, MapCamera, MapData, MapPipe, MapStreet

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
         "--disable-component-update", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--ignore-gpu-blocklist"]  # fmt: skip  # the desk's map draws with WebGL, here without a graphics card
HOSTILE = '</script><img src=x onerror="window.hit=1"><b>&amp;\u2028{{ 7*7 }}'
CHINA = timezone(timedelta(hours=8))
MADE = datetime(2026, 11, 20, 9, 30, tzinfo=CHINA)
FRAME = LocalFrame(116.7, 39.53)
PLACES = ((30.0, -39.5),)  # of the first alarm: in the protection range of P-002
STREETS = ("新华路", "爱民道", "和平路", "光明西道", "银河北路", "广阳道")


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


class Visit:
    """One page with everything it said and asked for."""

    def __init__(self, browser: Browser, path: Path, data: MapData, **context: Any) -> None:
        file = path / "map.html"
        file.write_text(render(data), encoding="utf-8")
        self.said: list[str] = []
        self.asked: list[str] = []
        options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | context
        self.page: Page = browser.new_context(**options).new_page()
        self.page.set_default_timeout(60_000)  # three thousand pipes drawn without a graphics card, beside other tests
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


def place_under(page: Page, x: float, y: float) -> list[float]:
    page.mouse.move(x, y)
    return [float(part.strip().split("°")[0]) for part in page.locator("#place").inner_text().split(",")]


def pixels_per_metre(page: Page) -> float:
    metres = float(page.locator("#scale b").inner_text().split()[0])
    return float(page.locator("#scale i").evaluate("i => parseFloat(i.style.width)")) / metres
