"""Alarms on ground where the network is another one: the network is asked again, and who follows them hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.service.refreshing import answers_at, places_of, refresh
from pipewarden.network import service as network
from pipewarden.network.facts import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ZoneAnswer

_MOST = 200  # alarms of one transaction; the rest of a box comes round as a fact of its own
_SAME_M = 0.01


def reask(work: Work, box_ids: Sequence[UUID]) -> list[UUID]:
    """Ask for the zones of the alarms in changed boxes again and return those whose answer is another one.

    Only these are written, and told of by ALARM_CHANGED: the site of each follows, as after a new sighting. Alarms
    without a place have no answer that a map could change.
    """
    changed: list[UUID] = []
    for box in network.changed_boxes(work, box_ids):
        found = store.within(work, box.bounds, after=box.after, limit=_MOST)
        changed += _reask(work, found)
        if len(found) == _MOST:
            network.tell_rest(work, box, found[-1])
    return changed


def _reask(work: Work, alarm_ids: Sequence[UUID]) -> list[UUID]:
    if not alarm_ids:
        return []
    store.lock(work)
    known = store.read(work, alarm_ids, with_members=False)
    counted = store.sums(work, alarm_ids, every_footprint=False)
    answers = answers_at(work, {one: places_of(counted[one]) for one in alarm_ids}, counted)
    other = [one for one in alarm_ids if _differ(known[one].answer, answers.get(one, UNKNOWN))]
    refresh(work, other, members_left=False)
    return other


def _differ(was: ZoneAnswer, now: ZoneAnswer) -> bool:
    said = [(one.zone, one.pipe_id, one.zone_pipe_id, one.clause, one.assumed) for one in (was, now)]
    if said[0] != said[1] or (was.distance_m is None) is not (now.distance_m is None):
        return True
    return was.distance_m is not None and abs(was.distance_m - (now.distance_m or 0.0)) > _SAME_M
