"""What people reported goes when its days are over, with pictures and prints; that something was seen there stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from copies import drawing, jpeg_of
from sqlalchemy import select

from pipewarden.field import service
from pipewarden.field.facts.reports import NewReport, Report, ReportState, Sender, Spot
from pipewarden.field.rules.likeness import print_of
from pipewarden.field.store import keeping, prints
from pipewarden.field.store.report_tables import PrintRow, ReporterRow, ReportRow, SaidRow
from pipewarden.kit.blobs import BlobStore
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, MarkKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

YEAR = timedelta(days=365)
PIXEL = jpeg_of(drawing(2))


@dataclass(slots=True)
class House:
    work: Work
    desk: service.Desk

    def say(self, **more: object) -> Report:
        new = NewReport(uuid4(), "digging", "挖机在挖", contact="138 0000 1111", place_words="和平路")
        phone = Sender(uuid4().bytes, b"net")
        return service.take(self.work, self.desk, phone, replace(new, **more)).report  # type: ignore[arg-type]

    def run(self) -> dict[DataClass, int]:
        keeper = service.ReportKeeper(self.desk.waiting)
        return {one.cls: one.deleted for one in people.run_retention(self.work, [keeper]).sums}

    def row(self, report: Report) -> ReportRow:
        found = select(ReportRow).where(ReportRow.id == report.id).execution_options(populate_existing=True)
        return self.work.session.scalars(found).one()


@pytest.fixture
def house(work: Work, tmp_path: Path) -> House:
    return House(work, service.Desk(BlobStore(tmp_path), b"a secret of these tests alone....", paced=False))


def test_words_contact_and_looks_go_after_a_year_and_the_report_stays(house: House, clock: SetClock) -> None:
    report = house.say(place=Spot(116.7, 39.5, 8.0, "wgs84", "device"))
    service.add_words(house.work, house.desk.token(report.draft), uuid4(), "还在挖")
    prints.add(house.work, report.observations[0], report.id, report.received_at, print_of(drawing(1)))
    clock.moment += YEAR - timedelta(seconds=1)
    assert house.run() == {DataClass.REPORTS: 0}
    clock.moment += timedelta(seconds=1)
    assert house.run() == {DataClass.REPORTS: 1}
    row = house.row(report)
    assert (row.words, row.contact, row.place_words, row.network) == ("", "", "", b"")
    assert (row.kind, row.lon, row.state) == ("digging", 116.7, "taken")
    said = select(SaidRow.words).where(SaidRow.report_id == report.id)
    assert list(house.work.session.scalars(said)) == [""]
    assert house.work.session.scalar(select(PrintRow).where(PrintRow.report_id == report.id)) is None
    assert house.run() == {DataClass.REPORTS: 0}, "gone is gone"
    (proof, *_) = people.deletions(house.work, people.operator(house.work.tenant_id), limit=1)
    assert proof.digest == people.digest_of(str(report.id))


def test_what_a_person_has_yet_to_look_at_stays_with_its_picture(house: House, clock: SetClock) -> None:
    report = house.say(place=Spot(116.7, 39.5, 9000.0, "wgs84", "device"), pictures=(PIXEL,))
    assert report.state is ReportState.WAITING
    assert len(report.pictures) == 1
    path = house.desk.waiting.path(report.pictures[0])
    clock.moment += 2 * YEAR
    assert house.run() == {DataClass.REPORTS: 0}
    assert path.exists()
    service.set_aside(house.work, people.operator(house.work.tenant_id), report.id, "none of ours")
    assert house.run() == {DataClass.REPORTS: 1}
    assert not path.exists()


def test_a_hold_keeps_a_report(house: House, clock: SetClock) -> None:
    report = house.say(place=Spot(116.7, 39.5, 9000.0, "wgs84", "device"), pictures=(PIXEL,))
    root = people.operator(house.work.tenant_id)
    service.set_aside(house.work, root, report.id, "none of ours")
    people.set_mark(house.work, root, MarkKind.HOLD, f"picture:{report.pictures[0]}", reason="a lawyer asks")
    clock.moment += 2 * YEAR
    assert house.run() == {DataClass.REPORTS: 0}
    assert house.row(report).words != ""


def test_a_picture_that_two_reports_name_stays_while_one_does(house: House) -> None:
    spot = Spot(116.7, 39.5, 9000.0, "wgs84", "device")
    one, other = house.say(place=spot, pictures=(PIXEL,)), house.say(place=spot, pictures=(PIXEL,))
    keeper = service.ReportKeeper(house.desk.waiting)
    kept = {item.id: item for item in keeper.older(house.work, house.work.now(), None, 10)}
    assert keeper.delete(house.work, [kept[str(one.id)]]) == {str(one.id)}
    assert house.desk.waiting.path(one.pictures[0]).exists()
    keeper.delete(house.work, [kept[str(other.id)]])
    assert not house.desk.waiting.path(one.pictures[0]).exists()


def test_a_persons_own_reports_are_found_and_nobody_elses(house: House) -> None:
    person = uuid4()
    spot = Spot(116.7, 39.5, 8.0, "wgs84", "device")
    new = NewReport(uuid4(), "digging", "我的", spot)
    mine = service.take(house.work, house.desk, Sender(b"p", b"n", person), new).report
    house.say(place=spot)
    keeper = service.ReportKeeper(house.desk.waiting)
    (found,) = keeper.of_person(house.work, person, 10)
    assert found.id == str(mine.id)
    assert f"person:{person}" in found.subjects
    assert keeping.old(house.work, person_id=uuid4(), limit=10) == []


def test_older_comes_in_pages(house: House) -> None:
    for _ in range(5):
        house.say(place=Spot(116.7, 39.5, 8.0, "wgs84", "device"))
    keeper = service.ReportKeeper(house.desk.waiting)
    first = keeper.older(house.work, house.work.now(), None, 3)
    rest = keeper.older(house.work, house.work.now(), (first[-1].since, first[-1].id), 3)
    assert len({one.id for one in (*first, *rest)}) == 5


def test_a_phone_is_known_by_a_hash_that_tells_nothing_elsewhere(house: House) -> None:
    other = service.Desk(house.desk.blobs, b"another house's secret..........")
    assert house.desk.mark("device", "x") != other.mark("device", "x")
    assert house.desk.mark("a", "bc") != house.desk.mark("ab", "c")
    assert house.desk.token(UUID(int=1)) != other.token(UUID(int=1))
    assert len(house.desk.token(UUID(int=1))) == 32
    house.say()
    rows = house.work.session.scalars(select(ReporterRow.device)).all()
    assert all(len(one) == 16 for one in rows), "whatever mark the door made is kept as it is"
