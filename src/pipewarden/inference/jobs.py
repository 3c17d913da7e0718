"""What inference does when time does: lets go of old questions to vision endpoints that nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference.store import forgetting as store

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from uuid import UUID

    from pipewarden.kit.work import Work

_PAGE = 500


def forget_calls(work: Work, needed: Collection[UUID], *, kept: timedelta) -> int:
    """Delete the tenant's questions that are older than ``kept`` and return how many.

    Args:
        work: the tenant whose record it is.
        needed: questions that somebody still has to look at, whatever their age.
        kept: how long a question stays on record.

    A question that another one was answered from stays as long as that one: a replay reads it.
    """
    before, last, gone = work.now() - kept, None, 0
    while page := store.old_calls(work, before, after=last, limit=_PAGE):
        last = page[-1].id
        ids = {one.id for one in page}
        used = {one.cached_from for one in store.repeats(work, ids)}
        going = [one.id for one in page if one.id not in needed and one.id not in used]
        gone += store.forget(work, going) if going else 0
    return gone
