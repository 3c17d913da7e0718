"""Cross-cue: what no camera saw makes the cameras that see its place look now, or a person go there.

A vibration, a machine's position or a citizen's words near a pipe are one voice. The pictures pulled for it go down the
river like any other, and their findings join the same alarm because they stand at the same place (docs/adr/0018).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import PATROL_WANTED, PatrolReason, PatrolWanted
from pipewarden.dedupe.rules import radius_m, seeing, worth_a_look
from pipewarden.locate import service as locate
from pipewarden.sense import service as sense
from pipewarden.sense.facts import CueState, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.dedupe.facts import Policy
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import Coverage, Placement

_MOST_LISTED = 1000


def look_there(work: Work, policy: Policy, observation_ids: Sequence[UUID]) -> list[UUID]:
    """Ask the cameras that see what those placed observations, which are no camera's, tell of; return whom was asked.

    Where none that is watched sees the place, a patrol is wanted; emits PATROL_WANTED, once for a place and an hour.
    """
    clues = [
        one
        for one in sense.observations(work, observation_ids).values()
        if one.camera_id is None and one.kind is not ObservationKind.FRAME
    ]
    placed = locate.placements(work, [one.id for one in clues])
    views: list[Coverage] | None = None
    asked = []
    for clue in sorted(clues, key=lambda one: one.id):
        place = _place(placed.get(clue.id, ()))
        if place is None or place.ground is None:
            continue
        if not worth_a_look(place.answer, clue.at, work.now(), policy):
            continue
        views = _views(work) if views is None else views
        cues = sense.cue(work, seeing(place.ground, views, policy), clue.id)
        asked += [one.camera_id for one in cues]
        if not sense.cues_of(work, [clue.id]):
            _want(work, policy, place, PatrolReason.NO_CAMERA)
    return asked


def settle_clues(work: Work, policy: Policy, cue_ids: Sequence[UUID]) -> None:
    """Want a patrol for each clue whose cameras have all been asked in vain."""
    clues = {one.clue_id for one in sense.cues(work, cue_ids)}
    placed = locate.placements(work, sorted(clues))
    for clue_id in sorted(clues):
        states = {one.state for one in sense.cues_of(work, [clue_id])}
        place = _place(placed.get(clue_id, ()))
        if states == {CueState.SILENT} and place is not None:
            _want(work, policy, place, PatrolReason.NO_ANSWER)


def patrols(work: Work, since: datetime) -> list[PatrolWanted]:
    """Return the patrols wanted since then, oldest first, at most a thousand."""
    return store.patrols(work, since, limit=_MOST_LISTED)


def _place(placed: Sequence[Placement]) -> Placement | None:
    return next((one for one in placed if one.ground is not None), None)


def _views(work: Work) -> list[Coverage]:
    known = {one.camera_id for one in sense.watches(work)}
    found = (locate.coverage(work, one) for one in sense.all_cameras(work) if one.id in known and not one.moves)
    return [one for one in found if one is not None]


def _want(work: Work, policy: Policy, place: Placement, reason: PatrolReason) -> None:
    if place.ground is None:
        return
    store.lock(work)
    now, reach = work.now(), max(policy.patrol_reach_m, radius_m(place.ground))
    if store.wanted_near(work, place.ground, reach, now - timedelta(minutes=policy.patrol_once_min)):
        return
    wanted = PatrolWanted(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        clue_id=place.observation_id,
        lon=place.ground.lon,
        lat=place.ground.lat,
        radius_m=radius_m(place.ground),
        zone=place.answer.zone,
        reason=reason,
        at=now,
        due_at=now + timedelta(minutes=policy.patrol_within_min),
    )
    store.add_patrol(work, wanted)
    work.emit(PATROL_WANTED, wanted.id, partition=str(work.tenant_id))
