"""Alarms on ground where the network is another one: the network is asked again, and who follows them hears of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.dedupe import store
from pipewarden.dedupe.service.refreshing import answers_at, places_of, refresh
from pipewarden.network import service as network
from pipewarden.network.facts import UNKNOWN, Zone

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from uuid import UUID

    from pipewarden.dedupe.facts import Alarm
    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ZoneAnswer

    InHand = Callable[[Work, Collection[UUID]], Collection[UUID]]  # those of alarms that somebody follows

_MOST = 200  # alarms of one transaction; the rest of a box comes round as a fact of its own
_SAME_M = 0.01
_QUIET = timedelta(days=7)  # product default, not law: works that nobody has seen for a week are over


def reask(work: Work, box_ids: Sequence[UUID], in_hand: InHand) -> list[UUID]:
    """Ask for the zones of the alarms in changed boxes again and return those whose answer is another one.

    Only these are written, and told of by ALARM_CHANGED: the site of each follows, as after a new sighting. Alarms
    without a place have no answer that a map could change. One that lay outside, that nobody follows and that was not
    seen for a week keeps its answer until it is seen again: a new map calls nobody to works that are long over.

    Args:
        work: the transaction.
        box_ids: the ground.
        in_hand: who of these alarms has somebody that follows the map with them.
    """
    changed: list[UUID] = []
    for box in network.changed_boxes(work, box_ids):
        found = store.within(work, box.bounds, after=box.after, limit=_MOST)
        changed += _reask(work, found, in_hand)
        if len(found) == _MOST:
            network.tell_rest(work, box, found[-1])
    return changed


def _reask(work: Work, alarm_ids: Sequence[UUID], in_hand: InHand) -> list[UUID]:
    if not alarm_ids:
        return []
    store.lock(work)
    known = store.read(work, alarm_ids, with_members=False)
    quiet = {one for one in alarm_ids if _is_over(work, known[one])}
    quiet -= set(in_hand(work, quiet)) if quiet else set()
    asked = [one for one in alarm_ids if one not in quiet]
    counted = store.sums(work, asked, every_footprint=False) if asked else {}
    answers = answers_at(work, {one: places_of(counted[one]) for one in asked}, counted)
    other = [one for one in asked if _differ(known[one].answer, answers.get(one, UNKNOWN))]
    refresh(work, other, members_left=False)
    return other


def _is_over(work: Work, alarm: Alarm) -> bool:
    """Tell whether nobody was called to it and nobody has seen it for long; one without a time may be of today."""
    outside = alarm.answer.zone is Zone.OUTSIDE
    return outside and alarm.last_seen is not None and alarm.last_seen < work.now() - _QUIET


def _differ(was: ZoneAnswer, now: ZoneAnswer) -> bool:
    said = [(one.zone, one.pipe_id, one.zone_pipe_id, one.clause, one.assumed) for one in (was, now)]
    if said[0] != said[1] or (was.distance_m is None) is not (now.distance_m is None):
        return True
    return was.distance_m is not None and abs(was.distance_m - (now.distance_m or 0.0)) > _SAME_M
