"""A camera that went blind is told to who watches: where nobody looks, the next excavator is seen by nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.service.calling import tell_persons
from pipewarden.casework.facts import Urgency
from pipewarden.locate import service as locate
from pipewarden.locate.facts import EyeState
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.locate.facts import CameraBlind

_MOST_NAMED = 5


def tell_blind(work: Work, post: Post, change_ids: Collection[UUID]) -> int:
    """Tell the dispatchers on duty, else the safety managers, in one message of all cameras that are blind since.

    What a camera that sees again was blind for is not told: it stands in its history.

    Returns:
        How many cameras were told of.
    """
    blind = [one for one in locate.still_so(work, change_ids) if one.state is EyeState.BLIND]
    if blind:
        tell_persons(work, post, _whom(work), "cameras.blind", _said(work, blind), urgency=Urgency.DUE)
    return len(blind)


def _whom(work: Work) -> list[UUID]:
    on_call = people.on_call(work, [Role.DISPATCHER], None, work.now())
    held = [person_id for _, person_id in people.holders(work, [Role.SAFETY_MANAGER])]
    return list(dict.fromkeys([one.person_id for one in on_call] or held))


def _said(work: Work, blind: Sequence[CameraBlind]) -> dict[str, str]:
    cameras = sense.cameras(work, [one.camera_id for one in blind])
    names = sorted(cameras[one.camera_id].name for one in blind)
    metres = sum(part.metres for one in blind for part in one.unwatched)
    more = "…" if len(names) > _MOST_NAMED else ""
    return {"count": str(len(blind)), "metres": f"{metres:.0f}", "names": "、".join(names[:_MOST_NAMED]) + more}
