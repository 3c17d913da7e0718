"""How well a product did on the demo's day: alarms against works, by place and time."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.kit.geo import distance_m
from pipewarden.sim.facts import DayScore, Discovery, TrueWork, UnfiledScore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pipewarden.sim.facts import DayAlarm, TrueLookAlike, Truth

# The gate in metres. Somebody sent to the place sees the works from 12 m, and no two works of the day lie nearer than
# 24 m, so that 12 m never reaches past the middle between them. An alarm that states a wider error gets the radius that
# holds the place in 95 of 100 cases (2.45 sigma in two dimensions), but never more than 30 m: farther off is wrong,
# however unsure it calls itself.
GATE_M = 12.0
WIDEST_M = 30.0
_RADIUS_95 = 2.4477  # sqrt(-2 ln 0.05)


def score_day(truth: Truth, alarms: Sequence[DayAlarm], patrols: Sequence[Mapping[str, float]] = ({},)) -> DayScore:
    """Return how the alarms stand to the truth.

    Each alarm counts for one thing: the nearest works or look-alike inside its gate that had begun when the alarm was
    first told. Several alarms at one works are duplicates; one alarm over two works finds the nearer one only.

    Args:
        truth: of the day.
        alarms: that stand at its end.
        patrols: for each drawn day of the operator's patrol, when it met works (``patrol.met``); by default it slept.

    Raises:
        ValueError: an alarm was told by nobody.
    """
    on_time: dict[str, list[DayAlarm]] = defaultdict(list)
    fooled: set[str] = set()
    late = nothing = 0
    for alarm in alarms:
        hit = _nearest(truth, alarm)
        if hit is None:
            nothing += 1
        elif isinstance(hit, TrueWork):
            if _told_s(alarm) <= hit.end_s:
                on_time[hit.key].append(alarm)
            else:
                late += 1
        else:
            fooled.add(hit.key)
    shown = [work for work in truth.works if work.shown]
    counts = [len(found) for found in on_time.values()]
    return DayScore(
        works=len(truth.works),
        works_shown=len(shown),
        works_found=len(on_time),
        missed=tuple(work.key for work in shown if work.key not in on_time),
        alarms=len(alarms),
        alarms_late=late,
        alarms_per_site=float(np.mean(counts)) if counts else None,
        most_alarms_per_site=max(counts, default=0),
        look_alikes_shown=len(truth.look_alikes),
        look_alikes_alarmed=len(fooled),
        alarms_of_nothing=nothing,
        by_camera=_discovery(truth.works, on_time, lambda alarm: alarm.camera_s),
        by_people=_discovery(truth.works, on_time, lambda alarm: alarm.people_s),
        unfiled=_unfiled(truth.works, on_time, patrols),
    )


def _unfiled(
    works: Iterable[TrueWork], on_time: Mapping[str, Sequence[DayAlarm]], patrols: Sequence[Mapping[str, float]]
) -> UnfiledScore:
    near = [work.key for work in works if not work.filed and work.zone != "outside"]
    told = {key: [_told_s(alarm) for alarm in on_time.get(key, ()) if not alarm.filed] for key in near}
    first = {key: min(times) for key, times in told.items() if times}
    before = [sum(at < met.get(key, np.inf) for key, at in first.items()) for met in patrols]
    anybody = [len(first.keys() | (met.keys() & set(near))) for met in patrols]
    return UnfiledScore(
        near=len(near),
        found=len(first),
        days=len(patrols),
        before_patrol=float(np.mean(before)),
        least_before=min(before),
        by_anybody=float(np.mean(anybody)),
    )


def _told_s(alarm: DayAlarm) -> float:
    told = [at for at in (alarm.camera_s, alarm.people_s) if at is not None]
    if not told:
        raise ValueError(f"alarm {alarm.key} was told by nobody: give camera_s or people_s")
    return min(told)


def _nearest(truth: Truth, alarm: DayAlarm) -> TrueWork | TrueLookAlike | None:
    told = _told_s(alarm)
    if alarm.lon is None or alarm.lat is None:
        return None
    place, gate = (alarm.lon, alarm.lat), min(max(GATE_M, _RADIUS_95 * alarm.sigma_m), WIDEST_M)
    begun: list[tuple[float, TrueWork | TrueLookAlike]] = [
        *((distance_m(place, (work.lon, work.lat)), work) for work in truth.works if work.start_s <= told),
        *((distance_m(place, (it.lon, it.lat)), it) for it in truth.look_alikes if it.first_s <= told),
    ]
    gap, hit = min(begun, key=lambda pair: pair[0], default=(np.inf, None))
    return hit if gap <= gate else None


def _discovery(
    works: Iterable[TrueWork],
    on_time: Mapping[str, Sequence[DayAlarm]],
    told: Callable[[DayAlarm], float | None],
) -> Discovery:
    took = []
    for work in works:
        times = [at for alarm in on_time.get(work.key, ()) if (at := told(alarm)) is not None and at <= work.end_s]
        if times:
            took.append(min(times) - work.start_s)
    return Discovery(len(took), float(np.mean(took)) if took else None, max(took, default=None))
