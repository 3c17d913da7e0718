"""Reports of months: once by the house, again by people, kept as printed, told of, gone when their days are over."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from act_office import Office
from insight_town import NORTH, InsightTown
from sqlalchemy import text

from pipewarden.insight import service
from pipewarden.insight.rules import months
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.main import insight as wiring
from pipewarden.main import retention
from pipewarden.main.queue import make_queue
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role, Scope
from pipewarden.people.facts.privacy import DataClass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from uuid import UUID

    from pipewarden.act.facts import Sheet
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
# half past midnight of the first of December in Langfang: in London it is November still
FIRST = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)


@dataclass
class Press:
    """Sets what it is told as words, and remembers it; refuses when it is broken."""

    sheets: list[Sheet] = field(default_factory=list)
    broken: bool = False

    def pdf(self, sheet: Sheet, images: Mapping[str, bytes], at: datetime) -> bytes:
        del images
        if self.broken:
            raise UnavailableError(field="press", problem="is not there", fix="Install it.")
        self.sheets.append(sheet)
        words = [[run.text for run in part.runs] for part in sheet.parts]
        rows = [[["".join(run.text for run in cell) for cell in row] for row in part.rows] for part in sheet.parts]
        return json.dumps([sheet.title, sheet.number, sheet.by, f"{at:%Y-%m-%d %H:%M}", words, rows]).encode()


@pytest.fixture
def town(work: Work) -> InsightTown:
    """One site in October and two in November, as the place counts: one begins where London still says October."""
    made = InsightTown(work)
    made.site(datetime(2026, 10, 31, 15, 30, tzinfo=UTC))
    made.site(datetime(2026, 10, 31, 16, 30, tzinfo=UTC))
    made.site(datetime(2026, 11, 12, tzinfo=UTC))
    return made


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def press() -> Press:
    return Press()


def count_of(press: Press, title: str) -> str:
    """What stands under 分子/分母 in the newest sheet's line of a figure."""
    (grid, *_) = [part for part in press.sheets[-1].parts if part.type == "grid"]
    (row,) = [one for one in grid.rows if one[0][0].text == title]
    return str(row[3][0].text)


def acts(work: Work, act: str) -> list[dict[str, Any]]:
    asked = "SELECT details FROM people_audit WHERE tenant_id = :id AND act = :act ORDER BY seq"
    return [json.loads(one) for one in work.session.scalars(text(asked), {"id": work.tenant_id, "act": act})]


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (FIRST, NOVEMBER),
        (FIRST - timedelta(minutes=31), OCTOBER),
        (datetime(2027, 1, 5, tzinfo=UTC), date(2026, 12, 1)),
        (datetime(2027, 3, 1, tzinfo=UTC), date(2027, 2, 1)),
    ],
)
def test_the_last_month_is_the_places_own(now: datetime, last: date) -> None:
    assert months.last_month(now) == last
    here = months.span_of_month(last)
    assert here.until <= now
    assert months.span_of_month(months.before(last)).until == here.since


def test_a_month_begins_and_ends_at_midnight_of_the_place() -> None:
    here = months.span_of_month(date(2026, 12, 1))
    assert (f"{here.since:%m-%d %H:%M}", f"{here.until:%Y-%m-%d %H:%M}") == ("11-30 16:00", "2026-12-31 16:00")


@pytest.mark.parametrize("words", ["2026-13", "2026-00", "26-10", "2026-10-01", "1999-10", "", "2026-12", "2027-01"])
def test_what_is_no_month_or_not_over_is_refused_with_what_to_write(words: str) -> None:
    with pytest.raises(InputError) as refused:
        months.month_of(words, FIRST, "--month")
    assert refused.value.field == "--month"
    assert "2026-1" in refused.value.fix
    assert months.month_of("2026-11", FIRST) == NOVEMBER


