"""The day's truth from the pictures' truth, the authored works and one seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.facts import Telling, TrueLookAlike, TrueReport, TrueWork, WorkClass
from pipewarden.sim.rules.district import to_lonlat
from pipewarden.sim.rules.works import DAY_S, FILED, LOADING, LOOK_ALIKES, TELLINGS, WORKS
from pipewarden.sim.rules.zones import true_zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipewarden.sim.facts import TrueCamera, TrueFrame, TrueSite
    from pipewarden.sim.rules.works import TellingPlan, WorkPlan

SEEN = 0.4  # of a machine's pixels; less is not shown
_RADIUS_95 = 2.4477  # of a two-dimensional normal error, in sigmas
_AFTER_S = (1200.0, 9000.0)  # works go on after the last picture that shows them
_PLACES = 7


def true_works(
    sites: Sequence[TrueSite],
    cameras: Sequence[TrueCamera],
    starts: Mapping[str, float],
    network: Mapping[str, Any],
    seed: int,
) -> tuple[TrueWork, ...]:
    """Return all works of the day in order of their keys.

    Args:
        sites: what the pictures show at work.
        cameras: with their frames.
        starts: camera key -> seconds after the day's start of its sequence's own start.
        network: GeoJSON of the city gas network.
        seed: when works began between two pictures, and how long they went on after the last.
    """
    rng = np.random.default_rng([seed, 11])
    told = {plan.key for plan in TELLINGS if plan.telling in {Telling.RIGHT, Telling.DOUBLE}}
    works = [_seen_work(site, cameras, starts, rng) for site in sites]
    works += [_planned_work(plan, network) for plan in WORKS]
    return tuple(
        replace(work, told_by=tuple(plan.key for plan in TELLINGS if plan.about == work.key and plan.key in told))
        for work in sorted(works, key=lambda one: one.key)
    )


def true_reports(works: Sequence[TrueWork], seed: int) -> tuple[TrueReport, ...]:
    """Return what people say, in order of time; a pin is off by an error of the size that its accuracy says."""
    rng = np.random.default_rng([seed, 12])
    places = {work.key: (work.lon, work.lat) for work in works}
    return tuple(
        _report(plan, places, rng.normal(0.0, plan.accuracy_m / _RADIUS_95, (1, 2)))
        for plan in sorted(TELLINGS, key=lambda one: one.at_s)
    )


def true_look_alikes(cameras: Sequence[TrueCamera], starts: Mapping[str, float]) -> tuple[TrueLookAlike, ...]:
    """Return what the pictures show that looks like works and is none, in order of camera and time."""
    found = []
    for camera in cameras:
        for key, kind in LOOK_ALIKES.items():
            frames = _frames_of(camera, key)
            if not frames:
                continue
            # one that moves a little counts where it is in the middle of its time
            thing = next(one for one in frames[len(frames) // 2].objects if one.key == key)
            times = [starts[camera.key] + frame.t for frame in frames]
            names = tuple(frame.file for frame in frames)
            found.append(
                TrueLookAlike(key, kind, thing.lon, thing.lat, camera.key, names, min(times), max(times)),
            )
    return tuple(sorted(found, key=lambda one: (one.camera, one.first_s)))


def _frames_of(camera: TrueCamera, key: str) -> list[TrueFrame]:
    return [
        frame for frame in camera.frames if any(one.key == key and one.visible_fraction > SEEN for one in frame.objects)
    ]


def _seen_work(
    site: TrueSite, cameras: Sequence[TrueCamera], starts: Mapping[str, float], rng: np.random.Generator
) -> TrueWork:
    """The works of a machine that cameras see: begun between the last picture without it and the first with it."""
    with_it: list[float] = []
    without: list[float] = []
    for camera in cameras:
        if camera.key in site.cameras:
            showing = {frame.file for frame in _frames_of(camera, site.key)}
            for frame in camera.frames:
                (with_it if frame.file in showing else without).append(starts[camera.key] + frame.t)
    first = min(with_it)
    last_without = max((moment for moment in without if moment < first), default=first - 600.0)
    return TrueWork(
        key=site.key,
        cls=WorkClass.LOADING if site.key in LOADING else WorkClass.EXCAVATION,
        machine=site.type,
        lon=site.lon,
        lat=site.lat,
        start_s=round(float(rng.uniform(last_without, first))),
        end_s=min(round(max(with_it) + float(rng.uniform(*_AFTER_S))), DAY_S),
        zone=site.zone,
        nearest_pipe=site.nearest_pipe,
        distance_m=site.distance_m,
        filed=site.key in FILED,
        cameras=site.cameras,
        told_by=(),
    )


def _planned_work(plan: WorkPlan, network: Mapping[str, Any]) -> TrueWork:
    half = np.array(plan.size_m) / 2
    corners = to_lonlat(np.array([plan.x, plan.y]) + half * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]))
    lon, lat = (float(one) for one in to_lonlat(np.array([plan.x, plan.y]))[0].round(_PLACES))
    zone = true_zone(network, (lon, lat), [(float(a), float(b)) for a, b in corners])
    return TrueWork(
        key=plan.key,
        cls=plan.cls,
        machine=plan.machine,
        lon=lon,
        lat=lat,
        start_s=plan.start_s,
        end_s=plan.end_s,
        zone=zone.zone,
        nearest_pipe=zone.pipe_id,
        distance_m=zone.distance_m,
        filed=plan.filed,
        cameras=plan.cameras,
        told_by=(),
    )


def _report(plan: TellingPlan, places: Mapping[str, tuple[float, float]], off: NDArray[np.float64]) -> TrueReport:
    lon, lat = to_lonlat(np.array([plan.pin]))[0] if plan.pin is not None else places[plan.about or ""]
    lon, lat = LocalFrame(float(lon), float(lat)).to_lonlat(off)[0].round(_PLACES)
    return TrueReport(
        key=plan.key,
        who=plan.who,
        at_s=plan.at_s,
        words=plan.words,
        lon=float(lon),
        lat=float(lat),
        accuracy_m=float(plan.accuracy_m),
        about=plan.about,
        telling=plan.telling,
    )
