"""The scene rules that need the pictures: each looks at one alarm and says what speaks against it, with the figures.

A rule must hold in every camera that saw the alarm, and it is asked only where no camera has it switched off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import Point, Polygon
from shapely.geometry import box as rectangle

from pipewarden.judge.facts import Code, Look, Outcome, Reason, Rule, Source
from pipewarden.judge.rules.views import alike, overlap
from pipewarden.kit.geo import LocalFrame
from pipewarden.network.facts import INSIDE, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.judge.facts import Ring
    from pipewarden.judge.rules.views import BoxPart, Scene, Shown, Sight, View

_FOOT = 0.15  # of the box's height: the strip on which the thing stands
_MARGIN = 0.02  # of the picture: what a drawn line and a box's edge are off
_BODY_M = 2.0  # from the middle of a machine to its side
_SIGMAS = 2.0
_SAME = 0.5  # overlap at which a fixed camera shows the same place
_STILL = 0.7  # overlap of a thing that has not moved: a box's own wobble is 3 % of it on each edge
_TOUCH = 0.1
_MOST = 0.8  # of the pictures must agree; light and passers-by spoil the rest
_RECURS = 3  # pictures of the empty scene that must have shown it (detector.md)
_PASSES_S = 120.0
_GONE = 2  # later pictures without it
_PARKED_S = 3 * 3600.0
_FEWEST = 4  # pictures below which "it never moved" says nothing


def fired(rule: Rule, code: Code, words: str, *, closes: bool) -> Outcome:
    """Return a rule that speaks against the alarm."""
    return Outcome(rule, Look.FIRED, words, Reason(code, Source.RULE, words, closes=closes))


def silent(rule: Rule, words: str) -> Outcome:
    """Return a rule that has looked and says nothing."""
    return Outcome(rule, Look.SILENT, words)


def blind(rule: Rule, words: str) -> Outcome:
    """Return a rule that could not look."""
    return Outcome(rule, Look.BLIND, words)


def corridor(scene: Scene) -> Outcome:
    """Everything stands outside of what a person drew as the corridor, in the picture and, where known, on the ground.

    Where the network itself says that the place is in range, line and map contradict each other: then it only seconds.
    """
    if not scene.views or any(view.corridor is None for view in scene.views):
        return blind(Rule.CORRIDOR, "no corridor is drawn")
    sights = sum(len(view.sights) for view in scene.views)
    if not all(_outside(view) for view in scene.views):
        return silent(Rule.CORRIDOR, "at least partly inside the drawn corridor")
    contradicted = scene.zone in {Zone.PROTECTION, Zone.CONTROL}
    words = f"outside the drawn corridor in {sights} of {sights} pictures"
    if contradicted:
        words += f"; the map says {scene.zone}"
    return fired(Rule.CORRIDOR, Code.OUTSIDE_CORRIDOR, words, closes=not contradicted)


def _outside(view: View) -> bool:
    if view.corridor is None or not view.sights:
        return False
    drawn = Polygon(view.corridor.ring).buffer(_MARGIN)
    if any(drawn.intersects(_foot(one.box)) for one in view.sights):
        return False
    return view.corridor.ground is None or not any(
        _reaches(view.corridor.ground, one) for one in view.sights if one.ground is not None
    )


def _foot(box: BoxPart) -> Polygon:
    x, y, w, h = box
    return rectangle(x, y + h * (1 - _FOOT), x + w, y + h)


def _reaches(ring: Ring, one: Sight) -> bool:
    if one.ground is None:
        return True
    frame = LocalFrame(*ring[0])
    area = Polygon(frame.to_metres(np.array(ring)))
    place = Point(frame.to_metres(np.array([(one.ground.lon, one.ground.lat)]))[0])
    return bool(area.distance(place) <= _BODY_M + _SIGMAS * one.ground.sigma_m)


def background(scene: Scene) -> Outcome:
    """The same box, with the same look, recurred at this place while the scene was known to be empty."""
    if not scene.views or not all(view.memory and view.sights for view in scene.views):
        return blind(Rule.BACKGROUND, "no empty scene is remembered")
    counts = [_remembered(view) for view in scene.views]
    if not all(counts):
        return silent(Rule.BACKGROUND, "not there when the scene was empty")
    words = f"also there in {min(counts)} pictures of the empty scene"
    return fired(Rule.BACKGROUND, Code.BACKGROUND, words, closes=True)


def _remembered(view: View) -> int:
    """Return how many pictures of the empty scene show what is seen now; 0 when one sight is new."""
    found = []
    for one in view.sights:
        known = [
            kept.count
            for kept in view.memory
            if kept.count >= _RECURS
            and overlap(kept.box, one.box) >= _SAME
            and alike(kept.features, one.features) is not False
        ]
        found.append(max(known, default=0))
    return min(found, default=0)


def passing(scene: Scene) -> Outcome:
    """It was there for less than two minutes, and two later pictures of the same place show nothing of it."""
    if not scene.timed or not scene.views:
        return blind(Rule.PASSING, "the source tells no time")
    stayed = scene.last_s - scene.first_s
    if stayed > _PASSES_S:
        return silent(Rule.PASSING, f"seen over {stayed:.0f} s")
    gone = [_gone(view) for view in scene.views]
    if not all(gone):
        return silent(Rule.PASSING, "not known to be gone")
    words = f"seen over {stayed:.0f} s, then in none of {min(gone)} later pictures"
    return fired(Rule.PASSING, Code.PASSING, words, closes=True)


def _gone(view: View) -> int:
    """Return how many later pictures show nothing at its place; 0 while one of them does, or too few were taken."""
    if not view.sights or len(view.later) < _GONE:
        return 0
    places = [one.box for one in view.sights]
    shown = any(overlap(box, place) >= _TOUCH for later in view.later for box in later.boxes for place in places)
    return 0 if shown else len(view.later)


def stationary(scene: Scene) -> Outcome:
    """It never stood at one place: its boxes run on, or it was not seen for as long as a machine is given to drive on.

    That the same place shows in two of three pictures is dedupe's rule; this one looks at all of them.
    """
    if not scene.views:
        return blind(Rule.STATIONARY, "nobody saw it")
    steps = [_run(view.sights) for view in scene.views]
    if min(steps) >= 1.0:
        words = f"moved on by {min(steps):.1f} of its widths"
        return fired(Rule.STATIONARY, Code.NOT_STATIONARY, words, closes=False)
    if scene.timed and all(view.later and _gone(view) for view in scene.views):
        stayed = scene.last_s - scene.first_s
        words = f"gone after {stayed:.0f} s"
        return fired(Rule.STATIONARY, Code.NOT_STATIONARY, words, closes=False)
    return silent(Rule.STATIONARY, "stands at one place")


def _run(sights: Sequence[Sight]) -> float:
    """Return by how many of its widths the box ran in one direction; 0 when it turned back or has too few sights."""
    if len(sights) < 3:  # noqa: PLR2004  two boxes are always in line
        return 0.0
    middles = np.array([(one.box[0] + one.box[2] / 2, one.box[1] + one.box[3] / 2) for one in sights])
    size = np.array([(one.box[2], one.box[3]) for one in sights]).mean(axis=0)
    steps = np.diff(middles / size, axis=0)
    whole = middles[-1] / size - middles[0] / size
    length = float(np.hypot(*whole))
    if length == 0.0:
        return 0.0
    return length if bool((steps @ whole > 0).all()) else 0.0


def parked(scene: Scene) -> Outcome:
    """It has stood for three hours without moving: a machine that works swings, and changes its box and its look."""
    if not scene.timed or not scene.views:
        return blind(Rule.PARKED, "the source tells no time")
    stood = [_stood(view.sights) for view in scene.views]
    if min(stood) < _PARKED_S:
        return silent(Rule.PARKED, "not known to have stood still for 3 h")
    words = f"same box and look for {min(stood) / 3600:.1f} h"
    return fired(Rule.PARKED, Code.PARKED, words, closes=scene.zone is Zone.OUTSIDE)


def _stood(sights: Sequence[Sight]) -> float:
    if len(sights) < _FEWEST:
        return 0.0
    first = sights[0]
    same = [overlap(first.box, one.box) >= _STILL and alike(first.features, one.features) is True for one in sights]
    if sum(same) < _MOST * len(same) or not same[-1]:
        return 0.0
    return sights[-1].seen_s - first.seen_s


def unchanged(scene: Scene) -> Outcome:
    """The same thing stood there, with the same look, about a day or about a week before."""
    if not scene.timed or not scene.views or not all(view.before for view in scene.views):
        return blind(Rule.UNCHANGED, "no pictures of a day or a week before")
    counts = [_stood_before(view.sights, view.before) for view in scene.views]
    if min(counts) < _RECURS:
        return silent(Rule.UNCHANGED, f"in {min(counts)} earlier pictures")
    words = f"same box and look in {min(counts)} pictures of a day or a week before"
    return fired(Rule.UNCHANGED, Code.UNCHANGED, words, closes=scene.zone not in INSIDE | {Zone.CONTROL})


def _stood_before(sights: Sequence[Sight], before: Sequence[Shown]) -> int:
    """Return how many earlier pictures show everything that the newest one shows of the alarm.

    A trench or a heap that looks a little like a machine belongs to the alarm beside its excavator; that it stood there
    yesterday says nothing of the excavator.
    """
    newest = [one for one in sights if one.observation_id == sights[-1].observation_id]
    if not newest:
        return 0
    return sum(all(_shows(shown, one) for one in newest) for shown in before)


def _shows(shown: Shown, now: Sight) -> bool:
    return any(
        overlap(box, now.box) >= _STILL and alike(features, now.features) is True
        for box, features in zip(shown.boxes, shown.features, strict=True)
    )
