"""A camera that went blind is told to who watches: where nobody looks, the next excavator is seen by nobody."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from pipewarden.act.service.calling import tell_persons
from pipewarden.casework.facts import Urgency
from pipewarden.locate import service as locate
from pipewarden.locate.facts import EyeState
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CameraBlind
    from pipewarden.sense.facts import Camera

_MOST_NAMED = 5


def tell_blind(work: Work, post: Post, change_ids: Collection[UUID]) -> int:
    """Tell who watches each place, in one message a person, of all cameras that are blind since.

    Dispatchers on duty where the camera stands, else the safety managers; of a camera in no area, every dispatcher on
    duty. What a camera that sees again was blind for is not told: it stands in its history.

    Returns:
        How many cameras were told of.
    """
    blind = [one for one in locate.still_so(work, change_ids) if one.state is EyeState.BLIND]
    cameras = sense.cameras(work, [one.camera_id for one in blind])
    places = [(cameras[one.camera_id].lon, cameras[one.camera_id].lat) for one in blind]
    found = people.areas_at(work, np.array(places, dtype=np.float64))
    told: dict[UUID, list[CameraBlind]] = defaultdict(list)
    for one, there in zip(blind, found, strict=True):
        for person_id in _whom(work, None if there.area is None else there.area.path):
            told[person_id].append(one)
    for person_id, theirs in told.items():
        tell_persons(work, post, [person_id], "cameras.blind", _said(theirs, cameras), urgency=Urgency.DUE)
    return len(blind)


def _whom(work: Work, area_path: str | None) -> set[UUID]:
    on_call = people.on_call(work, [Role.DISPATCHER], area_path, work.now())
    return {one.person_id for one in on_call} or {one for _, one in people.holders(work, [Role.SAFETY_MANAGER])}


def _said(blind: Sequence[CameraBlind], cameras: Mapping[UUID, Camera]) -> dict[str, str]:
    names = sorted(cameras[one.camera_id].name for one in blind)
    metres = sum(part.metres for one in blind for part in one.unwatched)
    more = "…" if len(names) > _MOST_NAMED else ""
    return {"count": str(len(blind)), "metres": f"{metres:.0f}", "names": "、".join(names[:_MOST_NAMED]) + more}
