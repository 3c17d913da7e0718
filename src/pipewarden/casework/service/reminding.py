"""Tells people in time what a filing asks of them: its answer, an emergency's papers, the end of its period.

A filing is no site, so its moments are rows of their own; they climb the same ladders and go through the same windows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework import store
from pipewarden.casework.facts import Call, FilingDue, Sent, Shape, Urgency
from pipewarden.casework.rules import escalate, flood
from pipewarden.casework.rules.filing_dues import DAY, chain_of, day_missing, day_owed, moments
from pipewarden.casework.service.calling import tell
from pipewarden.casework.service.filing_check import filing_zone
from pipewarden.casework.service.finding import FLOOD, Rosters, areas_of, person_for
from pipewarden.casework.service.machines import works_seen_at
from pipewarden.casework.store.dues import KeptDue
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Chain, Filing, Rung
    from pipewarden.casework.rules.filing_dues import Moment
    from pipewarden.kit.work import Work

_MOST = 2000  # moments of one sweep; the rest comes with the next
_ENDING = "ending"
_A_DAY = timedelta(days=1)


def mind(work: Work, changed: Mapping[UUID, Filing]) -> None:
    """Open the moments that filings bring as they stand now, and end those that they no longer have."""
    rules, now = store.dues.shipped_due_rules(), work.now()
    wanted = {(one.id, m.rule.kind): m for one in changed.values() for m in moments(rules, one, now)}
    over = set()
    for kept in store.dues.running(work, changed):
        key = (kept.due.filing_id, kept.due.kind)
        if key in wanted and wanted[key].due_at == kept.due.due_at:
            del wanted[key]
        elif kept.due.kind == DAY and _still_owed(changed[kept.due.filing_id], kept.due):
            continue
        else:
            over.add(kept.due.id)
    store.dues.end(work, over, now)
    store.dues.add(work, _opened(work, changed, wanted))


def _still_owed(filing: Filing, due: FilingDue) -> bool:
    return day_owed(filing, due.due_at, filing_zone(filing.works.place, due.due_at))


def ask_days(work: Work) -> int:
    """Open a moment for each filing at whose sites works are seen today while nobody has declared the day.

    Returns:
        How many were opened; one that is open already is none.
    """
    rules, now = store.dues.shipped_due_rules(), work.now()
    seen: dict[UUID, datetime] = {}
    for filed in store.sites.dug_since(work, now - _A_DAY):
        filing_id, seen_at = filed.site.filing_id, works_seen_at(work, filed)
        if filing_id is not None and seen_at is not None:
            seen[filing_id] = max(seen.get(filing_id, seen_at), seen_at)
    if not seen:
        return 0
    filings = store.filings.lock_all(work, seen)
    wanted = {}
    for filing_id, one in filings.items():
        moment = day_missing(rules, one, now, seen[filing_id], filing_zone(one.works.place, now))
        if moment is not None:
            wanted[filing_id, DAY] = moment
    for kept in store.dues.running(work, filings):
        if kept.due.kind == DAY and (kept.due.filing_id, DAY) in wanted:
            same = wanted[kept.due.filing_id, DAY].due_at == kept.due.due_at
            wanted.pop((kept.due.filing_id, DAY)) if same else store.dues.end(work, {kept.due.id}, now)
    store.dues.add(work, _opened(work, filings, wanted))
    return len(wanted)


def _opened(work: Work, changed: Mapping[UUID, Filing], wanted: Mapping[tuple[UUID, str], Moment]) -> list[KeptDue]:
    if not wanted:
        return []
    rosters = Rosters(work)
    inside = [shapely.from_wkb(changed[filing_id].works.area).representative_point() for filing_id, _ in wanted]
    paths = areas_of(work, [(one.x, one.y) for one in inside])
    filers = _filers(work, [filing_id for filing_id, kind in wanted if kind in {_ENDING, DAY}])
    made = []
    for ((filing_id, kind), moment), path in zip(wanted.items(), paths, strict=True):
        there = rosters.on_call([moment.rule.role], path)
        due = FilingDue(
            id=work.ids.new(),
            tenant_id=work.tenant_id,
            filing_id=filing_id,
            kind=kind,
            person_id=filers.get(filing_id) or (there[0] if there else rosters.manager(path)),
            role=moment.rule.role.value,
            clause=moment.rule.clause,
            opened_at=work.now(),
            due_at=moment.due_at,
        )
        made.append(KeptDue(due, chain_of(work.ids.new(), due, moment.rule.ladder, moment.first_at), path))
    return made


def _filers(work: Work, filing_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Return who filed works, where that is somebody who can be called here."""
    known = store.filings.filers(work, filing_ids)
    persons = {one for one in known.values() if people.actor_of(work, one) is not None}
    return {filing_id: person for filing_id, person in known.items() if person in persons}


