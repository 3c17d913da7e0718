"""The demo as a use case: the rendered city's network and cameras through the real river, in a tenant of its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.main import scan
from pipewarden.main.files import open_sources
from pipewarden.main.map_data import gather
from pipewarden.main.map_page.page import render
from pipewarden.people import service as people
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.main.home import Home
    from pipewarden.main.river import River
    from pipewarden.main.scan import ScanResult

_CITY = "CN-HE-langfang"
_LONG = "CN-LONGDISTANCE"
_CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo showed.

    Attributes:
        pictures: evidence file of each alarm, in the alarms' order.
        page: the map.
        seconds: from the first import to the written map.
    """

    scan: ScanResult
    pictures: list[Path]
    cameras: int
    page: Path
    seconds: float


def demo_home(home: Home) -> Home:
    """Return ``home`` acting for a new tenant: every run starts from an empty city and leaves other data alone."""
    with home.factory.sessions() as session, session.begin():
        clock, ids = home.factory.clock, home.factory.ids
        key = f"demo-{clock.now():%Y%m%d-%H%M%S}-{ids.new().hex[-6:]}"
        tenant = people.ensure_tenant(session, clock, ids, key)
    return replace(home, tenant_id=tenant.id)


def run(river: River, out: Path, progress: Callable[[int, int | None], None]) -> DemoResult:
    """Load the demo city, run its frames and write evidence and map below ``out``.

    Args:
        river: open, on a home of :func:`demo_home`.
        out: folder; made when absent.
        progress: called with frames done and frames in all.

    Raises:
        InputError: ``out`` cannot be written, or the shipped demo is incomplete.
    """
    started = time.monotonic()
    scan.open_folder(out / "evidence")
    root = sim.demo_root()
    for name, pack in (("network.geojson", _CITY), ("longdistance.geojson", _LONG)):
        scan.load_network(river.home, scan.NetworkFile(path=root / name, crs=_CRS, jurisdiction=pack))
    cameras = sim.demo_cameras()
    feeds = []
    for camera in cameras:
        registered = scan.load_camera(river.home, camera.camera_file)
        (source,) = open_sources([str(camera.folder)], every_s=0.0)
        feeds.append(scan.Feed(source, registered, registered.key))
    result = scan.run(river, feeds, progress)
    pictures = [scan.write_evidence(river, alarm, out / "evidence") for alarm in result.alarms]
    page = out / "map.html"
    data = gather(river.home, list(zip(result.alarms, pictures, strict=True)), result.by_stream, rendered=True)
    page.write_text(render(data), encoding="utf-8")
    return DemoResult(
        scan=result, pictures=pictures, cameras=len(cameras), page=page, seconds=time.monotonic() - started
    )
