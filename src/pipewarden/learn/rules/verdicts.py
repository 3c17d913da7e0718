"""From reviewers' words to labels: what each code says about the picture, and which alarms are one place."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from shapely import STRtree
from shapely.geometry import Point, box

from pipewarden.judge.facts import ReviewCode
from pipewarden.kit.geo import distance_m
from pipewarden.learn.facts import NO_WORKS, WORKS, Label, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.learn.facts import Reviewed

SOURCE = "pipewarden/verdicts"
# What is to be seen in the box. Works that are filed look like works; a duplicate says nothing about the picture.
SAYS: Mapping[ReviewCode, str | None] = {
    ReviewCode.DIGGING: WORKS,
    ReviewCode.PREPARING: WORKS,
    ReviewCode.OTHER_WORKS: WORKS,
    ReviewCode.FILED: WORKS,
    ReviewCode.DUPLICATE: None,
    ReviewCode.PASSING: NO_WORKS,
    ReviewCode.PARKED: NO_WORKS,
    ReviewCode.YARD: NO_WORKS,
    ReviewCode.NOT_A_MACHINE: NO_WORKS,
    ReviewCode.CLEANING: NO_WORKS,
    ReviewCode.FARM: NO_WORKS,
    ReviewCode.WEATHER: NO_WORKS,
    ReviewCode.FAR_SIDE: NO_WORKS,
    ReviewCode.OTHER_FALSE: NO_WORKS,
}
# twice what dedupe takes for one site (docs/adr/0008): a leak flatters every figure, a group too large costs little
_ONE_SITE_M = 24.0
_LEAST_M_OF_A_DEGREE = 110_000.0  # of latitude on WGS-84, rounded down: the window is never too small
_POLE = 0.01


def sites(reviewed: Sequence[Reviewed]) -> dict[UUID, str]:
    """Return by alarm the name of its place: alarms within 24 m, or in one picture, are one place, whenever they were.

    What was dug up in March and again in June is one place, so that no model is tested on a corner it was trained on.
    """
    leader = {one.alarm_id: one.alarm_id for one in reviewed}

    def find(at: UUID) -> UUID:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    first: dict[str, UUID] = {}
    for one in reviewed:
        leader[find(one.alarm_id)] = find(first.setdefault(one.picture, one.alarm_id))
    placed = [one for one in reviewed if one.place is not None]
    for a, b in _near([one.place for one in placed if one.place is not None]):
        leader[find(placed[a].alarm_id)] = find(placed[b].alarm_id)
    names: dict[UUID, list[UUID]] = defaultdict(list)
    for alarm_id in leader:
        names[find(alarm_id)].append(alarm_id)
    return {alarm_id: f"alarm:{min(names[find(alarm_id)])}" for alarm_id in leader}


def _near(places: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Return the pairs of places (lon, lat) that are one site."""
    points = [Point(*one) for one in places]
    tree = STRtree(points)
    found = []
    for at, (lon, lat) in enumerate(places):
        up = _ONE_SITE_M / _LEAST_M_OF_A_DEGREE
        across = up / max(math.cos(math.radians(lat)), _POLE)
        others = tree.query(box(lon - across, lat - up, lon + across, lat + up))
        found += [(at, int(one)) for one in others if one > at and distance_m((lon, lat), places[one]) <= _ONE_SITE_M]
    return found


def sample_of(
    shown: Sequence[Reviewed],
    site: str,
    *,
    size: tuple[int, int],
    likeness: bytes,
    terms: Mapping[str, object],
) -> Sample:
    """Return one picture with what reviewers said of the machines in it.

    Args:
        shown: the words about this picture, one an alarm; none of them a duplicate.
        site: name of its place.
        size: columns and rows of the picture as it is stored.
        likeness: 32 bytes.
        terms: of ``SOURCE``.
    """
    first = shown[0]
    ordered = sorted(shown, key=lambda one: one.alarm_id)
    return Sample(
        picture=first.picture,
        width=size[0],
        height=size[1],
        labels=tuple(
            Label(str(SAYS[one.code]), one.box, one.actor, one.code.value, one.at, one.spot) for one in ordered
        ),
        labelled=frozenset(),  # one machine was asked about: of the rest of the picture nothing is said
        source=SOURCE,
        licence=str(terms.get("licence", "")),
        may_ship=bool(terms.get("may_ship", False)),
        rendered=any(one.rendered for one in shown),
        camera=first.camera,
        site=site,
        scene=first.stream if first.camera is None else None,
        likeness=likeness,
        origin=", ".join(f"alarm:{one.alarm_id}" for one in ordered),
        audit=any(one.audited for one in shown),
    )
