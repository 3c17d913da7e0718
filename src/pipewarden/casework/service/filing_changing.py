"""The one way in which anything happens to filings: folded, written, said, told in time, and the sites around asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import FILING_CHANGED, Checked, FilingChanged, FilingEvent, Renewed, Revised
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.filing_life import apply_filing
from pipewarden.casework.service.files import ask_anew
from pipewarden.casework.service.filing_check import decision
from pipewarden.casework.service.matching import box_of
from pipewarden.casework.service.pushing import push_windows
from pipewarden.casework.service.records import record_filings
from pipewarden.casework.service.reminding import mind
from pipewarden.casework.service.renewing import renew
from pipewarden.network import service as network
from pipewarden.network.facts import Around, Zone

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Filing, FilingBody, Works
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


@dataclass(frozen=True, slots=True)
class Change:
    """A filing as it was (None before it is filed) and as it is after some events."""

    before: Filing | None
    after: Filing
    events: tuple[FilingEvent, ...]


def fold(work: Work, filing: Filing | None, filing_id: UUID, bodies: Sequence[FilingBody], actor: str | None) -> Change:
    """Return what becomes of a filing when these things happen to it; what the house says of it is nobody's doing.

    Raises:
        IllegalEventError: one of them cannot follow.
    """
    before, events = filing, list[FilingEvent]()
    for body in bodies:
        name = None if isinstance(body, Checked) else actor
        version = 1 if filing is None else filing.version + 1
        events.append(FilingEvent(work.ids.new(), work.tenant_id, filing_id, work.now(), name, version, body))
        filing = apply_filing(filing, events[-1])
    if filing is None:
        raise ValueError("nothing happened")
    return Change(before, filing, tuple(events))


def write(work: Work, changes: Sequence[Change], filed_by: UUID | None) -> None:
    """Write what has happened to filings of the tenant, with all that follows; those changed are held by the caller."""
    store.filings.write(work, [(one.after, one.events) for one in changes], filed_by)
    for change in changes:
        for event in change.events:
            if not isinstance(event.body, Checked):
                work.emit(FILING_CHANGED, event.id, partition=work.own(str(event.filing_id)))
        push_windows(work, change.after)
    changed = record_filings(work, [(one.after, one.events) for one in changes])
    mind(work, {one.after.id: one.after for one in changes})
    boxes = {box_of(work, one) for change in changes for one in (change.before, change.after) if one is not None}
    renew(work, ask_anew(work, boxes), changed)


def check_anew(work: Work, works: Works, filed: datetime | None = None) -> Checked:
    """Return what the house says of works: the pipes in reach as the map stands, what is required, by when."""
    around = network.around(work, works.area, at=works.valid_from)
    if not covers_ground(works.area):  # how far they go nobody has said, so that nothing beside them is out of reach
        zones = {regime: zone if zone is Zone.PROTECTION else Zone.UNKNOWN for regime, zone in around.zones.items()}
        around = Around(zones, around.crossed)
    return Checked(decision(works, around, at=work.now(), filed=filed))


def checked_again(work: Work, present: Filing, body: FilingBody) -> list[FilingBody]:
    """Return what the house says after an act that changes the works; nothing after any other."""
    if isinstance(body, Revised):
        return [check_anew(work, body.works)]
    if isinstance(body, Renewed):
        return [check_anew(work, replace(present.works, valid_until=body.valid_until), present.filed_at)]
    return []


def name_of(actor: Actor) -> str:
    """Return an actor as events and the audit name them."""
    return f"{actor.kind}:{actor.id}"


def filing_changes(work: Work, event_ids: Collection[UUID]) -> list[FilingChanged]:
    """Return what ``casework.filing_changed`` names, oldest first; events of other tenants are left out."""
    found = store.filings.events_by_id(work, event_ids)
    return [FilingChanged(one.id, one.tenant_id, one.filing_id, one.body.kind, one.version, one.at) for one in found]
