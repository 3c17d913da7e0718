"""Messages that never came and lists that stay away: found across imports, told once, closed when they come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import permit_rows as rows
import pytest
from duty_town import DutyTown
from list_town import ListTown

from pipewarden.casework import jobs, service, store
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, Role

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

HOUR = timedelta(hours=1)


@pytest.fixture
def town(work: Work) -> ListTown:
    """A tenant without areas."""
    return ListTown(work)


def send(town: ListTown, *numbers: int, station: str = "NORTH", **change: str) -> None:
    """Import messages under these numbers; each is a ticket of its own."""
    days = {"LegalStartDate": "2026-12-01T17:01:00-08:00", "TicketExpirationDate": "2027-01-13T23:59:59-08:00"}
    said = [
        rows.ticket(f"{station}{one}", SequenceNumber=str(one), StationCode=station, **days, **change)
        for one in numbers
    ]
    town.take(f"<list>{''.join(said)}</list>", "usan811")


def holes(town: ListTown) -> list[tuple[str, int, int]]:
    return [(one.station, one.first, one.last) for one in town.gaps()]


def test_a_hole_between_two_imports_is_found(town: ListTown) -> None:
    send(town, 41, 42)
    assert holes(town) == []
    send(town, 45)
    assert holes(town) == [("NORTH", 43, 44)]
    (breach,) = town.breaches()
    assert breach == ("message_missing", "usan811: 2 of NORTH by 2026-09-15 never came, 43 to 44")


def test_a_message_that_comes_late_closes_its_hole_and_tells_nobody_again(town: ListTown, clock: SetClock) -> None:
    send(town, 41, 46)
    assert len(town.breaches()) == 1
    send(town, 43)
    assert holes(town) == [("NORTH", 42, 42), ("NORTH", 44, 45)]
    clock.advance(timedelta(days=2))
    service.audit_lists(town.work)
    assert len(town.breaches()) == 1, "what is left of a hole was told with it"
    send(town, 42, 44, 45)
    assert holes(town) == []
    every = store.lists.gaps(town.work, store.lists.GapFilter(is_open=False))
    assert all(one.closed_at is not None for one in every)
    send(town, 50)
    assert len(town.breaches()) == 2, "a new hole is told"


def test_cancelled_and_refused_messages_were_heard(town: ListTown) -> None:
    send(town, 1)
    send(town, 2, TicketStatus="Cancelled")
    bad = rows.ticket("x", SequenceNumber="3", StationCode="NORTH", TicketExpirationDate="2026-02-30T00:00:00Z")
    town.take(f"<list>{bad}</list>", "usan811", skip_refused=True)
    send(town, 4)
    assert holes(town) == []


def test_a_list_that_is_refused_was_not_heard(town: ListTown) -> None:
    send(town, 1)
    bad = rows.ticket("x", SequenceNumber="2", StationCode="NORTH", TicketExpirationDate="2026-02-30T00:00:00Z")
    with pytest.raises(service.ListRefusedError):
        town.take(f"<list>{bad}</list>", "usan811")
    send(town, 3)
    assert holes(town) == [("NORTH", 2, 2)]


def test_stations_are_numbered_each_for_itself(town: ListTown) -> None:
    send(town, 1, 3)
    send(town, 2, station="SOUTH")
    assert holes(town) == [("NORTH", 2, 2)]


def test_a_list_that_stays_away_is_told_once_and_again_after_it_came(town: ListTown, clock: SetClock) -> None:
    send(town, 1)
    clock.advance(96 * HOUR)
    assert service.audit_lists(town.work).silent == ()
    clock.advance(HOUR)
    assert [one.source for one in service.audit_lists(town.work).silent] == ["usan811"]
    clock.advance(48 * HOUR)
    service.audit_lists(town.work)
    assert [what for what, _ in town.breaches()] == ["list_silent"]
    send(town, 2)
    assert service.audit_lists(town.work).silent == ()
    clock.advance(97 * HOUR)
    service.audit_lists(town.work)
    assert [what for what, _ in town.breaches()] == ["list_silent"] * 2


def test_how_long_a_list_may_stay_away_is_the_tenants(town: ListTown, clock: SetClock) -> None:
    root = people.operator(town.work.tenant_id)
    with pytest.raises(InputError, match="never imported"):
        service.expect_list(town.work, root, "usan811", HOUR)
    send(town, 1)
    service.expect_list(town.work, root, "usan811", HOUR)
    clock.advance(2 * HOUR)
    assert service.audit_lists(town.work).silent != ()
    assert service.expect_list(town.work, root, "usan811", None).silent == ()
    clock.advance(timedelta(days=400))
    assert service.audit_lists(town.work).silent == ()
    with pytest.raises(InputError, match="an hour and a year"):
        service.expect_list(town.work, root, "usan811", timedelta(minutes=5))


def test_the_safety_manager_is_told(work: Work, clock: SetClock) -> None:
    people_of, town = DutyTown(work, clock), ListTown(work)
    manager = people_of.on_duty(Role.SAFETY_MANAGER)
    send_numbers = f"<list>{rows.ticket('a', SequenceNumber='1')}{rows.ticket('b', SequenceNumber='3')}</list>"
    town.take(send_numbers, "usan811")
    service.sweep(work)
    (call,) = service.list_calls(work, people_of.actor(manager), everybody=False, waits=None, limit=10)
    assert (call.call.text, call.call.params["what"]) == ("breach", "message_missing")
    assert "2 to 2" in call.call.params["words"]
    clock.advance(timedelta(days=3))
    service.audit_lists(work)
    service.sweep(work)
    assert len(service.list_calls(work, people_of.actor(manager), everybody=False, waits=None, limit=10)) == 1


def test_who_reads_filings_all_over_reads_the_audit(work: Work, clock: SetClock) -> None:
    people_of, town = DutyTown(work, clock), ListTown(work)
    send(town, 1, 3)
    manager = people_of.actor(people_of.on_duty(Role.SAFETY_MANAGER))
    assert len(service.list_audit(work, manager).gaps) == 1
    with pytest.raises(ForbiddenError):
        service.list_audit(work, people_of.actor(people_of.person(Role.RESIDENT)))


def test_the_daily_job_looks_at_every_tenant(home: Home) -> None:
    with home.work() as work:
        send(ListTown(work), 1, 3)
    seen: list[UUID] = []

    def begin(tenant_id: UUID) -> object:
        seen.append(tenant_id)
        return home.factory.begin(tenant_id)

    assert jobs.audit_lists(begin) >= 1  # type: ignore[arg-type]
    assert home.tenant_id in seen
