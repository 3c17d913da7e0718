"""Which sequences a reader of the live stream follows, and from where: one query a look, nothing old, nothing lost."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.casework import service as casework
from pipewarden.casework.facts import CHANGED
from pipewarden.dedupe import service as dedupe
from pipewarden.dedupe.facts import ALARM_CHANGED
from pipewarden.judge.facts import JUDGED
from pipewarden.kit import facts_log
from pipewarden.kit.work import LANES, FactRef
from pipewarden.main.web.live import Places, _found, _named, _places, _wells
from pipewarden.people.facts import Actor, ActorKind, Grant, Role, Scope

if TYPE_CHECKING:
    from pipewarden.kit.work import Work

FIRST, SECOND = UUID(int=71), UUID(int=72)


def reader(*grants: tuple[str, UUID], scope: Scope = Scope.TENANT) -> Actor:
    """Return somebody who holds permissions in tenants."""
    held = tuple(Grant(permission, scope, tenant, None, Role.DISPATCHER) for permission, tenant in grants)
    return Actor(ActorKind.PERSON, UUID(int=7), "reader", FIRST, grants=held)


def said(work: Work, kind: str, tenant: UUID, lane: str = "") -> UUID:
    """Let something happen, and return its id."""
    fact = FactRef(kind, f"{tenant}{lane}", tenant, work.ids.new())
    facts_log.append(work, [fact])
    return fact.fact_id


def begin(work: Work, actor: Actor) -> Places:
    wells = _wells(work.session, actor)
    return _named(_places(work.session, wells, {}), wells)


def heard(work: Work, actor: Actor, after: Places) -> tuple[set[UUID], set[UUID], Places]:
    found, more, places = _found(work.session, actor, after)
    assert not more
    return found.alarms, found.site_events, places


def test_who_reads_no_sites_follows_none(work: Work) -> None:
    blind, seeing = reader((dedupe.READ, FIRST)), reader((dedupe.READ, FIRST), (casework.READ, FIRST))
    assert set(_wells(work.session, blind)) == {ALARM_CHANGED, JUDGED}
    assert len(_wells(work.session, seeing)[CHANGED][0]) == LANES
    places = [begin(work, one) for one in (blind, seeing)]
    assert not any(place.startswith(CHANGED) for place in places[0])
    event, alarm = said(work, CHANGED, FIRST, "/3"), said(work, ALARM_CHANGED, FIRST)
    assert heard(work, blind, places[0])[:2] == ({alarm}, set())
    assert heard(work, seeing, places[1])[:2] == ({alarm}, {event})


def test_a_look_is_one_query_however_many_tenants(work: Work, count_statements: list[str]) -> None:
    tenants = [UUID(int=100 + number) for number in range(20)]
    actor = reader(*((one, tenant) for tenant in tenants for one in (dedupe.READ, casework.READ)))
    places = begin(work, actor)
    told = {said(work, ALARM_CHANGED, tenant) for tenant in tenants}
    count_statements.clear()
    assert heard(work, actor, places)[0] == told
    assert len(count_statements) == 1


def test_what_was_heard_is_not_heard_again(work: Work) -> None:
    actor = reader((dedupe.READ, FIRST), (casework.READ, FIRST))
    said(work, ALARM_CHANGED, FIRST)
    places = begin(work, actor)
    verdict = said(work, JUDGED, FIRST)
    alarms, events, places = heard(work, actor, places)
    assert (alarms, events) == ({verdict}, set())
    assert heard(work, actor, places) == (set(), set(), places)


def test_what_a_reader_comes_to_see_begins_with_the_present(work: Work) -> None:
    said(work, ALARM_CHANGED, SECOND)
    places = begin(work, reader((dedupe.READ, FIRST)))
    said(work, CHANGED, FIRST, "/1")
    more = reader((dedupe.READ, FIRST), (dedupe.READ, SECOND), (casework.READ, FIRST))
    alarms, events, places = heard(work, more, places)
    assert (alarms, events) == (set(), set())
    later, event = said(work, ALARM_CHANGED, SECOND), said(work, CHANGED, FIRST, "/1")
    assert heard(work, more, places)[:2] == ({later}, {event})


def test_who_reads_every_tenant_hears_the_first_word_of_a_new_one(work: Work) -> None:
    across = (dedupe.READ, FIRST), (casework.READ, FIRST)
    actor = reader(*across, scope=Scope.PLATFORM)
    said(work, ALARM_CHANGED, FIRST)
    places = begin(work, actor)
    alarm, event = said(work, ALARM_CHANGED, SECOND), said(work, CHANGED, SECOND, "/0")
    alarms, events, _ = heard(work, actor, places)
    assert (alarms, events) == ({alarm}, {event})


def test_a_full_batch_says_that_more_may_wait(work: Work) -> None:
    actor = reader((dedupe.READ, FIRST))
    places = begin(work, actor)
    facts_log.append(work, [FactRef(ALARM_CHANGED, str(FIRST), FIRST, work.ids.new()) for _ in range(130)])
    found, more, places = _found(work.session, actor, places)
    assert (len(found.alarms), more) == (100, True)
    found, more, places = _found(work.session, actor, places)
    assert (len(found.alarms), more) == (30, False)
