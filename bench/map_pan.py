"""What a frame of panning costs the desk's main thread with a city on the map, beside the same map empty: one JSON.

A home of its own with pipes over a town, the real server, the built pages and Chromium with software GL. Two pages are
signed in: one with pipes, cameras and sites, one that is answered with none of them. In turn, so that a change of the
machine's load meets both, each is dragged to and fro over ground that it has drawn already, one step a frame, and the
main thread's processor time (CDP ``Performance``, ``TaskDuration`` in thread ticks: scripts, style, layout, paint) is
divided by the frames. Cameras and sites are answered by the bench itself: what is measured is the page. ``ratio`` is
full / empty, the medians of the rounds, of the view where it is largest (issue "# 12.": at most 1.5).

    python bench/map_pan.py [--pipes N] [--cameras N] [--sites N] [--rounds N] [--view VIEW]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from network_tiles import EAST, NORTH, SECRET, SOUTH, WEST, lay, served, sign_in
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.web.app import real_gate
from pipewarden.people.facts import Role
from pipewarden.people.http import COOKIE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page, Route

GOAL = 1.5
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-quic", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
         "--ignore-gpu-blocklist"]  # fmt: skip
VIEWS = {"town": 11.0, "district": 13.0, "street": 15.0}
FRAMES = 60
SETTLES = 10  # frames of a drag's end, which count like the others
SEED = 20261127
WAIT_MS = 180_000
DRAG = """async ([frames, settles]) => {
  const canvas = document.querySelector('.maplibregl-canvas'), box = canvas.getBoundingClientRect()
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
  const say = (type, dx, buttons) => canvas.dispatchEvent(new MouseEvent(type,
    { bubbles: true, cancelable: true, view: window, clientX: x + dx, clientY: y + dx / 3, button: 0, buttons }))
  const frame = () => new Promise((go) => requestAnimationFrame(go))
  say('mousedown', 0, 1)
  for (let n = 1; n <= frames; n += 1) {
    await frame()
    say('mousemove', 120 * Math.sin((n / frames) * 4 * Math.PI), 1)
  }
  for (let n = 0; n < settles; n += 1) { await frame(); say('mousemove', 0, 1) }
  say('mouseup', 0, 0)
}"""


def cameras(count: int) -> list[dict[str, Any]]:
    """Return made cameras over the town, one in twenty blind, each with the ground that it sees."""
    rng = np.random.default_rng(SEED)
    made = []
    for n, (lon, lat) in enumerate(zip(rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count), strict=True)):
        sees = [[lon, lat], [lon + 0.0005, lat + 0.0004], [lon + 0.0007, lat], [lon + 0.0004, lat - 0.0003]]
        made.append({
            "id": f"00000000-0000-4000-8000-{n:012x}", "key": f"c{n}", "name": f"摄像机 {n}", "lon": lon, "lat": lat,
            "sees": sees, "state": "offline" if n % 20 == 0 else "online", "state_since": None, "problem": None,
            "seen_at": None, "calibrated": True, "rendered": False, "eye": None, "interval_s": 60.0,
        })  # fmt: skip
    return made


def sites(count: int) -> list[dict[str, Any]]:
    """Return made sites as OGC features."""
    rng = np.random.default_rng(SEED + 1)
    places = zip(rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count), strict=True)
    return [
        {"type": "Feature", "id": f"00000000-0000-4000-9000-{n:012x}",
         "geometry": {"type": "Point", "coordinates": [lon, lat]},
         "properties": {"risk_level": 1 + n % 4, "opened_at": "2026-11-01T00:00:00Z", "ended_at": None}}
        for n, (lon, lat) in enumerate(places)
    ]  # fmt: skip


def pages_of(rows: list[Any], size: int, url: str) -> tuple[list[Any], str | None]:
    """Return the page that an address asks for, and the cursor of the next."""
    found = re.search(r"cursor=(\d+)", url)
    at = int(found[1]) if found else 0
    return rows[at : at + size], str(at + size) if at + size < len(rows) else None


def answered(context: BrowserContext, there: list[Any], works: list[Any], *, empty: bool) -> None:
    """Let a page be answered with these cameras and sites; with no pipes either, where it is to be empty."""

    def list_cameras(route: Route) -> None:
        items, more = pages_of(there, 200, route.request.url)
        route.fulfill(json={"items": items, "next": more})

    def list_sites(route: Route) -> None:
        items, more = pages_of(works, 1000, route.request.url)
        links = [{"rel": "next", "href": f"http://x/?cursor={more}", "type": "", "title": ""}] if more else []
        said = {"type": "FeatureCollection", "features": items, "links": links}
        route.fulfill(json=said, content_type="application/geo+json")

    context.route(re.compile(r"/v1/cameras(\?|$)"), list_cameras)
    context.route(re.compile(r"/v1/ogc/collections/sites/items"), list_sites)
    if empty:
        context.route(re.compile(r"/v1/tiles/network/"), lambda route: route.fulfill(status=204))


def cost(page: Page, probe: CDPSession) -> tuple[float, float]:
    """Drag once and return the main thread's milliseconds a frame: all tasks, and scripts alone."""

    def told() -> dict[str, float]:
        return {one["name"]: one["value"] for one in probe.send("Performance.getMetrics")["metrics"]}

    before = told()
    page.evaluate(DRAG, [FRAMES, SETTLES])
    after = told()
    spent = [1e3 * (after[name] - before[name]) / (FRAMES + SETTLES) for name in ("TaskDuration", "ScriptDuration")]
    return spent[0], spent[1]


