"""Messages that wait for a person: listed, placed, or set aside with a reason; none is ever dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.exchange import store
from pipewarden.exchange.facts import ItemState
from pipewarden.exchange.service.intake import report
from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.exchange.facts import Item
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

PLACE = "intake:place"
MOST_COUNTED = 1000  # a list that long is told as that many and more


def listed(work: Work, actor: Actor, state: ItemState | None, *, limit: int, before: UUID | None = None) -> list[Item]:
    """Return messages of other platforms, the newest first.

    Raises:
        ForbiddenError: the actor may place none.
    """
    return store.items(work, *_mine(work, actor, state), limit=limit, before=before)


def oldest(work: Work, actor: Actor, state: ItemState | None, *, limit: int, after: UUID | None = None) -> list[Item]:
    """Return the same messages, the longest waiting first; raises as ``listed``."""
    return store.oldest(work, *_mine(work, actor, state), limit=limit, after=after)


def how_many(work: Work, actor: Actor, state: ItemState | None) -> int:
    """Return how many there are, ``MOST_COUNTED`` at most; raises as ``listed``."""
    return store.count(work, *_mine(work, actor, state), most=MOST_COUNTED)


def _mine(work: Work, actor: Actor, state: ItemState | None) -> list[ColumnElement[bool]]:
    row = store.ItemRow
    mine = [people.scope_filter(actor, PLACE, store.ITEMS), row.tenant_id == work.tenant_id]
    return mine if state is None else [*mine, row.state == state.value]


def place(
    work: Work, blobs: BlobStore, actor: Actor, item_id: UUID, *, lon: float, lat: float, accuracy_m: float
) -> Item:
    """Say where a message is about; it is a report in the river from now on.

    Args:
        work: the transaction.
        blobs: where reports keep pictures.
        actor: the person.
        item_id: which message.
        lon: degrees WGS-84.
        lat: degrees WGS-84.
        accuracy_m: how sure the person is, radius of 95 of 100 cases.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        RefusedError: it waits for nobody.
    """
    found = _waiting(work, actor, item_id)
    made = report(work, blobs, actor, found, place=(lon, lat), accuracy_m=accuracy_m)
    values = {"state": ItemState.TAKEN.value, "observation_id": made, "lon": lon, "lat": lat, "decided_by": actor.id}
    store.change(work, item_id, **values)
    people.record(work, actor, "intake.placed", ("intake_item", item_id))
    return _again(work, item_id)


def set_aside(work: Work, actor: Actor, item_id: UUID, reason: str) -> Item:
    """Say that a message is none of ours, and why; it stays on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        RefusedError: it waits for nobody.
    """
    _waiting(work, actor, item_id)
    store.change(work, item_id, state=ItemState.ASIDE.value, why=reason, decided_by=actor.id)
    people.record(work, actor, "intake.set_aside", ("intake_item", item_id), {"reason": reason})
    return _again(work, item_id)


def _waiting(work: Work, actor: Actor, item_id: UUID) -> Item:
    seen = people.scope_filter(actor, PLACE, store.ITEMS)
    found = people.visible(store.held(work, item_id, seen), "message")
    if found.tenant_id != work.tenant_id:
        return people.visible(None, "message")
    if found.state is not ItemState.WAITING:
        raise RefusedError(field="state", problem=f"the message is {found.state.value}", fix="List those that wait.")
    return found


def _again(work: Work, item_id: UUID) -> Item:
    return store.items(work, store.ItemRow.id == item_id, limit=1)[0]
