"""What cities' servers say, read as real ones say it; our states in Open311's words."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.exchange.facts.open311 import Media, Posted, Request311
from pipewarden.exchange.rules.open311 import heard, states
from pipewarden.exchange.rules.open311.written import read
from pipewarden.field.facts.reports import Answer, Step
from pipewarden.field.rules import answering
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
BOSTON = ZoneInfo("America/New_York")


def one(**said: Any) -> Any:
    return heard.request_of({"service_request_id": "7"} | said, BOSTON, NOW)


@pytest.mark.shared
def test_bostons_1500_requests_are_read(shared_data: Path) -> None:
    path = shared_data / "geo" / "reports" / "boston_311" / "boston_2011_georeport_v2.json"
    if not path.is_file():
        pytest.skip(f"real data absent: {path}")
    rows = read("service_requests", path.read_bytes())
    found = [heard.request_of(row, BOSTON, NOW) for row in rows]
    counted = Counter(
        placed=sum(one is not None and one.lon is not None for one in found),
        timed=sum(one is not None and one.requested_at is not None for one in found),
        odd=sum(one is not None and bool(one.odd) for one in found),
    )
    print(f"Boston 311: {len(rows)} rows, {dict(counted)}")  # noqa: T201
    assert (len(rows), len({one.id for one in found if one is not None})) == (1500, 1500)
    assert counted == Counter(placed=1500, timed=1500)
    first = found[0]
    assert first is not None
    assert first.requested_at == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC), "Boston's summer, four hours behind"


@pytest.mark.shared
def test_chicagos_26_requests_are_read(shared_data: Path) -> None:
    path = shared_data / "geo" / "reports" / "chicago_open311" / "requests.json"
    if not path.is_file():
        pytest.skip(f"real data absent: {path}")
    rows = read("service_requests", path.read_bytes())
    found = [heard.request_of(row, ZoneInfo("America/Chicago"), NOW) for row in rows]
    media = sum(one is not None and one.media_url.startswith("http://") for one in found)
    print(f"Chicago: {len(rows)} rows, {media} with a picture")  # noqa: T201
    assert (len(rows), media) == (26, 2)
    assert all(one is not None and one.lon is not None and one.requested_at is not None for one in found)
    assert all(one is not None and one.description for one in found), "the service's name where there is none"


@pytest.mark.parametrize("nothing", [None, "", "null", "None", " ", {}, []])
def test_a_request_without_an_id_is_none(nothing: object) -> None:
    assert heard.request_of({"service_request_id": nothing, "lat": 1, "long": 1}, BOSTON, NOW) is None


def test_numbers_may_be_words_and_ids_numbers() -> None:
    found = one(service_request_id=293944, lat="42.27", long=" -71.07 ", service_code=6)
    assert (found.id, found.lat, found.lon, found.code) == ("293944", 42.27, -71.07, "6")


@pytest.mark.parametrize(
    ("lat", "lon"), [("0", "0"), ("91", "1"), ("1", "181"), (None, 1), ("x", 1), ("nan", "1"), ("inf", "1")]
)
def test_a_place_that_is_none_costs_no_request(lat: object, lon: object) -> None:
    found = one(lat=lat, long=lon, description="a hole")
    assert (found.lat, found.lon, found.description) == (None, None, "a hole")


def test_times_without_a_zone_are_the_citys_and_future_ones_do_not_count() -> None:
    assert one(requested_datetime="2011-01-01 12:00:00").requested_at == datetime(2011, 1, 1, 17, tzinfo=UTC)
    assert one(requested_datetime="2011-01-01T12:00:00-08:00").requested_at == datetime(2011, 1, 1, 20, tzinfo=UTC)
    ahead = one(requested_datetime="2036-01-01T00:00:00Z")
    assert ahead.requested_at is None
    assert "ahead" in ahead.odd[0]
    assert "none" in one(requested_datetime="yesterday").odd[0]
    assert one(requested_datetime="9999-12-31T23:59:59-05:00").requested_at is None, "beyond the calendar"


def test_words_lose_what_no_list_holds() -> None:
    found = one(description="a\x00b\ud800c\x1bd", address="x" * 5000)
    assert (found.description, len(found.address)) == ("abcd", 300)


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
NAMES = ["service_request_id", "lat", "long", "requested_datetime", "description", "status", "media_url", "update_id"]


@given(st.dictionaries(st.sampled_from(NAMES), ANY))
def test_no_row_breaks_the_reader(row: dict[str, Any]) -> None:
    heard.request_of(row, BOSTON, NOW)
    heard.update_of(row, BOSTON)


def test_an_update_without_an_id_is_known_by_what_it_says() -> None:
    row = {"service_request_id": "7", "status": "CLOSED", "updated_datetime": "2026-01-01T00:00:00Z"}
    found = heard.update_of(row, BOSTON)
    assert found is not None
    assert (found.status, found.id) == ("closed", "7 2026-01-01T00:00:00+00:00 closed")
    assert heard.update_of({"service_request_id": "7", "status": "CLOSED"}, BOSTON) is None
    assert heard.update_of({"update_id": "7", "status": "CLOSED"}, BOSTON) is None


def test_a_city_says_which_codes_mean_works() -> None:
    assert heard.kind_of("dig", {"dig": "digging"}) == "digging"
    assert heard.kind_of("tree", {"dig": "digging"}) is None
    assert heard.kind_of("tree", {"dig": "digging", "*": "other"}) == "other"


def test_a_zone_that_is_none_is_refused() -> None:
    for name in ("Mars/Olympus", "../../etc/passwd", ""):
        with pytest.raises(InputError):
            heard.zone_of(name)


def test_a_repetition_is_known_by_words_and_place_and_voice() -> None:
    first = Posted("digging", "挖机  在挖", lon=116.7, lat=39.5)
    assert heard.repeat_of(first) == heard.repeat_of(Posted("digging", "挖机 在挖 ", lon=116.700001, lat=39.5))
    for other in (
        Posted("digging", "挖机 在挖", lon=116.701, lat=39.5),
        Posted("drilling", "挖机 在挖", lon=116.7, lat=39.5),
        Posted("digging", "挖机 在挖", lon=116.7, lat=39.5, voice="another phone"),
        Posted("digging", "挖机 停了", lon=116.7, lat=39.5),
    ):
        assert heard.repeat_of(first) != heard.repeat_of(other)


def request(**more: Any) -> Request311:
    values: dict[str, Any] = dict.fromkeys(Request311.__slots__, "") | {
        "id": uuid4(),
        "tenant_id": uuid4(),
        "server_id": None,
        "media": Media.NONE,
        "requested_at": NOW,
    }
    return Request311(**values | more)


WORDS = Answer("答", "answer")


def step(key: str, minutes: int) -> Step:
    return answering.step(NOW + timedelta(minutes=minutes), key)


def test_every_state_has_a_word_and_closed_is_said_of_none_that_is_in_hand() -> None:
    every = {*answering._ANSWERS, "rejected"}
    assert every == set(states._EXTENDED)
    closed = {one for one in every if states.status_of(one)[0] == "closed"}
    assert closed == {"closed", "not_works", "aside", "rejected"}
    assert "fixed" not in states._EXTENDED.values(), "closed is not fixed"
    assert set(states._STEPS) <= set(answering._STEPS)


def test_each_step_is_told_once_in_order_and_the_last_says_how_it_stands() -> None:
    one_request = request()
    steps = [step("received", 0), step("placed", 1), step("reward", 2)]
    first = states.news(one_request, [], steps, NOW, state="checking", answer=WORDS)
    assert [one.status for one in first] == ["received", "investigating"]
    assert states.news(one_request, first, steps, NOW, state="checking", answer=WORDS) == []
    more = [*steps, step("site", 3)]
    second = states.news(one_request, first, more, NOW, state="in_hand", answer=WORDS)
    assert [(one.status, one.at) for one in second] == [("in_progress", NOW + timedelta(minutes=3))]


def test_what_was_closed_and_is_open_again_reaches_the_reader() -> None:
    one_request = request()
    steps = [step("received", 0), step("site", 1), step("closed", 2)]
    first = states.news(one_request, [], steps, NOW, state="closed", answer=WORDS)
    assert first[-1].status == "closed"
    later = NOW + timedelta(hours=1)
    second = states.news(one_request, first, steps, later, state="in_hand", answer=WORDS)
    assert [(one.status, one.description) for one in second] == [("in_progress", "已重新打开 Opened again")]
    assert states.news(one_request, [*first, *second], steps, later, state="in_hand", answer=WORDS) == []


def test_closed_and_opened_again_between_two_looks_ends_open() -> None:
    steps = [step("received", 0), step("closed", 1), step("site", 0)]
    told = states.news(request(), [], steps, NOW, state="in_hand", answer=WORDS)
    assert told[-1].status == "in_progress"


def test_only_what_came_from_a_city_is_to_be_sent_back() -> None:
    own = states.news(request(), [], [step("received", 0)], NOW, state="received", answer=WORDS)
    city = states.news(request(server_id=uuid4()), [], [step("received", 0)], NOW, state="received", answer=WORDS)
    assert [one.push for one in own] == [None]
    assert [one.push for one in city] == [NOW]


def test_a_list_of_rows_is_json(shared_data: Path) -> None:
    path = shared_data / "geo" / "reports" / "chicago_open311" / "requests.json"
    if not path.is_file():
        pytest.skip(f"real data absent: {path}")
    assert read("service_requests", path.read_bytes()) == json.loads(path.read_text(encoding="utf-8"))
