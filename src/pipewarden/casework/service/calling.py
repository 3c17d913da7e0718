"""Calls: which go out now, what comes back, and what a person can take in."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import CALLED, Accepted, Call, Held, Sent, Shape, Urgency
from pipewarden.casework.rules import allowed, escalate, flood
from pipewarden.casework.rules.duties import ACCEPT
from pipewarden.casework.service.files import append
from pipewarden.casework.service.finding import FLOOD, Rosters
from pipewarden.people.facts import ActorKind, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import Chain, FloodState, Outgoing, Site, SiteDuty
    from pipewarden.kit.work import Work

_MOST = 2000  # held steps looked at in one go, critical ones first
_BREACHES = 2000
_LOUDNESS = {Urgency.ALARM: 0, Urgency.DUE: 1, Urgency.NOTE: 2}


def send_calls(work: Work) -> None:
    """Send what has fired to whom it is for, or to who has room; what nobody can take in waits and is in the list."""
    store.chains.lock_calls(work)
    waiting = store.chains.held(work, limit=_MOST)
    sent = store.calls.sent(work, work.now() - FLOOD.window)
    if waiting:
        kinds = {one.duty_id: one.kind for one in waiting}
        sites = store.sites.read(work, {one.site_id for one in waiting})
        plan = flood.plan(_held(work, waiting, sent), sent, work.now(), FLOOD)
        climbs = store.chains.due(work, {one.rung.chain_id for going in plan for one in going.held})
        for going in plan:
            _send(work, going, kinds, sites, climbs)
            sent.setdefault(going.person_id, []).append(Sent(work.now(), going.shape))
    _tell_breaches(work, sent)


def _held(work: Work, waiting: Collection[store.chains.Waiting], sent: Mapping[UUID, Collection[Sent]]) -> list[Held]:
    """Return what waits with who else could take it; nobody else is looked for where the person is surely calm."""
    rosters = Rosters(work)
    mine = Counter(one.person_id for one in waiting)
    held = []
    for one in waiting:
        calm = len(sent.get(one.person_id, ())) + mine[one.person_id] <= FLOOD.calm
        others = () if calm else rosters.others(one.role, one.area_path)
        held.append(
            Held(
                rung=one.rung,
                site_id=one.site_id,
                duty_id=one.duty_id,
                person_id=one.person_id,
                others=tuple(other for other in others if other != one.person_id),
                critical=one.critical,
                at=one.at,
            )
        )
    return held


def _send(
    work: Work,
    going: Outgoing,
    kinds: Mapping[UUID, str],
    sites: Mapping[UUID, Site],
    climbs: Mapping[UUID, datetime],
) -> None:
    first = going.held[0]
    site_ids = tuple(dict.fromkeys(one.site_id for one in going.held))
    one_duty = len({one.duty_id for one in going.held}) == 1
    text = f"duty.{kinds[first.duty_id]}" if going.shape is Shape.ONE else going.shape.value
    site = sites[first.site_id]
    params = {
        "kind": kinds[first.duty_id],
        "step": first.rung.who.value,
        "count": str(len(site_ids)),
        "zone": site.zone.value,
        "level": str(site.level),
        "spilled": "yes" if going.spilled else "",
    }
    mine = [climbs[one.rung.chain_id] for one in going.held if one.rung.chain_id in climbs]
    call = Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=going.person_id,
        urgency=min((one.rung.urgency for one in going.held), key=lambda one: _LOUDNESS[one]),
        site_ids=site_ids,
        duty_id=first.duty_id if one_duty else None,
        step=first.rung.step,
        loop=first.rung.loop,
        text=text,
        params=params,
        at=work.now(),
        ack_by=min(mine, default=None),
    )
    tell(work, call, going.shape)
    store.chains.put_out(work, [one.rung for one in going.held], call.id)


def tell(work: Work, call: Call, shape: Shape) -> None:
    """Write a call and say that it exists."""
    store.calls.add(work, call, shape)
    work.emit(CALLED, call.id, partition=work.own(str(call.person_id)))


def send_word(
    work: Work,
    person_id: UUID,
    text: str,
    params: Mapping[str, str],
    *,
    urgency: Urgency = Urgency.DUE,
    site_ids: Sequence[UUID] = (),
    shape: Shape = Shape.ONE,
) -> None:
    """Call somebody once about what is no duty: there is no step after it.

    Args:
        work: the transaction.
        person_id: whom.
        text: key of the words (policy/messages); ``params`` fill it.
        params: the same.
        urgency: how loud.
        site_ids: of which it speaks.
        shape: of one thing or of several.
    """
    call = Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=person_id,
        urgency=urgency,
        site_ids=tuple(site_ids),
        duty_id=None,
        step=0,
        loop=0,
        text=text,
        params=dict(params),
        at=work.now(),
    )
    tell(work, call, shape)


def _tell_breaches(work: Work, sent: Mapping[UUID, Sequence[Sent]]) -> None:
    """Tell the safety manager in one call of what the house found wrong with itself, once they have room."""
    found = store.watched.untold(work, limit=_BREACHES)
    whom = Rosters(work).manager() if found else None
    if whom is None or not flood.takes(whom, sent, work.now(), FLOOD):
        return
    site_ids = dict.fromkeys(one.site_id for one in found if one.site_id is not None)
    params = {
        "what": ",".join(dict.fromkeys(one.what for one in found)),
        "count": str(len(found)),
        "words": "; ".join(dict.fromkeys(one.words for one in found))[:500],
    }
    send_word(work, whom, "breach", params, site_ids=tuple(site_ids), shape=Shape.GATHERED)
    store.watched.told(work, [one.id for one in found])


def calls(work: Work, call_ids: Collection[UUID]) -> list[Call]:
    """Return calls of the tenant by id: those that ``casework.called`` names."""
    return [one.call for one in store.calls.read(work, call_ids).values()]


def acknowledged(work: Work, call_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these calls nobody needs to bring any more: answered, or everything they speak of is over."""
    found = store.calls.read(work, call_ids)
    over = store.calls.over(work, list(found)) | store.dues.over(work, _of_filings(found.values()))
    return {call_id for call_id, one in found.items() if one.acked_at is not None} | over


