"""How the tenant's messages stand: what waits to go out, which ways are shut, who listens no more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import ChannelState, HookState
from pipewarden.act.facts.standing import MessagesStanding
from pipewarden.act.store import HookRow
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work

_HOUR = timedelta(hours=1)


def messages_standing(work: Work, post: Post) -> MessagesStanding:
    """Return how the messages of the tenant worked for stand."""
    waiting, since = store.outbox.backlog(work)
    board = people.Switchboard(work)
    paused = store.hooks.of(work, HookRow.tenant_id == work.tenant_id, HookRow.state == HookState.PAUSED.value)
    reach = store.reach.latest(work)
    return MessagesStanding(
        waiting=waiting,
        waiting_since=since,
        ended=store.outbox.ended(work, work.now() - _HOUR),
        channels=tuple(
            ChannelState(kind, kind in post.channels, post.real(kind), board.off(f"channel:{kind}") is not None)
            for kind in ContactKind
            if kind is not ContactKind.INAPP
        ),
        paused=tuple(one.name for one in paused),
        reach_at=None if reach is None else reach.at,
        unreachable=0 if reach is None else len(reach.missing),
    )
