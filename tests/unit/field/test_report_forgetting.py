"""Who reported without an account is forgotten by their link: at once, once, with proof; what must stay is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from copies import drawing, jpeg_of
from sqlalchemy import select, text

from pipewarden.field import service
from pipewarden.field.facts.reports import NewReport, Report, ReportState, Sender, Spot
from pipewarden.field.rules.likeness import print_of
from pipewarden.field.store import prints
from pipewarden.field.store.report_tables import PrintRow, ReportRow, SaidRow
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.people.facts.privacy import DataClass, MarkKind
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

HERE = Spot(116.7, 39.5, 8.0, "wgs84", "device")
VAGUE = replace(HERE, accuracy_m=9000.0)
PIXEL, OTHER = jpeg_of(drawing(2)), jpeg_of(drawing(3))
HOUR = timedelta(hours=1)


@dataclass(slots=True)
class House:
    work: Work
    desk: service.Desk
    proofs: set[str] = field(default_factory=set)  # pictures that prove something at a site

    def say(self, *, person: UUID | None = None, device: bytes | None = None, **more: object) -> Report:
        new = NewReport(uuid4(), "digging", "挖机在挖", contact="138 0000 1111", place_words="和平路")
        phone = Sender(device or uuid4().bytes, b"net", person)
        return service.take(self.work, self.desk, phone, replace(new, **more)).report  # type: ignore[arg-type]

    def let_go(self, work: Work, observations: Collection[UUID], rule: str) -> int:
        """As ``main.retention`` lets pictures go."""
        keeper = sense.PictureKeeper(DataClass.SENT, self.desk.blobs, lambda _work, seen: self.proofs & set(seen))
        found = keeper.of_observations(work, observations)
        return len(found) - len(people.let_go(work, keeper, found, rule))

    def forget(self, report: Report) -> Report:
        return service.forget(self.work, self.desk.waiting, self.let_go, self.desk.token(report.draft))

    def finish(self) -> int:
        return service.finish(self.work, self.desk.waiting, self.let_go)

    def row(self, report: Report) -> ReportRow:
        found = select(ReportRow).where(ReportRow.id == report.id).execution_options(populate_existing=True)
        return self.work.session.scalars(found).one()

    def picture(self, report: Report) -> str:
        (seen,) = sense.observations(self.work, report.observations).values()
        return seen.picture


@pytest.fixture
def house(work: Work, tmp_path: Path) -> House:
    return House(work, service.Desk(BlobStore(tmp_path), b"a secret of these tests alone....", paced=False))


def said(row: ReportRow) -> tuple[str, str, str]:
    return row.words, row.place_words, row.contact


def test_everything_that_leads_to_them_goes_and_what_was_seen_stays(house: House) -> None:
    report = house.say(place=HERE, pictures=(PIXEL,))
    path = house.desk.blobs.path(house.picture(report))
    service.add_words(house.work, house.desk.token(report.draft), uuid4(), "我住三号楼")
    prints.add(house.work, report.observations[0], report.id, report.received_at, print_of(drawing(1)))
    assert path.exists()
    house.forget(report)
    row = house.row(report)
    assert said(row) == ("", "", "")
    assert (row.kind, row.lon, row.lat, row.state, row.at) == ("digging", 116.7, 39.5, "taken", report.at)
    assert (row.forget_at, row.kept_pictures) == (house.work.now(), 0)
    added = select(SaidRow.words).where(SaidRow.report_id == report.id)
    assert list(house.work.session.scalars(added)) == [""]
    assert house.work.session.scalar(select(PrintRow).where(PrintRow.report_id == report.id)) is None
    assert not path.exists()
    (told,) = sense.told(house.work, report.observations).values()
    assert (told.words, dict(told.extra)) == (None, {})
    assert (told.lon, told.lat) == (116.7, 39.5)
    rule = f"forget:{report.id}"
    proofs = people.deletions(house.work, people.operator(house.work.tenant_id))
    assert sorted((one.cls, one.rule) for one in proofs) == [(DataClass.REPORTS, rule), (DataClass.SENT, rule)]


def test_asked_twice_it_changes_nothing_and_is_on_record_once(house: House, clock: SetClock) -> None:
    report = house.say(place=HERE)
    first = house.forget(report)
    clock.moment += 2 * HOUR
    again = house.forget(report)
    assert again.forget_at == first.forget_at
    found = house.work.session.scalar(text("SELECT count(*) FROM people_audit WHERE act = 'report.forgotten'"))
    assert found == 1
    assert len(people.deletions(house.work, people.operator(house.work.tenant_id))) == 1


def test_the_pace_outlives_the_wish_by_its_hour(house: House, clock: SetClock) -> None:
    report = house.say(place=HERE)
    assert house.forget(report).forgotten_at is None
    assert house.row(report).network == b"net"
    clock.moment += HOUR - timedelta(seconds=1)
    assert house.finish() == 0
    assert house.row(report).network == b"net"
    clock.moment += timedelta(seconds=1)
    assert house.finish() == 1
    row = house.row(report)
    assert (row.network, row.forgotten_at) == (b"", clock.moment)
    assert house.finish() == 0


def test_words_that_wait_for_a_person_stay_until_it_is_placed(house: House, clock: SetClock) -> None:
    report = house.say(place=VAGUE, pictures=(PIXEL,))
    assert report.state is ReportState.WAITING
    path = house.desk.waiting.path(report.pictures[0])
    now = house.forget(report)
    assert service.left(house.work, now) == "waiting"
    assert said(house.row(report)) == ("挖机在挖", "和平路", ""), "how they are reached goes whatever waits"
    clock.moment += 2 * HOUR
    assert house.finish() == 0
    assert path.exists()
    service.set_aside(house.work, people.operator(house.work.tenant_id), report.id, "none of ours")
    assert house.finish() == 1
    assert said(house.row(report)) == ("", "", "")
    assert not path.exists()
    assert service.left(house.work, house.forget(report)) == ""


def test_what_is_held_stays_and_says_so_until_the_hold_is_lifted(house: House, clock: SetClock) -> None:
    report, root = house.say(place=HERE), people.operator(house.work.tenant_id)
    hold = people.set_mark(house.work, root, MarkKind.HOLD, "*", reason="a court asks")
    now = house.forget(report)
    assert service.left(house.work, now) == "held"
    assert said(house.row(report)) == ("挖机在挖", "和平路", "")
    clock.moment += 2 * HOUR
    assert house.finish() == 0
    people.lift_mark(house.work, root, hold.id, reason="it is over")
    assert house.finish() == 1
    assert said(house.row(report)) == ("", "", "")


def test_a_picture_that_proves_a_site_stays_and_is_counted(house: House) -> None:
    report = house.say(place=HERE, pictures=(PIXEL,))
    house.proofs.add(house.picture(report))
    assert house.forget(report).kept_pictures == 1
    assert house.desk.blobs.path(house.picture(report)).exists()
    with pytest.raises(NotFoundError):
        service.picture(house.work, service.of_link(house.work, house.desk.token(report.draft)), 1)


def test_nobody_deletes_what_somebody_else_sent(house: House) -> None:
    theirs, mine = house.say(place=HERE, pictures=(PIXEL,)), house.say(place=HERE, pictures=(PIXEL,))
    path = house.desk.blobs.path(house.picture(theirs))
    house.forget(mine)
    assert path.exists()
    assert said(house.row(theirs)) == ("挖机在挖", "和平路", "138 0000 1111")


def test_another_report_of_the_same_phone_is_another_wish(house: House) -> None:
    phone = uuid4().bytes
    one, other = (house.say(place=HERE, device=phone, pictures=(each,)) for each in (PIXEL, OTHER))
    house.forget(one)
    assert said(house.row(other)) == ("挖机在挖", "和平路", "138 0000 1111")
    assert house.desk.blobs.path(house.picture(other)).exists()


def test_a_report_in_somebodys_name_is_theirs_to_have_erased(house: House) -> None:
    report = house.say(place=HERE, person=uuid4())
    with pytest.raises(RefusedError, match="somebody's name"):
        house.forget(report)
    assert house.row(report).forget_at is None
    with pytest.raises(NotFoundError):
        service.forget(house.work, house.desk.waiting, house.let_go, "0" * 32)


def test_nothing_is_added_and_the_same_draft_brings_nothing_back(house: House) -> None:
    report = house.say(place=HERE)
    house.forget(report)
    with pytest.raises(RefusedError, match="forgotten"):
        service.add_words(house.work, house.desk.token(report.draft), uuid4(), "doch")
    new = NewReport(report.draft, "digging", "挖机在挖", HERE, contact="138 0000 1111", place_words="和平路")
    again = service.take(house.work, house.desk, Sender(b"p", b"n"), new)
    assert not again.fresh
    assert said(house.row(report)) == ("", "", "")
    with pytest.raises(InputError):
        service.take(house.work, house.desk, Sender(b"p", b"n"), replace(new, words="other"))
