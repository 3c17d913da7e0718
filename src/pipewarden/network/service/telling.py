"""Saying on which ground the network is another one, so that whoever placed something there asks again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.network import store
from pipewarden.network.facts.change import NETWORK_CHANGED, ChangedBox
from pipewarden.network.rules.diff import cells

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import NetworkVersion
    from pipewarden.network.facts.change import Bounds

_KNOWN = 0.1  # degrees: within 5 km of its extent a map says "outside", beyond it "unknown"


def tell_changed(
    work: Work, before: NetworkVersion | None, after: NetworkVersion, changed: Iterable[Bounds]
) -> list[ChangedBox]:
    """Emit NETWORK_CHANGED for the ground of what changed; for all of both maps where the map's outline is another one.

    Args:
        work: the transaction that makes ``after`` the active version.
        before: what was active.
        after: what is.
        changed: boxes of what was added, changed or removed.
    """
    grounds: Collection[Bounds] = cells(changed)
    if before is None or before.extent != after.extent:
        extents = [after.extent] if before is None else [before.extent, after.extent]
        west, south, east, north = zip(*extents, strict=True)
        grounds = [(min(west) - _KNOWN, min(south) - _KNOWN, max(east) + _KNOWN, max(north) + _KNOWN)]
    return [_tell(work, ground, None) for ground in grounds]


def tell_rest(work: Work, box: ChangedBox, after: UUID) -> None:
    """Emit NETWORK_CHANGED once more for a box of which only the part up to ``after`` is done."""
    _tell(work, box.bounds, after)


def changed_boxes(work: Work, ids: Collection[UUID]) -> list[ChangedBox]:
    """Return the tenant's changed grounds among ``ids``."""
    return store.changes.boxes(work, ids)


def _tell(work: Work, bounds: Bounds, after: UUID | None) -> ChangedBox:
    made = ChangedBox(work.ids.new(), work.tenant_id, bounds, work.now(), after)
    store.changes.add_box(work, made)
    work.emit(NETWORK_CHANGED, made.id, partition=str(work.tenant_id))
    return made
