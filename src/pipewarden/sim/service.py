"""The demo as paths, truth and one day: what `make demo` replays and what its summary is compared with."""

from __future__ import annotations

import json
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.sim.facts import (
    DayEvent,
    DemoArea,
    DemoCamera,
    DemoCompound,
    DemoDay,
    DemoNetwork,
    DemoPerson,
    EventKind,
    RenderedMachine,
    SelfTest,
    Truth,
)
from pipewarden.sim.rules import (
    DAY_S,
    DAY_START,
    JURISDICTION,
    PEOPLE,
    open_sites,
    parse_truth,
    permitted_works,
    score_day,
)
from pipewarden.sim.rules import bus_route as _bus_route
from pipewarden.sim.rules import city_areas as _city_areas
from pipewarden.sim.rules import city_compounds as _city_compounds
from pipewarden.sim.rules.desk_weeks import draw_works
from pipewarden.sim.rules.patrol import met, patrol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from pipewarden.judge.facts import OpenPlace, Permitted

__all__ = [
    "JURISDICTION",
    "another_day",
    "bus_route",
    "city_areas",
    "city_compounds",
    "demo_cameras",
    "demo_day",
    "demo_network",
    "demo_people",
    "demo_root",
    "demo_truth",
    "draw_works",
    "open_places",
    "patrol_days",
    "permitted",
    "rendered_machines",
    "score_day",
    "self_test",
    "sequence_starts",
]
_CRS = "EPSG:4326"
_ROOT: ContextVar[Path] = ContextVar("root", default=Path(__file__).resolve().parent / "demo")
_SELF_TEST = ("cam-06", ("0002.jpg", "0003.jpg"))  # the screen raises their machine at .68 and .65, threshold .45


def bus_route() -> NDArray[np.float64]:
    """Return the demo's bus as (n, 3): seconds from its start, lon and lat in degrees WGS-84, one row a second."""
    return _bus_route()


def demo_root() -> Path:
    """Return the folder with network.geojson, longdistance.geojson, truth.json and cameras/ (all rendered 渲染)."""
    return _ROOT.get()


@contextmanager
def another_day(root: Path) -> Iterator[None]:
    """Take the demo from another folder meanwhile, which ``render/other_days.py`` made; for measuring."""
    token = _ROOT.set(root)
    try:
        yield
    finally:
        _ROOT.reset(token)


def demo_network() -> list[DemoNetwork]:
    """Return the invented network's files: city gas first, then the long-distance line under its own pack."""
    root = demo_root()
    return [
        DemoNetwork(root / "network.geojson", _CRS, JURISDICTION),
        DemoNetwork(root / "longdistance.geojson", _CRS, "CN-LONGDISTANCE"),
    ]


def city_areas() -> list[DemoArea]:
    """Return the invented area tree (city, districts, beats), parents before children."""
    return list(_city_areas())


def city_compounds() -> list[DemoCompound]:
    """Return the invented compounds (小区) between the streets."""
    return list(_city_compounds())


def demo_people() -> list[DemoPerson]:
    """Return the invented people who tell something during the day."""
    return list(PEOPLE)


def demo_cameras() -> list[DemoCamera]:
    """Return the demo's cameras in order of their keys; each folder is a sequence (pictures beside seq.json)."""
    folders = sorted(path.parent for path in (demo_root() / "cameras").glob("*/camera.yaml"))
    return [DemoCamera(key=folder.name, folder=folder, camera_file=folder / "camera.yaml") for folder in folders]


def self_test() -> SelfTest:
    """Return the rendered (渲染) pictures by which the house tests itself, and the file of their camera."""
    key, names = _SELF_TEST
    folder = demo_root() / "cameras" / key
    return SelfTest(demo_root() / "self-test.yaml", tuple(folder / name for name in names))


def rendered_machines() -> list[RenderedMachine]:
    """Return the rendered (渲染) machines that a commissioning test pastes; render/cut_outs.py makes them."""
    folder = demo_root() / "cut-outs"
    told = json.loads((folder / "cut-outs.json").read_text(encoding="utf-8"))
    return [RenderedMachine(folder / one["file"], float(one["px_per_m"])) for one in told["cut_outs"]]


def demo_truth() -> Truth:
    """Return what is true in the demo: in its pictures, and of its day.

    Raises:
        InputError: the truth file was damaged.
    """
    path = demo_root() / "truth.json"
    return parse_truth(path.read_text(encoding="utf-8"), path.name)


def demo_day() -> DemoDay:
    """Return everything that reaches the product during the day, in order of time.

    Raises:
        InputError: the truth file was damaged.
    """
    frames = [event for camera in demo_cameras() for event in _frames(camera)]
    reports = [
        DayEvent(
            key=told.key,
            at_s=told.at_s,
            kind=EventKind.REPORT,
            words=told.words,
            lon=told.lon,
            lat=told.lat,
            accuracy_m=told.accuracy_m,
            who=told.who,
        )
        for told in demo_truth().reports
    ]
    events = tuple(sorted([*frames, *reports], key=lambda event: (event.at_s, event.key)))
    return DemoDay(datetime.fromisoformat(DAY_START), DAY_S, events)


def permitted(start: datetime | None = None) -> tuple[Permitted, ...]:
    """Return the day's filed works as the judge takes them, the day beginning at ``start`` (its own)."""
    return permitted_works(demo_truth().works, start or datetime.fromisoformat(DAY_START))


def open_places(at_s: float) -> tuple[OpenPlace, ...]:
    """Return the sites open at ``at_s`` seconds of the day, for ``judge.service.set_open_places``."""
    truth = demo_truth()
    return open_sites(truth.works, truth.reports, at_s)


def patrol_days(days: int) -> list[dict[str, float]]:
    """Return, for each of so many drawn days of the operator's patrol, when it met the demo day's works.

    Keys of works to seconds after the day's start; what it never met is left out. See ``rules.patrol`` for its manners.
    """
    city_gas, works = demo_network()[0], demo_truth().works
    network = json.loads(city_gas.path.read_text(encoding="utf-8"))
    return [met(works, patrol(network, seed)) for seed in range(days)]


def sequence_starts() -> dict[str, float]:
    """Return, for each camera key, when its sequence starts in seconds after the day's start."""
    return {camera.key: _sequence(camera)[0] for camera in demo_cameras()}


def _frames(camera: DemoCamera) -> list[DayEvent]:
    start, frames = _sequence(camera)
    return [
        DayEvent(
            key=f"{camera.key}/{Path(name).stem}",
            at_s=start + t,
            kind=EventKind.FRAME,
            camera=camera.key,
            file=camera.folder / name,
        )
        for name, t in frames
    ]


def _sequence(camera: DemoCamera) -> tuple[float, list[tuple[str, float]]]:
    told = json.loads((camera.folder / "seq.json").read_text(encoding="utf-8"))
    start = datetime.fromisoformat(told["start"]) - datetime.fromisoformat(DAY_START)
    return start.total_seconds(), [(frame["file"], float(frame["t"])) for frame in told["frames"]]
