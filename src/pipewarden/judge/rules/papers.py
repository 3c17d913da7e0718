"""The scene rules that rest on a person's word about a place: filed works, an open site, a permanent yard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from shapely.geometry import Point, Polygon

from pipewarden.judge.facts import Code, Rule
from pipewarden.judge.rules.scene import blind, fired, silent
from pipewarden.judge.rules.views import overlap
from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.network.facts import INSIDE

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.judge.facts import Outcome, Permitted, Ring, Yard
    from pipewarden.judge.rules.views import Scene
    from pipewarden.locate.facts import GroundPoint

_SAME = 0.5


def filed(scene: Scene) -> Outcome:
    """A permitted machine stands inside an area where works are permitted at this hour.

    Its place must lie inside, error or not: a hole that moved by 60 cm has cut a main (domain.md 5.1). In the
    protection range, and where the range is not known, no paper silences anything: there works want a standby.
    """
    if scene.zone in INSIDE:
        return silent(Rule.FILED, "papers silence nothing in the protection range")
    if scene.ground is None:
        return blind(Rule.FILED, "its place is unknown")
    if not scene.permitted:
        return blind(Rule.FILED, "no permitted works are known")
    for one in scene.permitted:
        takes = one.machines is None or scene.kind in one.machines
        if takes and _inside(one.ring, scene.ground) and (until := open_until(one, scene.now)) is not None:
            found = fired(Rule.FILED, Code.FILED, f"within {one.key}", closes=True)
            return replace(found, reason=None if found.reason is None else replace(found.reason, until=until))
    return silent(Rule.FILED, "nothing is permitted there now")


def open_until(one: Permitted, now: datetime) -> datetime | None:
    """Return when the permitted hours that run now end; None when works are not permitted now."""
    if not one.starts_at <= now < one.ends_at:
        return None
    if one.daily is None:
        return one.ends_at
    local = now.astimezone(ZoneInfo(one.zone))
    begin, end = one.daily
    for day in (local.date() - timedelta(days=1), local.date()):
        starts = local.replace(year=day.year, month=day.month, day=day.day, hour=begin.hour, minute=begin.minute)
        starts = starts.replace(second=begin.second, microsecond=0, fold=0)
        last = day if end > begin else day + timedelta(days=1)
        ends = starts.replace(
            year=last.year, month=last.month, day=last.day, hour=end.hour, minute=end.minute, second=end.second
        )
        if starts <= local < ends:
            return min(ends.astimezone(now.tzinfo), one.ends_at)
    return None


def open_site(scene: Scene) -> Outcome:
    """It stands at a site that somebody is in charge of already, and is not the alarm that the site was opened for."""
    others = [one for one in scene.open_places if one.alarm_id != scene.alarm_id]
    if not others:
        return blind(Rule.OPEN_SITE, "no open site is known")
    if scene.ground is None:
        return blind(Rule.OPEN_SITE, "its place is unknown")
    for one in others:
        if _inside(one.ring, scene.ground):
            return fired(Rule.OPEN_SITE, Code.OPEN_SITE, f"at site {one.key}", closes=True)
    return silent(Rule.OPEN_SITE, "at no open site")


def yard(scene: Scene) -> Outcome:
    """A reviewer called this place a permanent yard, and their word still holds."""
    held = [one for one in scene.yards if scene.now < one.until]
    if not held:
        return blind(Rule.YARD, "no yard is known")
    for one in held:
        if _at(one, scene):
            found = fired(Rule.YARD, Code.YARD, f"until {one.until:%Y-%m-%d %H:%M} UTC", closes=True)
            return replace(found, reason=None if found.reason is None else replace(found.reason, until=one.until))
    return silent(Rule.YARD, "at no yard")


def _at(one: Yard, scene: Scene) -> bool:
    if one.lon is not None and one.lat is not None and scene.ground is not None:
        off = distance_m((one.lon, one.lat), (scene.ground.lon, scene.ground.lat))
        return off <= one.radius_m
    mine = [view for view in scene.views if view.stream == one.stream]
    if not mine or len(mine) != len(scene.views):
        return False
    return all(overlap(one.box, sight.box) >= _SAME for view in mine for sight in view.sights)


def _inside(ring: Ring, place: GroundPoint) -> bool:
    frame = LocalFrame(*ring[0])
    area = Polygon(frame.to_metres(np.array(ring)))
    return bool(area.covers(Point(frame.to_metres(np.array([(place.lon, place.lat)]))[0])))
