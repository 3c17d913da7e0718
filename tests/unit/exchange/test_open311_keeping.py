"""What another system handed on of what people said goes when its days are over; what anybody may read of it stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from pipewarden.exchange.facts.open311 import Media, Posted
from pipewarden.exchange.service import open311 as service
from pipewarden.exchange.store import open311 as store
from pipewarden.exchange.store import open311_keeping
from pipewarden.field import service as field
from pipewarden.field.facts.reports import ReportState
from pipewarden.field.service import Desk
from pipewarden.kit.blobs import BlobStore
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import DataClass, MarkKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.exchange.facts.open311 import Request311
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

KEY = UUID(int=7)
YEAR = timedelta(days=365)
SAID = Posted(
    "digging",
    "王五家门口在挖",
    lon=116.70001,
    lat=39.50001,
    address="和平路 18 号",
    contact="王五; 138 0000 9999",
    media_url="https://city.example.org/p.jpg",
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(BlobStore(tmp_path / "blobs"), b"a secret of this test run alone.")


def run(work: Work, desk: Desk) -> int:
    keepers = [service.RequestKeeper(), field.ReportKeeper(desk.waiting)]
    sums = people.run_retention(work, keepers).sums
    assert {one.cls for one in sums} == {DataClass.REPORTS}
    return sums[0].deleted


def read(work: Work, request_id: UUID) -> Request311:
    found = store.request(work, request_id)
    assert found is not None
    return found


def test_words_address_and_where_a_picture_lay_go_after_a_year(work: Work, desk: Desk, clock: SetClock) -> None:
    made = service.post(work, desk, SAID, key_id=KEY)[0]
    assert (made.description, made.address, made.media) == (SAID.description, SAID.address, Media.WANTED)
    clock.advance(YEAR - timedelta(seconds=1))
    assert run(work, desk) == 0
    clock.advance(timedelta(seconds=1))
    assert run(work, desk) == 1
    after = read(work, made.id)
    assert (after.description, after.address, after.media_url, after.repeat) == ("", "", "", b"")
    assert after.media is Media.NONE, "nobody fetches it any more"
    assert (after.code, after.lon, after.status, after.requested_at) == (
        made.code,
        made.lon,
        made.status,
        made.requested_at,
    )
    report = field.report(work, made.id)
    assert (report.words, report.contact, report.place_words) == ("", "", ""), "how they are reached goes with it"
    assert run(work, desk) == 0, "gone is gone"


def test_what_a_person_has_yet_to_place_stays(work: Work, desk: Desk, clock: SetClock) -> None:
    made = service.post(work, desk, replace(SAID, lon=None, lat=None), key_id=KEY)[0]
    assert field.report(work, made.id).state is ReportState.WAITING
    clock.advance(2 * YEAR)
    assert run(work, desk) == 0
    assert read(work, made.id).description == SAID.description


def test_a_hold_keeps_request_and_report(work: Work, desk: Desk, clock: SetClock) -> None:
    made = service.post(work, desk, SAID, key_id=KEY)[0]
    root = people.operator(work.tenant_id)
    people.set_mark(work, root, MarkKind.HOLD, "*", reason="法院要求保全")
    clock.advance(2 * YEAR)
    assert run(work, desk) == 0
    assert read(work, made.id).description == SAID.description
    assert field.report(work, made.id).contact == SAID.contact


def test_requests_are_read_in_pages_and_of_nobody_of_ours(work: Work, desk: Desk, clock: SetClock) -> None:
    made = []
    for number in range(3):
        made.append(service.post(work, desk, replace(SAID, external=f"c-{number}"), key_id=KEY)[0].id)
        clock.advance(timedelta(seconds=1))
    keeper = service.RequestKeeper()
    first = keeper.older(work, clock.now(), None, 2)
    rest = keeper.older(work, clock.now(), (first[-1].since, first[-1].id), 2)
    assert [one.id for one in (*first, *rest)] == [str(one) for one in made]
    assert keeper.of_person(work, KEY, 9) == []
    elsewhere = replace(work, tenant_id=work.ids.new())
    assert open311_keeping.old(elsewhere, clock.now(), None, 9) == []
    open311_keeping.blank(elsewhere, made)
    assert read(work, made[0]).description == SAID.description
    assert keeper.needed(elsewhere, first) == set(), "a report that another operator has placed is not waited for here"