def measure(contexts: dict[str, BrowserContext], address: str, rounds: int, views: list[str]) -> dict[str, Any]:
    """Drag the full and the empty map in turn, at each view."""
    told: dict[str, Any] = {}
    for view in views:
        zoom = VIEWS[view]
        pages: dict[str, tuple[Page, CDPSession]] = {}
        for name, context in contexts.items():
            page = context.new_page()
            page.set_default_timeout(WAIT_MS)
            page.goto(f"{address}/?at={(WEST + EAST) / 2},{(SOUTH + NORTH) / 2},{zoom}")
            page.wait_for_selector("[data-map=desk][data-state=idle]")
            page.wait_for_timeout(3000)  # cameras and sites come in pages, after the map
            page.wait_for_selector("[data-map=desk][data-state=idle]")
            probe = context.new_cdp_session(page)
            probe.send("Performance.enable", {"timeDomain": "threadTicks"})
            pages[name] = (page, probe)
            page.evaluate(DRAG, [FRAMES, SETTLES])  # what the drag comes over is drawn by now
            page.wait_for_selector("[data-map=desk][data-state=idle]")
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
        for _ in range(rounds):
            for name, (page, probe) in pages.items():
                page.bring_to_front()
                spent[name].append(cost(page, probe))
        ground = pages["full"][0].locator("[data-map=desk]")
        shown = {what: int(ground.get_attribute(f"data-{what}") or -1) for what in ("pipes", "cameras", "sites")}
        middle = {name: statistics.median(one for one, _ in rows) for name, rows in spent.items()}
        script = {name: statistics.median(one for _, one in rows) for name, rows in spent.items()}
        told[view] = {
            "zoom": zoom,
            "shown": shown,
            "task_ms": {name: round(value, 2) for name, value in middle.items()},
            "script_ms": {name: round(value, 2) for name, value in script.items()},
            "ratio": round(middle["full"] / middle["empty"], 2),
        }
        sys.stderr.write(json.dumps({view: told[view]}) + "\n")
        for page, _ in pages.values():
            page.close()
    return told


def main() -> int:
    """Print the figures; 1 when a frame with the city on the map costs more than the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipes", type=int, default=50_000)
    parser.add_argument("--cameras", type=int, default=2_000)
    parser.add_argument("--sites", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--view", choices=list(VIEWS), action="append", help="only these; all when left out")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - a tool of tests, where there is a browser

    with tempfile.TemporaryDirectory() as folder, open_home(Settings(home=Path(folder) / "home")) as home:
        lay(home, Path(folder), given.pipes)
        gate = real_gate(SECRET)
        token = sign_in(home, gate, Role.DISPATCHER, EAST)
        there, works = cameras(given.cameras), sites(given.sites)
        with served(home, gate) as address, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
            contexts = {}
            for name, (seen, filed) in {"full": (there, works), "empty": ([], [])}.items():
                made = contexts[name] = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
                made.add_cookies([{"name": COOKIE, "value": token, "url": address}])
                made.add_init_script("localStorage.setItem('pipewarden.signed-in', '1')")
                answered(made, seen, filed, empty=name == "empty")
            told = measure(contexts, address, given.rounds, given.view or list(VIEWS))
            browser.close()
    worst = max(one["ratio"] for one in told.values())
    counts = {"pipes": given.pipes, "cameras": given.cameras, "sites": given.sites, "rounds": given.rounds}
    said = {"bench": "map_pan", **counts, **told, "ratio": worst, "goal": GOAL, "load": round(os.getloadavg()[0], 1)}
    print(json.dumps(said))
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
