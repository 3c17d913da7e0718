"""Cross-cue: what no camera saw makes the cameras that see its place look now, or a person go there.

A vibration, a machine's position or a citizen's words near a pipe are one voice. The pictures pulled for it go down the
river like any other, and their findings join the same alarm because they stand at the same place (docs/adr/0018).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import PATROL_WANTED, PatrolReason, PatrolWanted
from pipewarden.dedupe.rules import Views, radius_m, seeing, worth_a_look
from pipewarden.kit.geo import distance_m
from pipewarden.locate import service as locate
from pipewarden.sense import service as sense
from pipewarden.sense.facts import CueState, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.dedupe.facts import Policy
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import Coverage, GroundPoint
    from pipewarden.network.facts import ZoneAnswer

_MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a clue is, and how that lies to the pipes."""

    clue_id: UUID
    ground: GroundPoint
    answer: ZoneAnswer


def look_there(work: Work, policy: Policy, observation_ids: Sequence[UUID]) -> list[UUID]:
    """Ask the cameras that see what those placed observations, which are no camera's, tell of; return whom was asked.

    Where none that is watched sees the place, a patrol is wanted; emits PATROL_WANTED, once for a place and an hour.
    """
    clues = sorted(
        (
            one
            for one in sense.observations(work, observation_ids).values()
            if one.camera_id is None and one.kind is not ObservationKind.FRAME
        ),
        key=lambda one: one.id,
    )
    placed = _places(work, [one.id for one in clues])
    news = [
        one.id for one in clues if one.id in placed and worth_a_look(placed[one.id].answer, one.at, work.now(), policy)
    ]
    if not news:
        return []
    views = Views(_views(work))
    asked = sense.cue(work, {one: seeing(placed[one].ground, views, policy) for one in news})
    known = {one.clue_id for one in sense.cues_of(work, news)}
    _want(work, policy, [placed[one] for one in news if one not in known], PatrolReason.NO_CAMERA)
    return [one.camera_id for one in asked]


def settle_clues(work: Work, policy: Policy, cue_ids: Sequence[UUID]) -> None:
    """Want a patrol for each clue whose cameras have all been asked in vain."""
    clues = sorted({one.clue_id for one in sense.cues(work, cue_ids)})
    states: defaultdict[UUID, set[CueState]] = defaultdict(set)
    for one in sense.cues_of(work, clues):
        states[one.clue_id].add(one.state)
    silent = [one for one in clues if states[one] == {CueState.SILENT}]
    placed = _places(work, silent)
    _want(work, policy, [placed[one] for one in silent if one in placed], PatrolReason.NO_ANSWER)


def patrols(work: Work, since: datetime) -> list[PatrolWanted]:
    """Return the patrols wanted since then, oldest first, at most a thousand."""
    return store.patrols(work, since, limit=_MOST_LISTED)


def patrols_by_id(work: Work, patrol_ids: Collection[UUID]) -> list[PatrolWanted]:
    """Return wanted patrols by id, oldest first: what PATROL_WANTED names."""
    return store.patrols_by_id(work, patrol_ids)


def _places(work: Work, observation_ids: Sequence[UUID]) -> dict[UUID, _Place]:
    """Return where each of the observations is; those that nobody could place are absent."""
    found = {}
    for observation_id, placements in locate.placements(work, observation_ids).items():
        for one in placements:
            if one.ground is not None:
                found[observation_id] = _Place(observation_id, one.ground, one.answer)
                break
    return found


def _views(work: Work) -> list[Coverage]:
    known = {one.camera_id for one in sense.watches(work)}
    found = (locate.coverage(work, one) for one in sense.all_cameras(work) if one.id in known and not one.moves)
    return [one for one in found if one is not None]


def _want(work: Work, policy: Policy, places: Sequence[_Place], reason: PatrolReason) -> None:
    """Want a patrol at each of the places where none is wanted yet; a batch costs one look at those that are."""
    if not places:
        return
    store.lock_patrols(work)
    now = work.now()
    since = now - timedelta(minutes=policy.patrol_once_min)
    reach = {one.clue_id: max(policy.patrol_reach_m, radius_m(one.ground)) for one in places}
    wanted = store.wanted_about(work, [(one.ground, reach[one.clue_id]) for one in places], since)
    made = []
    for one in places:
        here = (one.ground.lon, one.ground.lat)
        if any(distance_m(here, other) <= reach[one.clue_id] for other in wanted):
            continue
        wanted.append(here)
        made.append(
            PatrolWanted(
                id=work.ids.new(),
                tenant_id=work.tenant_id,
                clue_id=one.clue_id,
                lon=one.ground.lon,
                lat=one.ground.lat,
                radius_m=radius_m(one.ground),
                zone=one.answer.zone,
                reason=reason,
                at=now,
                due_at=now + timedelta(minutes=policy.patrol_within_min),
            )
        )
    store.add_patrols(work, made)
    for patrol in made:
        work.emit(PATROL_WANTED, patrol.id, partition=str(work.tenant_id))
