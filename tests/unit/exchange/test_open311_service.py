"""Open311's use cases on the database: kept once, looked at by turns, pictures after words, cities told in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

import pytest
from open311_api import photograph
from sqlalchemy import text

from pipewarden.exchange.facts.open311 import Media, NewServer311, Posted, Update311
from pipewarden.exchange.rules.open311.pushing import Fate
from pipewarden.exchange.rules.open311.written import read
from pipewarden.exchange.service import open311 as service
from pipewarden.exchange.store import open311 as store
from pipewarden.field import service as field
from pipewarden.field.facts.reports import NewReport, ReportState, Sender, Spot
from pipewarden.field.service import Desk
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import InputError
from pipewarden.kit.vault import Sealer
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

KEY = UUID(int=7)
HERE = Posted("digging", "挖机在挖", lon=116.70001, lat=39.50001)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(BlobStore(tmp_path / "blobs"), b"a secret of this test run alone.")


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(b"a secret of this test run alone.", SystemChance().bytes)


def posted(work: Work, desk: Desk, said: Posted = HERE, key: UUID = KEY) -> UUID:
    return service.post(work, desk, said, key_id=key)[0].id


def test_a_request_is_kept_once_for_a_day_and_by_its_id_for_ever(work: Work, desk: Desk, clock: SetClock) -> None:
    first, fresh = service.post(work, desk, HERE, key_id=KEY)
    assert fresh
    assert service.post(work, desk, HERE, key_id=KEY) == (first, False)
    named = replace(HERE, external="x", description="named")
    named_id = posted(work, desk, named)
    clock.advance(timedelta(days=1, seconds=1))
    assert posted(work, desk) != first.id, "a day later it is something new"
    assert posted(work, desk, named) == named_id
    assert posted(work, desk, HERE, key=UUID(int=8)) not in {first.id, named_id}, "another key is another sender"


def test_a_code_that_is_none_is_named(work: Work, desk: Desk) -> None:
    with pytest.raises(InputError) as caught:
        posted(work, desk, replace(HERE, code="potholes"))
    assert caught.value.field == "service_code"


def test_its_report_is_the_keys_tenants_and_no_phones_pace_holds_it_up(work: Work, desk: Desk) -> None:
    ids = [posted(work, desk, replace(HERE, description=f"hole {n}", lon=116.7 + n / 1000)) for n in range(40)]
    reports = [field.report(work, one) for one in ids]
    assert {one.tenant_id for one in reports} == {work.tenant_id}
    assert {one.state for one in reports} == {ReportState.TAKEN}
    assert len({one.reporter_id for one in reports}) == 1, "a sender that tells nobody apart is one voice"
    apart = [posted(work, desk, replace(HERE, voice=f"phone {n}")) for n in range(2)]
    assert len({field.report(work, one).reporter_id for one in apart}) == 2


@pytest.mark.parametrize(("accuracy_m", "state"), [(None, "taken"), (8.0, "taken"), (5000.0, "waiting")])
def test_what_is_assumed_of_a_place_is_said(work: Work, desk: Desk, accuracy_m: float | None, state: str) -> None:
    found = field.report(work, posted(work, desk, replace(HERE, accuracy_m=accuracy_m, address="和平路")))
    assert found.state.value == state
    assert found.accuracy_m == (50.0 if accuracy_m is None else accuracy_m)
    assert ("assumed" in found.place_words) is (accuracy_m is None)
    assert found.place_words.startswith("和平路")


def test_readers_get_the_grid_and_no_contact(work: Work, desk: Desk) -> None:
    made = posted(work, desk, replace(HERE, contact="Li Wei"))
    found = service.one_request(work, made, None)
    assert (found.lon, found.lat) == people.on_grid(116.70001, 39.50001, people.privacy_policy().grid_m)
    assert (found.lon, found.lat) != (116.70001, 39.50001)
    assert "Li Wei" not in repr(found)


def test_requests_are_looked_at_by_turns(work: Work, desk: Desk, clock: SetClock) -> None:
    made = posted(work, desk)
    assert service.look_at(work, limit=10) == 1
    assert service.look_at(work, limit=10) == 0, "its turn comes in a minute"
    clock.advance(timedelta(minutes=1))
    assert service.look_at(work, limit=10) == 1
    assert [one.status for one in store.told(work, made)] == ["received"]


def test_reports_of_phones_are_noted_once_those_inside_of_homes_never(work: Work, desk: Desk) -> None:
    sender = Sender(b"phone", b"network")

    def report(kind: str) -> UUID:
        place = Spot(116.71, 39.51, 8.0, "wgs84", "device")
        return field.take(work, desk, sender, NewReport(uuid4(), kind, "我的电话 139", place)).report.id

    seen, inside = report("hoarding"), report("indoor_hazard")
    assert service.register(work) == 1
    assert service.register(work) == 0
    found = service.one_request(work, seen, None)
    assert (found.description, found.key_id, found.code) == ("", None, "hoarding")
    with pytest.raises(NotFoundError):
        service.one_request(work, inside, None)


def test_a_request_that_comes_first_hides_no_report_that_came_before_it(
    work: Work, desk: Desk, clock: SetClock
) -> None:
    place = Spot(116.71, 39.51, 8.0, "wgs84", "device")
    old = field.take(work, desk, Sender(b"p", b"n"), NewReport(uuid4(), "hoarding", "围挡", place)).report.id
    clock.advance(timedelta(days=2))
    posted(work, desk)
    assert service.register(work) == 1
    assert service.one_request(work, old, None).code == "hoarding"


def test_what_a_person_set_aside_is_read_by_its_sender_alone(work: Work, desk: Desk, clock: SetClock) -> None:
    made = posted(work, desk)
    work.session.execute(text("UPDATE field_reports SET state = 'aside' WHERE id = :id"), {"id": made})
    clock.advance(timedelta(minutes=2))
    service.look_at(work, limit=10)
    with pytest.raises(NotFoundError):
        service.one_request(work, made, None)
    mine = service.one_request(work, made, KEY)
    assert (mine.status, mine.extended) == ("closed", "not_councils_responsibility")
    assert store.told(work, made)[-1].status == "not_councils_responsibility"


def test_a_picture_comes_after_the_words_where_it_belongs(work: Work, desk: Desk) -> None:
    taken = posted(work, desk, replace(HERE, media_url="https://x.example/1.jpg"))
    waiting = posted(work, desk, replace(HERE, lon=None, lat=None, address="路口", media_url="https://x.example/2.jpg"))
    both = {one.id: one for one in service.wanted_media(work, limit=9)}
    assert set(both) == {taken, waiting}
    picture = photograph()
    for one in both.values():
        assert service.take_media(work, desk, one, picture, "") is Media.TAKEN
    assert len(field.report(work, taken).observations) == 2, "the words, then the picture"
    assert len(field.report(work, waiting).pictures) == 1, "it waits with its report"
    assert service.wanted_media(work, limit=9) == []


def test_what_is_no_picture_is_noted_and_an_address_that_does_not_answer_is_tried_again(
    work: Work, desk: Desk, clock: SetClock
) -> None:
    posted(work, desk, replace(HERE, media_url="https://x.example/1.jpg"))
    for tries in range(1, 6):
        (one,) = service.wanted_media(work, limit=9)
        state = service.take_media(work, desk, one, None, "does not answer")
        assert state is (Media.REFUSED if tries == 5 else Media.WANTED)
        clock.advance(timedelta(minutes=1))
    assert service.wanted_media(work, limit=9) == []
    posted(work, desk, replace(HERE, description="page", media_url="https://x.example/2.jpg"))
    (page,) = service.wanted_media(work, limit=9)
    assert service.take_media(work, desk, page, b"<html>", "") is Media.REFUSED
    posted(work, desk, replace(HERE, description="closed", media_url="http://10.0.0.1/2.jpg"))
    (closed,) = service.wanted_media(work, limit=9)
    assert service.take_media(work, desk, closed, None, "!is not allowed") is Media.REFUSED


def test_a_senders_update_is_words_once(work: Work, desk: Desk) -> None:
    made = posted(work, desk)
    said = {"update_id": "", "status": "fixed", "words": "done"}
    first = service.add_update(work, desk, KEY, made, **said)
    assert service.add_update(work, desk, KEY, made, **said) == first
    assert service.add_update(work, desk, KEY, made, update_id="2", status="", words="done") != first
    assert [one.key for one in field.followed(work, field.report(work, made)).steps].count("said") == 2
    with pytest.raises(NotFoundError):
        service.add_update(work, desk, UUID(int=8), made, **said)


NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until", "window"),
    [
        (None, None, (NOW - 90 * DAY, NOW)),
        (NOW - DAY, None, (NOW - DAY, NOW)),
        (NOW - 200 * DAY, None, (NOW - 200 * DAY, NOW - 110 * DAY)),
        (NOW + DAY, None, (NOW + DAY, NOW + DAY)),
        (None, NOW - DAY, (NOW - 91 * DAY, NOW - DAY)),
        (NOW - DAY, NOW, (NOW - DAY, NOW)),
    ],
)
def test_a_window_is_90_days_at_most(since: Any, until: Any, window: Any) -> None:
    found = service.Window.of(NOW, since, until, 1, 50)
    assert (found.since, found.until) == window


@pytest.mark.parametrize(
    ("since", "until", "page", "size"),
    [
        (NOW - 91 * DAY, NOW, 1, 50),
        (NOW, NOW - DAY, 1, 50),
        (None, None, 0, 50),
        (None, None, 1001, 50),
        (None, None, 1, 0),
        (None, None, 1, 1001),
    ],
)
def test_a_window_or_page_that_is_none_is_refused(since: Any, until: Any, page: int, size: int) -> None:
    with pytest.raises(InputError):
        service.Window.of(NOW, since, until, page, size)


def server(work: Work, sealer: Sealer, name: str = "city", **more: Any) -> Any:
    values: dict[str, Any] = {"codes": {"dig": "digging"}, "key": "k", "zone": "UTC"} | more
    new = NewServer311(name, "https://city.example/v2/", **values)
    return service.add_server(work, people.operator(work.tenant_id), sealer, new)


def row(number: str, **more: Any) -> dict[str, Any]:
    return {"service_request_id": number, "status": "open", "service_code": "dig", "lat": 39.5, "long": 116.7} | more


def test_a_page_of_a_city_is_taken_once(work: Work, desk: Desk, sealer: Sealer) -> None:
    city = server(work, sealer)
    rows = [
        row("1"),
        row("1"),
        row("2", lat="x"),
        row("3", service_code="tree"),
        row("null"),
        row("4", status="Closed"),
    ]
    first = service.take_heard(work, desk, city, rows)
    assert (first.taken, first.known, first.waiting) == (2, 0, 1)
    assert dict(first.skipped) == {"another service": 1, "has no id": 1, "closed there": 1}
    second = service.take_heard(work, desk, city, rows)
    assert (second.taken, second.known) == (0, 2)
    other = server(work, sealer, "another")
    assert service.take_heard(work, desk, other, [row("1")]).taken == 1, "the same number of another city is another"


def test_what_is_odd_is_said_with_the_words(work: Work, desk: Desk, sealer: Sealer) -> None:
    city = server(work, sealer)
    service.take_heard(work, desk, city, [row("1", lat=95, description="a hole", requested_datetime="2036-01-01")])
    (found,) = field.received_since(work, work.now() - DAY, limit=5)
    assert found.words.startswith("a hole (its place")
    assert "ahead" in found.words
    assert found.at == work.now()


def update(work: Work, request_id: UUID, number: int, at: datetime) -> Update311:
    return Update311(
        uuid5(request_id, str(number)), work.tenant_id, request_id, "in_progress", f"step {number}", at, at, push=at
    )


def test_updates_of_one_request_are_sent_one_behind_the_other(work: Work, desk: Desk, sealer: Sealer) -> None:
    city = server(work, sealer)
    service.take_heard(work, desk, city, [row("1"), row("2", lat=39.6)])
    by = {one.external: one.id for one in store.requests(work, limit=9)}
    for number, name in ((1, "1"), (2, "1"), (3, "2")):
        store.tell(work, [update(work, by[name], number, work.now() - timedelta(minutes=10 - number))])
    assert [(one.description, name) for one, name in service.to_push(work, city.id, limit=9)] == [
        ("step 1", "1"),
        ("step 3", "2"),
    ]
    first = service.to_push(work, city.id, limit=9)[0][0]
    service.note_push(work, first, Fate.LATER, "answers 503", timedelta(minutes=1))
    assert [one.description for one, _ in service.to_push(work, city.id, limit=9)] == ["step 3"], "2 waits behind 1"
    service.note_push(work, first, Fate.GIVEN_UP, "answers 403", timedelta(minutes=1))
    assert {one.description for one, _ in service.to_push(work, city.id, limit=9)} == {"step 2", "step 3"}
    (_, unsent) = next(pair for pair in service.list_servers(work, people.operator(work.tenant_id)))
    assert unsent == 2
    told = next(one for one in store.told(work, by["1"]) if one.description == "step 1")
    assert (told.problem, told.tries, told.pushed_at) == ("answers 403", 1, None)


def test_a_removed_city_is_read_no_more_and_its_name_is_free(work: Work, sealer: Sealer) -> None:
    root = people.operator(work.tenant_id)
    first = server(work, sealer)
    assert first.id in service.servers_due(work, timedelta(minutes=5))
    service.remove_server(work, root, "city")
    assert service.servers(work) == []
    assert first.id not in service.servers_due(work, timedelta(minutes=5))
    assert server(work, sealer).id != first.id


def test_only_who_manages_channels_names_cities(work: Work, sealer: Sealer) -> None:
    nobody = Actor(ActorKind.PERSON, uuid4(), "a patroller", work.tenant_id)
    for ask in (
        lambda: service.list_servers(work, nobody),
        lambda: service.add_server(work, nobody, sealer, NewServer311("x", "https://x.example", {"*": "other"})),
        lambda: service.remove_server(work, nobody, "city"),
    ):
        with pytest.raises(ForbiddenError):
            ask()


def test_a_key_is_in_no_repr() -> None:
    assert "very secret" not in repr(NewServer311("x", "https://x.example", {}, key="very secret"))


@pytest.mark.shared
def test_chicagos_and_bostons_real_requests_become_reports(
    work: Work, desk: Desk, sealer: Sealer, shared_data: Path
) -> None:
    """As if they were open still: 26 of Chicago, and the first 60 of Boston; every one is kept, placed, and once."""
    folder = shared_data / "geo" / "reports"
    files = {
        "chicago_open311/requests.json": "America/Chicago",
        "boston_311/boston_2011_georeport_v2.json": "America/New_York",
    }
    if not all((folder / name).is_file() for name in files):
        pytest.skip(f"real data absent: {folder}")
    for name, zone in files.items():
        rows = read("service_requests", (folder / name).read_bytes())[:60]
        city = server(work, sealer, name, codes={"*": "other"}, zone=zone)
        closed = service.take_heard(work, desk, city, rows)
        opened = service.take_heard(work, desk, city, [one | {"status": "open"} for one in rows])
        again = service.take_heard(work, desk, city, [one | {"status": "open"} for one in rows])
        print(f"{name}: {len(rows)} rows, {closed.taken} open, {dict(closed.skipped)}")  # noqa: T201
        assert closed.taken + closed.skipped["closed there"] == len(rows)
        assert (closed.taken + opened.taken, opened.waiting, again.taken) == (len(rows), 0, 0)
        assert again.known == len(rows)
