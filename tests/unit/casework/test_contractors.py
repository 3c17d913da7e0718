"""Contractors: one name one record, entries by the works themselves, merged and parted, appealed and decided."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from duty_town import NORTH, SOUTH, DutyTown
from site_life import WHOLE
from sqlalchemy import text

from pipewarden.casework import service, store
from pipewarden.casework.facts import (
    APPEALED,
    Advanced,
    Arrived,
    EntryKind,
    History,
    Matched,
    Named,
    OwnerGiven,
    Severity,
    SiteState,
    StopOrdered,
    StopRefused,
    Struck,
    Verified,
    ViolationOpened,
)
from pipewarden.casework.rules.contractor import entries_of
from pipewarden.casework.service import records
from pipewarden.casework.store import RISK_FILE
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.casework.facts import Entry
    from pipewarden.casework.service import Dossier
    from pipewarden.people.facts import Actor

FIRM, CODE, OTHER_CODE = "广厦建筑", "91131000570000000A", "91131000690000000R"
DAY = timedelta(days=1)


@pytest.fixture
def town(work: Any, clock: Any) -> DutyTown:
    return DutyTown(work, clock)


def dug(town: DutyTown, place: tuple[float, float] = NORTH, name: str = FIRM) -> UUID:
    """Have works seen on the spot and their contractor named."""
    site = town.site(place, zone=Zone.CONTROL)
    owner = OwnerGiven(town.work.ids.new(), "patroller", "nearest")
    town.happen(site.id, owner, Arrived(WHOLE), Verified(true=True, code="digging", proof=WHOLE))
    town.happen(site.id, service.contractor_named(town.work, name, "", "the board"))
    service.renew(town.work, [site.id])
    return site.id


def broken(
    town: DutyTown, site_id: UUID, code: str = "V-SIGNS", severity: Severity = Severity.MINOR, by: Any = None
) -> None:
    opened = ViolationOpened(town.work.ids.new(), code, severity, "clause", "seen")
    town.happen(site_id, opened, by=by)
    service.renew(town.work, [site_id])


def firm(town: DutyTown, name: str = FIRM) -> Dossier:
    root = people.operator(town.work.tenant_id)
    (one,) = service.contractors(town.work, root, limit=9, name=name)
    return service.contractor(town.work, root, one.contractor.id)


def kinds(found: Dossier) -> list[str]:
    return sorted(one.kind.value for one in found.entries if one.void_at is None)


def manager(town: DutyTown) -> Actor:
    return town.actor(town.person(Role.SAFETY_MANAGER))


def test_a_name_and_a_code_name_one_contractor_and_the_code_is_the_stronger_word(town: DutyTown) -> None:
    first = records.resolve(town.work, Named(FIRM))
    assert records.resolve(town.work, Named(f" {FIRM} ")) == first
    assert records.resolve(town.work, Named(FIRM, CODE)).id == first.id  # it learns its code
    assert records.resolve(town.work, Named("another name", CODE)).id == first.id
    twin = records.resolve(town.work, Named(FIRM, OTHER_CODE))
    assert twin.id != first.id
    nameless = records.resolve(town.work, Named(FIRM))  # two bear the name: it is neither's
    assert nameless.id not in {first.id, twin.id}
    with pytest.raises(InputError):
        records.resolve(town.work, Named("——"))


def test_works_fill_the_record_each_entry_once_with_site_and_event(town: DutyTown) -> None:
    site_id = dug(town)
    assert kinds(firm(town)) == ["missing_filing"]
    broken(town, site_id)
    broken(town, site_id, "V-AREA", Severity.MAJOR)
    broken(town, site_id, "V-STANDBY", Severity.MAJOR)  # the operator's own duty is no contractor's entry
    stop = town.work.ids.new()
    town.happen(site_id, StopOrdered(stop, "danger"), StopRefused(stop, WHOLE), Struck("a PE pipe"))
    for _ in range(3):
        service.renew(town.work, [site_id])
    found = firm(town)
    assert kinds(found) == ["major", "minor", "missing_filing", "stop_refused", "strike"]
    assert {one.site_id for one in found.entries} == {site_id}
    events = {one.id: one for one in store.history.events(town.work, site_id)}
    assert all(events[one.event_id].at == one.at for one in found.entries)
    assert (found.record.strikes, found.history) == (1, History.STRIKES)


@pytest.mark.parametrize(("filed", "broken_by"), [(True, None), (False, None), (True, "V-SIGNS"), (True, "V-RECORDS")])
def test_filed_works_completed_without_a_violation_are_good_conduct(
    town: DutyTown, filed: bool, broken_by: str | None
) -> None:
    site = town.site(NORTH, zone=Zone.CONTROL)
    town.happen(site.id, OwnerGiven(town.work.ids.new(), "patroller", "nearest"), Arrived(WHOLE))
    if filed:
        town.happen(site.id, Matched(town.work.ids.new(), "fits"))
    town.happen(site.id, Verified(true=True, code="digging", proof=WHOLE))
    if broken_by is not None:
        town.happen(site.id, ViolationOpened(town.work.ids.new(), broken_by, Severity.MINOR, "clause", "seen"))
    for to in ("notified", "completed"):
        town.happen(site.id, Advanced(SiteState(to), WHOLE))
    not_theirs = frozenset({"V-RECORDS"})
    found = [one.kind.value for one in entries_of(store.history.events(town.work, site.id), not_theirs)]
    wanted = {(True, None): "good_conduct", (False, None): "missing_filing", (True, "V-SIGNS"): "minor"}
    assert found == [wanted.get((filed, broken_by), "good_conduct")]


def test_what_a_merged_site_brought_is_no_entry_and_no_good_conduct_and_older_events_are_read_as_before(
    town: DutyTown,
) -> None:
    site = town.site(NORTH, zone=Zone.CONTROL)
    town.happen(site.id, OwnerGiven(town.work.ids.new(), "patroller", "nearest"), Arrived(WHOLE))
    town.happen(site.id, Matched(town.work.ids.new(), "fits"), Verified(true=True, code="digging", proof=WHOLE))
    other = town.work.ids.new()
    town.happen(site.id, ViolationOpened(other, "V-SIGNS", Severity.MINOR, "clause", "seen", from_site=other))
    for to in ("notified", "completed"):
        town.happen(site.id, Advanced(SiteState(to), WHOLE))
    assert entries_of(store.history.events(town.work, site.id), frozenset()) == []
    assert store.history.BODY.validate_python({"kind": "struck", "words": "x"}) == Struck("x")


def test_the_works_named_another_contractors_are_no_entry_of_the_first_and_may_come_back(town: DutyTown) -> None:
    site_id = dug(town)
    town.happen(site_id, service.contractor_named(town.work, "真正的施工方", "", "their contract"))
    service.renew(town.work, [site_id])
    assert kinds(firm(town)) == []
    assert [one.void_why for one in firm(town).entries] == [records.OTHERS]
    assert kinds(firm(town, "真正的施工方")) == ["missing_filing"]
    town.happen(site_id, service.contractor_named(town.work, FIRM, "", "it was theirs after all"))
    service.renew(town.work, [site_id])
    assert kinds(firm(town)) == ["missing_filing"]
    assert kinds(firm(town, "真正的施工方")) == []


def test_the_record_counts_in_the_risk_of_every_open_site_of_the_contractor(town: DutyTown) -> None:
    here, there = dug(town), dug(town, SOUTH)
    before = {one.site.id: one.risk_score for one in store.weighed.lock_free(town.work, [here, there])}
    town.clock.advance(timedelta(seconds=5))
    town.happen(here, Struck("a PE pipe"))
    service.renew(town.work, [here])
    town.clock.advance(timedelta(seconds=5))
    service.renew_waiting(town.work, limit=100)  # what the look of every few seconds does
    after = {one.site.id: one.risk_score for one in store.weighed.lock_free(town.work, [here, there])}
    assert after[there] == pytest.approx((before[there] or 0) / 1.15 * 1.3)  # marked by two missing filings before
    assert service.renew_waiting(town.work, limit=100) == 0
    _, found = service.risk_of(town.work, people.operator(town.work.tenant_id), there)
    assert next(one.value for one in found.factors if one.factor == "contractor") == "strikes"


def test_what_was_struck_out_while_the_works_were_anothers_never_counts_again(town: DutyTown) -> None:
    site_id = dug(town)
    found = firm(town)
    (appeal,) = appealed(town, speaker(town, found), found, found.entries[0]).entries[0].appeals
    town.happen(site_id, service.contractor_named(town.work, "真正的施工方", "", "their contract"))
    service.renew(town.work, [site_id])
    service.decide_appeal(town.work, manager(town), found.contractor.id, appeal.id, struck_out=True, reason="right")
    town.happen(site_id, service.contractor_named(town.work, FIRM, "", "it was theirs after all"))
    service.renew(town.work, [site_id])
    assert [(one.void_at is None, one.void_why) for one in firm(town).entries] == [(False, "struck out on appeal")]


def test_what_changes_in_one_record_weighs_the_sites_of_all_that_are_one_with_it(town: DutyTown) -> None:
    sites = [dug(town, name="甲公司"), dug(town, SOUTH, "乙公司"), dug(town, name="丙公司")]
    root = manager(town)
    a, b, c = (firm(town, name).contractor for name in ("甲公司", "乙公司", "丙公司"))
    for one in (b, c):
        service.merge_contractor(town.work, root, one.id, a.id, "one firm")
    for changed in (sites[1], sites[0]):
        town.clock.advance(timedelta(seconds=5))
        service.renew_waiting(town.work, limit=100)
        town.clock.advance(timedelta(seconds=5))
        town.happen(changed, Struck("a PE pipe"))
        service.renew(town.work, [changed])
        waiting = store.weighed.unweighed(town.work, store.shipped_risk()[-1].version, limit=9)
        assert set(waiting) >= set(sites) - {changed}


def test_a_merge_adds_the_records_up_and_is_undone_without_a_trace_in_either(town: DutyTown) -> None:
    dug(town, name="甲公司")
    dug(town, SOUTH, "乙公司")
    root = manager(town)
    a, b = firm(town, "甲公司").contractor, firm(town, "乙公司").contractor
    service.merge_contractor(town.work, root, b.id, a.id, "one firm")
    whole = service.contractor(town.work, root, a.id)
    assert (len(whole.entries), [one.name for one in whole.merged]) == (2, ["乙公司"])
    assert whole.history is History.MARKED
    assert [one.contractor.id for one in service.contractors(town.work, root, limit=9)] == [a.id]
    for into in (a.id, b.id):
        with pytest.raises(RefusedError):
            service.merge_contractor(town.work, root, a.id if into == b.id else b.id, into, "again")
    service.merge_contractor(town.work, root, b.id, None, "two firms")
    assert [len(service.contractor(town.work, root, one.id).entries) for one in (a, b)] == [1, 1]
    with pytest.raises(RefusedError):
        service.merge_contractor(town.work, root, b.id, None, "again")
    audited = town.work.session.execute(text("SELECT act FROM people_audit ORDER BY seq DESC LIMIT 2")).scalars().all()
    assert audited == ["contractor.parted", "contractor.merged"]


def speaker(town: DutyTown, found: Dossier) -> Actor:
    person = town.person(Role.CONTRACTOR)
    service.name_speaker(town.work, people.operator(town.work.tenant_id), found.contractor.id, person.id)
    return town.actor(person)


def appealed(town: DutyTown, who: Actor, found: Dossier, entry: Entry) -> Dossier:
    return service.appeal(town.work, who, found.contractor.id, entry.id, reason="not ours", evidence=["contract 7"])


def test_a_contractor_sees_itself_alone_and_nobody_claims_a_record(town: DutyTown) -> None:
    dug(town)
    dug(town, SOUTH, "别家公司")
    found, other = firm(town), firm(town, "别家公司")
    stranger = town.actor(town.person(Role.CONTRACTOR))
    assert service.contractors(town.work, stranger, limit=9) == []
    who = speaker(town, found)
    assert [one.contractor.id for one in service.contractors(town.work, who, limit=9)] == [found.contractor.id]
    for asker, one in ((who, other), (stranger, found)):
        with pytest.raises(NotFoundError):
            service.contractor(town.work, asker, one.contractor.id)
        with pytest.raises(NotFoundError):
            appealed(town, asker, one, one.entries[0])
    for act in (service.merge_contractor, service.name_speaker):
        with pytest.raises(ForbiddenError):
            act(town.work, who, found.contractor.id, None, *(["x"] if act is service.merge_contractor else []))
    with pytest.raises(ForbiddenError):
        service.contractors(town.work, town.actor(town.person(Role.GRID_WORKER, area=town.north)), limit=9)


def test_under_appeal_it_counts_and_is_marked_until_another_has_struck_it_out(town: DutyTown) -> None:
    site_id = dug(town)
    broken(town, site_id, "V-AREA", Severity.MAJOR)
    found, boss = firm(town), manager(town)
    who = speaker(town, found)
    entry = next(one for one in found.entries if one.kind is EntryKind.MISSING_FILING)
    town.work.take_facts()
    open_ = appealed(town, who, found, entry)
    (appeal,) = next(one for one in open_.entries if one.id == entry.id).appeals
    assert open_.record == found.record
    assert next(one for one in open_.entries if one.id == entry.id).under_appeal
    assert [one.fact_id for one in town.work.take_facts() if one.kind == APPEALED] == [appeal.id]
    with pytest.raises(RefusedError, match="is under appeal"):
        appealed(town, who, found, entry)
    with pytest.raises(ForbiddenError):
        service.decide_appeal(town.work, who, found.contractor.id, appeal.id, struck_out=True, reason="mine")
    town.clock.advance(DAY)
    done = service.decide_appeal(town.work, boss, found.contractor.id, appeal.id, struck_out=True, reason="right")
    assert done.record.points == found.record.points - 3
    assert entry.id not in done.record.counting
    with pytest.raises(RefusedError, match="was decided"):
        service.decide_appeal(town.work, boss, found.contractor.id, appeal.id, struck_out=False, reason="no")
    with pytest.raises(RefusedError, match="counts no more"):
        appealed(town, who, found, entry)
    told = service.appeal_told(town.work, appeal.id)
    assert told is not None
    assert told.persons == {who.id}


def test_who_made_the_entry_or_the_appeal_does_not_decide_and_a_decision_stands(town: DutyTown) -> None:
    site_id, boss = dug(town), town.person(Role.SAFETY_MANAGER)
    broken(town, site_id, by=boss)
    found, entry = firm(town), next(one for one in firm(town).entries if one.kind is EntryKind.MINOR)
    assert entry.made_by == f"person:{boss.id}"
    lawyer = manager(town)
    (appeal,) = next(one for one in appealed(town, lawyer, found, entry).entries if one.id == entry.id).appeals
    for who in (town.actor(boss), lawyer, people.operator(town.work.tenant_id)):
        with pytest.raises(RefusedError, match="neither the entry nor the appeal"):
            service.decide_appeal(town.work, who, found.contractor.id, appeal.id, struck_out=True, reason="x")
    kept = service.decide_appeal(town.work, manager(town), found.contractor.id, appeal.id, struck_out=False, reason="x")
    assert kept.record == found.record
    with pytest.raises(RefusedError, match="was upheld"):
        appealed(town, lawyer, found, entry)


def test_an_appeal_comes_within_its_days(town: DutyTown) -> None:
    dug(town)
    found = firm(town)
    who, entry = speaker(town, found), found.entries[0]
    town.clock.advance(30 * DAY + timedelta(seconds=1))
    with pytest.raises(RefusedError, match="could be appealed against until"):
        appealed(town, who, found, entry)
    town.clock.advance(-timedelta(seconds=1))
    assert appealed(town, who, found, entry).entries[0].under_appeal


def test_who_is_named_late_may_still_appeal(town: DutyTown) -> None:
    site = town.site(NORTH, zone=Zone.CONTROL)
    town.happen(site.id, OwnerGiven(town.work.ids.new(), "patroller", "nearest"), Arrived(WHOLE))
    town.happen(site.id, Verified(true=True, code="digging", proof=WHOLE))
    town.clock.advance(60 * DAY)
    town.happen(site.id, service.contractor_named(town.work, FIRM, "", "found out at last"))
    service.renew(town.work, [site.id])
    found = firm(town)
    (entry,) = found.entries
    assert (entry.made_at - entry.at, entry.id in found.record.counting) == (60 * DAY, True)
    assert appealed(town, speaker(town, found), found, entry).entries[0].under_appeal


def test_what_was_struck_out_is_not_rewritten_in_the_back_test(town: DutyTown) -> None:
    here = dug(town)
    town.happen(here, Struck("a PE pipe"))
    service.renew(town.work, [here])
    found, boss = firm(town), manager(town)
    entry = next(one for one in found.entries if one.kind is EntryKind.STRIKE)
    (appeal,) = next(
        one for one in appealed(town, speaker(town, found), found, entry).entries if one.id == entry.id
    ).appeals
    mine = RISK_FILE.read_text(encoding="utf-8").replace("CN-risk@2", "mine@1")
    before = service.backtest(town.work, mine, "mine.yaml", 30)
    town.clock.advance(DAY)
    service.decide_appeal(town.work, boss, found.contractor.id, appeal.id, struck_out=True, reason="another's")
    assert service.backtest(town.work, mine, "mine.yaml", 30) == before
    _, now = service.risk_of(town.work, people.operator(town.work.tenant_id), here)
    assert next(one.value for one in now.factors if one.factor == "contractor") == "ordinary"
