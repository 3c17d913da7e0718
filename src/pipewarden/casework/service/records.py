"""What works put into the record of who does them, and what a contractor's record holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Checked, Contractor, ContractorNamed, Entry, EntryKind, Named, PartyRole
from pipewarden.casework.rules.contractor import credit_code, entries_of, name_key
from pipewarden.casework.rules.contractor_file import contractors_at
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Filing, FilingEvent, Site
    from pipewarden.kit.work import Work

OTHERS = "the works were another contractor's"


def resolve(work: Work, named: Named) -> Contractor:
    """Return the contractor of a name, made when nobody has borne it yet.

    The credit code is the stronger word: one that is known names its contractor, whatever the name. Without a code the
    name names its only bearer. A code that is new, with a name that only one without a code bears, is that one's.

    Raises:
        InputError: the name is empty or too long, the code is none.
    """
    key, code = name_key(named.name), credit_code(named.code)
    store.contractors.lock_names(work)
    known = store.contractors.named(work, key, code)
    bearers = [one for one in known if one.key == key]
    if code:
        mine = next((one for one in known if one.code == code), None)
        if mine is None and len(bearers) == 1 and not bearers[0].code:
            mine = bearers[0]
            store.contractors.change(work, mine.id, code=code)
    else:
        mine = bearers[0] if len(bearers) == 1 else next((one for one in bearers if not one.code), None)
    if mine is not None:
        return mine
    made = Contractor(work.ids.new(), work.tenant_id, named.name.strip(), key, code, work.now())
    store.contractors.add(work, made)
    return made


def contractor_named(work: Work, name: str, code: str, reason: str) -> ContractorNamed:
    """Return that a contractor is named at a site.

    Raises:
        InputError: as for ``resolve``.
    """
    one = resolve(work, Named(name, code))
    return ContractorNamed(one.id, one.name, one.code, reason)


def records(work: Work, contractor_ids: Collection[UUID]) -> dict[UUID, list[Entry]]:
    """Return the whole record of each contractor, with that of all that are one with it."""
    if not contractor_ids:
        return {}
    groups = store.contractors.group(work, contractor_ids)
    found = store.contractors.entries(work, {one for group in groups.values() for one in group})
    return {
        contractor_id: [one for one in found if one.contractor_id in group] for contractor_id, group in groups.items()
    }


def contractor_of(work: Work, site: Site) -> UUID | None:
    """Return who does the works of a site: as somebody said there, else as its filing names it."""
    if site.contractor_id is not None or site.filing_id is None:
        return site.contractor_id
    return store.filings.contractors(work, [site.filing_id]).get(site.filing_id)


def record_site(work: Work, site: Site, before: UUID | None) -> tuple[UUID | None, set[UUID]]:
    """Bring the record of who does the works of a site up to date; return who, and whose records changed.

    Args:
        work: the transaction.
        site: held.
        before: who did them when the site was looked at last.
    """
    who = contractor_of(work, site)
    if who is None and before is None:
        return None, set()
    made = store.contractors.of_site(work, site.id)
    wrong = [one for one in made if one.contractor_id != who and one.void_at is None]
    store.contractors.void(work, [one.id for one in wrong], OTHERS)
    changed = {one.contractor_id for one in wrong}
    if who is None:
        return None, changed
    back = [one for one in made if one.contractor_id == who and one.void_why == OTHERS]
    store.contractors.revive(work, [one.id for one in back], OTHERS)
    not_theirs = contractors_at(store.shipped_contractors(), work.now()).not_theirs
    found = entries_of(store.history.events(work, site.id), not_theirs)
    have = {(one.event_id, one.kind) for one in made if one.contractor_id == who}
    fresh = [
        Entry(
            work.ids.new(),
            who,
            one.kind,
            one.event.at,
            one.event.id,
            work.now(),
            site_id=site.id,
            code=one.code,
            words=one.words,
            made_by=one.event.actor,
        )
        for one in found
        if (one.event.id, one.kind) not in have
    ]
    return who, changed | ({who} if store.contractors.put(work, fresh) or back else set())


def record_filings(work: Work, changed: Iterable[tuple[Filing, Sequence[FilingEvent]]]) -> set[UUID]:
    """Write which contractors filings name, and what came late where the house has just said so: once a filing.

    Returns:
        Whose records changed: for the caller to say, after it holds its sites.
    """
    known: dict[Named | None, UUID | None] = {None: None}
    whose: dict[UUID, UUID | None] = {}
    late: dict[tuple[UUID, UUID], FilingEvent] = {}
    for filing, events in changed:
        party = next((one for one in filing.works.parties if one.role is PartyRole.CONTRACTOR), None)
        named = None if party is None else Named(party.name, party.code)
        if named is not None and named not in known:
            known[named] = _bearer(work, named)
        who = whose[filing.id] = known[named]
        for one in events:
            if who is not None and isinstance(one.body, Checked) and one.body.decision.late:
                late.setdefault((who, filing.id), one)
    store.filings.set_contractors(work, whose)
    told = store.contractors.late_filings(work, late) if late else set()
    fresh = [
        Entry(
            work.ids.new(),
            who,
            EntryKind.LATE_FILING,
            one.at,
            one.id,
            work.now(),
            filing_id=filing_id,
            words="the filing came later than the place's law or policy asks",
        )
        for (who, filing_id), one in late.items()
        if (who, filing_id) not in told
    ]
    store.contractors.put(work, fresh)
    return {one.contractor_id for one in fresh}


def _bearer(work: Work, named: Named) -> UUID | None:
    try:
        return resolve(work, named).id
    except InputError:  # a name of signs alone names nobody
        return None