def _of_filings(found: Iterable[store.calls.Answered]) -> list[UUID]:
    return [one.call.id for one in found if one.call.text.startswith("filing.")]


def acknowledge_call(work: Work, call_id: UUID, by: UUID) -> None:
    """Hear that a person sees to what a call speaks of: its chains are silent until the proof is due.

    The owner's word on a new site is more: they accept it. A second word changes nothing.

    Raises:
        NotFoundError: there is no such call in the tenant.
    """
    found = store.calls.lock(work, call_id)
    if found is None:
        raise NotFoundError.of("call")
    if found.acked_at is not None:
        return
    now = work.now()
    store.calls.acknowledge(work, call_id, by, now)
    duty_ids = store.chains.duties_of(work, call_id)
    _accept(work, [one.duty for one in store.owed.read(work, duty_ids).values()], by)
    store.owed.set_acked(work, duty_ids, now)
    spoken = store.chains.lock(work, {one.chain_id for one in store.chains.of_call(work, call_id)})
    _save(work, [escalate.acknowledge(chain, by, now) for chain in spoken])
    dues = store.dues.of_call(work, call_id)
    store.dues.save(work, [replace(one, chain=escalate.acknowledge(one.chain, by, now)) for one in dues])


def _accept(work: Work, duties: Collection[SiteDuty], by: UUID) -> None:
    """Let the owner accept the sites they were called for; the call is held, then the site, then what is its own."""
    mine = {one.site_id for one in duties if one.kind == ACCEPT and one.person_id == by and one.done_at is None}
    for site in store.sites.lock(work, mine).values():
        if site.owner_id == by and site.accepted_at is None and allowed(site, Accepted(), work.now()) is None:
            append(work, site, [Accepted()], actor=f"{ActorKind.PERSON}:{by}")


def _save(work: Work, chains: Collection[Chain]) -> None:
    """Write chains that a word has moved, with nothing due before the shelves of their sites end."""
    until = store.watched.shelves_until(work, {chain.site_id for chain in chains})
    store.chains.save(
        work, *(escalate.hold(one, until[one.site_id]) if one.site_id in until else one for one in chains)
    )


def unreachable(work: Work, call_id: UUID, why: str) -> None:
    """Hear that a call could not be brought to its person: the next step of its chains is due at once.

    A second word, or one that comes after an answer, changes nothing.
    """
    found = store.calls.lock(work, call_id)
    if found is None or found.acked_at is not None or found.unreachable_at is not None:
        return
    now = work.now()
    store.calls.unreachable(work, call_id, why, now)
    rungs = {one.chain_id: one for one in store.chains.of_call(work, call_id)}
    _save(work, [escalate.hurry(chain, rungs[chain.id], now) for chain in store.chains.lock(work, list(rungs))])
    dues = store.dues.of_call(work, call_id)
    store.dues.save(work, [replace(one, chain=escalate.sooner(one.chain, now)) for one in dues])
    if not rungs and not dues:
        words = f"{found.call.text} could not be brought to anybody: {why}"
        store.watched.add_breach(work, "unreachable", found.call.person_id, words)


def flood_state(work: Work) -> FloodState:
    """Return whether more comes in than the tenant's people can take in, and what waits for them."""
    sent = store.calls.sent(work, work.now() - FLOOD.window)
    return flood.state(_held(work, store.chains.held(work, limit=_MOST), sent), sent, work.now(), FLOOD)
