"""The demo in one run, without a server: every frame of the city through the real river, then a map."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.main import scan
from pipewarden.main.demo import town
from pipewarden.main.files import open_sources
from pipewarden.main.map_data import gather
from pipewarden.main.map_page.page import render
from pipewarden.sim import service as sim

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipewarden.main.river import River
    from pipewarden.main.scan import ScanResult


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


def run(river: River, out: Path, progress: Callable[[int, int | None], None]) -> DemoResult:
    """Load the demo city, run its frames and write evidence and map below ``out``.

    Args:
        river: open, on a home of :func:`town.fresh`.
        out: folder; made when absent.
        progress: called with frames done and frames in all.

    Raises:
        InputError: ``out`` cannot be written, or the shipped demo is incomplete.
    """
    started = time.monotonic()
    scan.open_folder(out / "evidence")
    town.lay_pipes(river.home)
    cameras = town.hang_cameras(river.home)
    feeds = []
    for one in sim.demo_cameras():
        (source,) = open_sources([str(one.folder)], every_s=0.0)
        feeds.append(scan.Feed(source, cameras[one.key], one.key))
    result = scan.run(river, feeds, progress)
    pictures = [scan.write_evidence(river, alarm, out / "evidence") for alarm in result.alarms]
    page = out / "map.html"
    data = gather(river.home, list(zip(result.alarms, pictures, strict=True)), result.by_stream, rendered=True)
    page.write_text(render(data), encoding="utf-8")
    return DemoResult(
        scan=result, pictures=pictures, cameras=len(cameras), page=page, seconds=time.monotonic() - started
    )
