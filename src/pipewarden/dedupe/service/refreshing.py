"""What an alarm's members say together, and the network's answer to it: written anew when either is another one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.dedupe import store
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.dedupe.rules import around, fuse, gravest, vote, work_area
from pipewarden.network import service as network
from pipewarden.network.facts import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from pipewarden.dedupe.store import AlarmDraft, Sums
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import GroundPoint
    from pipewarden.network.facts import ZoneAnswer


def refresh(work: Work, alarm_ids: Sequence[UUID], *, members_left: bool) -> None:
    """Write anew what the alarms' members say together, ask the network once for all of them, and tell."""
    if not alarm_ids:
        return
    counted = store.sums(work, alarm_ids, every_footprint=members_left)
    before = {} if members_left else store.read(work, alarm_ids, with_members=False)
    places = {one: places_of(counted[one]) for one in alarm_ids}
    answers = answers_at(work, places, counted)
    drafts: list[AlarmDraft] = []
    for one in alarm_ids:
        sums, known = counted[one], before.get(one)
        drafts.append(
            store.AlarmDraft(
                id=one,
                sums=sums,
                type=vote(sums.votes),
                ground=places[one][0] if places[one] else None,
                answer=answers.get(one, UNKNOWN),
                work_area=work_area(
                    [[(corner[0], corner[1]) for corner in ring] for ring in sums.footprints],
                    [ground for _, _, ground in sums.places],
                    None if known is None else known.work_area,
                ),
            )
        )
    store.put(work, drafts)
    for one in alarm_ids:
        work.emit(ALARM_CHANGED, one, partition=str(work.tenant_id))


def places_of(sums: Sums) -> list[GroundPoint]:
    """Return the fused place, then the place of each machine where one stream tells several apart; empty if unknown."""
    streams: dict[str, list[GroundPoint]] = defaultdict(list)
    tracks: dict[str, dict[UUID, list[GroundPoint]]] = defaultdict(lambda: defaultdict(list))
    for stream, track_id, ground in sums.places:
        streams[stream].append(ground)
        tracks[stream][track_id].append(ground)
    fused = fuse(streams)
    if fused is None:
        return []
    stream = max(sorted(tracks), key=lambda one: len(tracks[one]))
    machines = tracks[stream] if len(tracks[stream]) > 1 else {}
    each = [fuse({stream: grounds}) for grounds in machines.values()]
    return [fused, *(one for one in each if one is not None)]


def answers_at(
    work: Work, places: Mapping[UUID, list[GroundPoint]], counted: Mapping[UUID, Sums]
) -> dict[UUID, ZoneAnswer]:
    """Return per alarm the answer at its first place, with the gravest zone that any machine's body reaches.

    Each alarm is asked by the law of its own day.
    """
    days: dict[date, list[tuple[UUID, GroundPoint]]] = defaultdict(list)
    for alarm_id, several in ((one, several) for one, several in places.items() if several):
        seen = counted[alarm_id].last_seen or work.now()
        days[seen.date()] += [(alarm_id, place) for middle in several for place in (middle, *around(middle))]
    found: dict[UUID, list[ZoneAnswer]] = defaultdict(list)
    for asked in days.values():
        answered = network.answer_many(
            work,
            np.array([(place.lon, place.lat) for _, place in asked]),
            covariances=np.array([place.covariance for _, place in asked]),
            at=counted[asked[0][0]].last_seen or work.now(),
        )
        for (alarm_id, _), answer in zip(asked, answered, strict=True):
            found[alarm_id].append(answer)
    return {alarm_id: gravest(several) for alarm_id, several in found.items()}