def remind(work: Work) -> int:
    """Tell what is due of the tenant's filings and return how many steps fired; of a kind each person hears at once."""
    store.dues.end_over(work)
    due = store.dues.lock_due(work, limit=_MOST)
    if not due:
        return 0
    store.chains.lock_calls(work)
    sent = store.calls.sent(work, work.now() - FLOOD.window)
    rosters, fired = Rosters(work), 0
    going: defaultdict[tuple[UUID, str], list[tuple[KeptDue, Rung, Chain]]] = defaultdict(list)
    for kept in due:
        person_id, rung, after = _climb(rosters, kept)
        if person_id is None or rung is None:
            store.dues.save(work, [replace(kept, chain=after)])
            store.watched.add_breach(work, "nobody_on_duty", kept.due.filing_id, "nobody is on duty for a filing")
        else:
            going[person_id, kept.due.kind].append((kept, rung, after))
    for (person_id, kind), ones in going.items():
        if flood.takes(person_id, sent, work.now(), FLOOD):
            _tell(work, person_id, kind, ones)
            sent.setdefault(person_id, []).append(Sent(work.now(), Shape.ONE))
            fired += len(ones)
    return fired


def _climb(rosters: Rosters, kept: KeptDue) -> tuple[UUID | None, Rung | None, Chain]:
    """Return whom the next step that finds somebody calls, and the chain after it."""
    now, chain = rosters.work.now(), kept.chain
    for _ in chain.ladder.steps:
        rung, after = escalate.fire(chain, now)
        if rung is None:
            break
        told = {person_id for loop, person_id in kept.told if loop == rung.loop}
        person_id = person_for(rosters, rung, kept.due, kept.area_path, told)
        if person_id is not None:
            return person_id, rung, after
        chain = escalate.hurry(after, rung, now)
    return None, None, chain


def _tell(work: Work, person_id: UUID, kind: str, ones: Sequence[tuple[KeptDue, Rung, Chain]]) -> None:
    first, rung, after = ones[0]
    loud = min((one.urgency for _, one, _ in ones), key=list(Urgency).index)
    call = Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=person_id,
        urgency=loud,
        site_ids=(),
        duty_id=None,
        step=rung.step,
        loop=rung.loop,
        text=f"filing.{kind}",
        params={
            "filing": str(first.due.filing_id),
            "count": str(len(ones)),
            "due": min(one.due.due_at for one, _, _ in ones).isoformat(timespec="minutes"),
            "step": rung.who.value,
        },
        at=work.now(),
        ack_by=after.due_at,
    )
    tell(work, call, Shape.ONE if len(ones) == 1 else Shape.GATHERED)
    store.dues.save(work, [kept.called(chain, step.loop, person_id, call.id) for kept, step, chain in ones])


def put_back(work: Work, by: timedelta) -> None:
    """Take off every step to come of a chain that has begun what the clock was set back by."""
    store.dues.save(work, [replace(one, chain=escalate.back(one.chain, by)) for one in store.dues.climbing(work)])