def test_the_house_prints_the_month_once_however_often_it_looks(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    clock.advance(FIRST - clock.now())
    made = service.make_due(work, blobs, press)
    assert made is not None
    assert (made.month, made.version, made.made_by_name) == (NOVEMBER, 1, "管卫")
    assert count_of(press, "街道（区域）分布") == "2/2"
    assert press.sheets[-1].number == "20261101-20261201"
    assert service.apart(blobs).get(made.sha256)
    assert service.make_due(work, blobs, press) is None
    clock.advance(timedelta(days=20))
    assert service.make_due(work, blobs, press) is None
    clock.advance(timedelta(days=20))
    again = service.make_due(work, blobs, press)
    assert again is not None
    assert (again.month, len(press.sheets)) == (date(2026, 12, 1), 2)
    assert [one["month"] for one in acts(work, "insight.reported")] == ["2026-11", "2026-12"]


def test_nothing_is_printed_of_a_month_before_the_tenant_was_there(
    town: InsightTown, blobs: BlobStore, press: Press
) -> None:
    """The clock stands in November, when the tenant was made: October is a month of nobody's."""
    assert service.make_due(town.work, blobs, press) is None
    assert press.sheets == []


def test_a_report_counts_one_tenant_alone_whoever_has_it_printed(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    clock.advance(FIRST - clock.now())
    other = people.ensure_tenant(work.session, clock, work.ids, "neighbour")
    town.site(datetime(2026, 11, 12, tzinfo=UTC), tenant=other.id)
    service.make_month(work, blobs, press, people.operator(work.tenant_id), NOVEMBER)
    assert count_of(press, "街道（区域）分布") == "2/2"


def test_whoever_reads_the_whole_tenant_makes_it_again_and_the_first_stays(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work, reader = town.work, town.reader()
    clock.advance(FIRST - clock.now())
    first = service.make_due(work, blobs, press)
    town.site(datetime(2026, 11, 13, tzinfo=UTC), place=NORTH)  # found late: a merge was split, a permit came
    second = service.make_month(work, blobs, press, reader, NOVEMBER)
    third = service.make_month(work, blobs, press, reader, OCTOBER)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (second.version, second.made_by_name, third.version) == (2, "读者", 1)
    assert first.sha256 != second.sha256
    listed = service.month_reports(work, reader, limit=9)
    assert [(one.month, one.version) for one in listed] == [(NOVEMBER, 2), (NOVEMBER, 1), (OCTOBER, 1)]
    assert service.month_reports(work, reader, limit=9, after=(NOVEMBER, 2)) == listed[1:]
    kept, pdf = service.month_pdf(work, reader, blobs, first.id)
    assert (kept, "2/2" in pdf.decode(), "3/3" in pdf.decode()) == (first, True, False)
    assert acts(work, "insight.exported")[-1] == {"file": "2026-11.pdf", "version": 1, "sha256": first.sha256}
    assert service.make_month(work, blobs, press, reader, OCTOBER, again=False) is None


def test_who_reads_a_part_sees_no_report_and_makes_none(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    clock.advance(FIRST - clock.now())
    made = service.make_due(work, blobs, press)
    assert made is not None
    stranger = people.ensure_tenant(work.session, clock, work.ids, "stranger")
    for part in (
        town.reader(Scope.AREA, town.north),
        town.reader(Scope.TENANTS_IN_AREA, town.city),
        town.reader(tenant=stranger.id),
    ):
        assert service.month_reports(work, part, limit=9) == []
        with pytest.raises(NotFoundError):
            service.month_pdf(work, part, blobs, made.id)
        with pytest.raises(NotFoundError):
            service.make_month(work, blobs, press, part, NOVEMBER)
    nobody = replace(town.reader(), grants=())
    for act in (
        lambda: service.month_reports(work, nobody, limit=9),
        lambda: service.month_pdf(work, nobody, blobs, made.id),
        lambda: service.make_month(work, blobs, press, nobody, NOVEMBER),
    ):
        with pytest.raises(ForbiddenError):
            act()
    with pytest.raises(NotFoundError):
        service.month_pdf(replace(work, tenant_id=stranger.id), town.reader(tenant=stranger.id), blobs, made.id)
    assert len(press.sheets) == 1


def test_a_press_that_fails_leaves_nothing_behind(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    clock.advance(FIRST - clock.now())
    press.broken = True
    with pytest.raises(UnavailableError):
        service.make_due(work, blobs, press)
    assert service.month_reports(work, town.reader(), limit=9) == []
    assert not service.apart(blobs).root.exists()
    press.broken = False
    assert service.make_due(work, blobs, press) is not None


def test_everybody_who_may_open_it_is_told_where_it_stands(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    office = Office(work, clock)
    readers = {office.person(role=one) for one in (Role.SAFETY_MANAGER, Role.TENANT_ADMIN, Role.AUDITOR)}
    for other in (Role.SECURITY_ADMIN, Role.EXPERT):
        office.person(role=other)
    clock.advance(FIRST - clock.now())
    made = service.make_due(work, blobs, press)
    assert made is not None
    assert service.tell(work, office.post, made) == len(readers)
    rows = work.session.execute(
        text("SELECT person_id, title FROM act_calls WHERE tenant_id = :id"), {"id": work.tenant_id}
    )
    told = {person: title for person, title in rows}  # noqa: C416  rows are no pairs to mypy
    assert set(told) == readers
    (words,) = set(told.values())
    assert "2026-11" in words
    assert "https://gas.example.org/insight#reports" in words


def test_reports_go_when_their_days_are_over_and_a_file_that_another_names_stays(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    clock.advance(FIRST - clock.now())
    made = service.make_due(work, blobs, press)
    assert made is not None
    twin = replace(made, id=work.ids.new(), version=2, made_at=made.made_at + timedelta(days=100))
    service.monthly.store.add(work, twin)
    keepers = [one for one in retention.keepers(blobs) if one.cls is DataClass.MONTHLY]
    (keeper,) = keepers
    days = people.privacy_policy().keeps[DataClass.MONTHLY].kept
    clock.advance(timedelta(days=days - 1))
    assert people.run_retention(work, keepers).sums[0].deleted == 0
    clock.advance(timedelta(days=1, seconds=1))
    assert people.run_retention(work, keepers).sums[0].deleted == 1
    assert [one.id for one in service.month_reports(work, town.reader(), limit=9)] == [twin.id]
    assert service.apart(blobs).get(made.sha256), "the twin still names it"
    clock.advance(timedelta(days=100))
    people.run_retention(work, keepers)
    assert not service.apart(blobs).path(made.sha256).exists()
    assert service.month_reports(work, town.reader(), limit=9) == []
    assert keeper.of_person(work, work.ids.new(), 9) == []
    with pytest.raises(NotFoundError):
        service.month_pdf(work, town.reader(), blobs, made.id)


def test_one_tenant_that_cannot_be_printed_holds_up_no_other(
    town: InsightTown, clock: SetClock, blobs: BlobStore, press: Press
) -> None:
    work = town.work
    office = Office(work, clock)
    other = people.ensure_tenant(work.session, clock, work.ids, "second")
    clock.advance(FIRST - clock.now())

    @contextmanager
    def begin(tenant_id: UUID) -> Iterator[Work]:
        if tenant_id == lost:
            raise UnavailableError(field="database", problem="is away", fix="Wait.")
        yield replace(work, tenant_id=tenant_id)

    lost = work.tenant_id
    home: Any = SimpleNamespace(
        tenants=lambda: [work.tenant_id, other.id], factory=SimpleNamespace(begin=begin), blobs=blobs
    )
    assert [one.tenant_id for one in wiring.print_due(home, office.post, press)] == [other.id]
    lost = other.id
    assert [one.tenant_id for one in wiring.print_due(home, office.post, press)] == [work.tenant_id]
    assert wiring.print_due(home, office.post, press) == []


def test_the_worker_looks_every_hour(home: Home) -> None:
    queue = make_queue(home.urls().app)
    post: Any = None
    wiring.register(queue, home, post)
    task = queue.app.tasks[wiring.MONTHLY]
    assert (task.queue, task.lock, task.queueing_lock) == ("retention", wiring.MONTHLY, wiring.MONTHLY)
    registered = {one.task.name: one.cron for one in queue.app.periodic_registry.periodic_tasks.values()}
    assert registered[wiring.MONTHLY] == "7 * * * *"
