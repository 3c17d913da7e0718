"""What a mapping reads out of a message: which field counts, whose clock, what a repeat is known by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.exchange import service
from pipewarden.exchange.facts import Incoming, ItemKind, Said
from pipewarden.exchange.rules.mapping import read
from pipewarden.kit.errors import InputError

STATUS = "org.pipewarden.intake.status.v1"


def said(
    data: dict[str, Any], platform: str = "12345-hotline", event_id: str = "", kind: str = "", **more: Any
) -> Said:
    return read(service.mapping_of(platform), Incoming("s", event_id, kind, data, 7, **more))


def refused(data: dict[str, Any], platform: str = "12345-hotline", kind: str = "") -> InputError:
    with pytest.raises(InputError) as found:
        said(data, platform, kind=kind)
    assert found.value.fix
    return found.value


PLAIN = {"工单编号": "W-1", "诉求内容": "挖机在挖路"}


def test_the_first_field_that_says_something_counts() -> None:
    told = said(
        {"id": "9", "工单号": " W-2 ", "words": "english", "内容": "挖", "诉求内容": "  ", "lng": "116.7", "纬度": 39.5}
    )
    assert (told.id, told.words, told.xy) == ("W-2", "挖", (116.7, 39.5))


@pytest.mark.parametrize("value", [None, True, ["W-1"], {"id": "W-1"}, "  ", "\t", "\x01", float("nan"), float("inf")])
def test_a_field_that_is_no_word_or_number_says_nothing(value: object) -> None:
    assert said({"工单编号": value, "order_id": 17, "诉求内容": "挖"}).id == "17"


@given(words=st.text(max_size=300))
def test_what_comes_through_can_be_stored_and_shown(words: str) -> None:
    """No control character reaches the database, a log or a terminal; nothing that can be read is lost."""
    kept = said({**PLAIN, "诉求内容": f"挖{words}掘"}).words
    assert not [ch for ch in kept if (ch < " " and ch not in "\t\n") or ch == "\x7f"]
    assert [ch for ch in kept if ch.isprintable()] == [ch for ch in f"挖{words}掘" if ch.isprintable()]
    kept.encode()


def test_half_a_character_is_refused_or_left_out_and_breaks_nothing() -> None:
    r"""JSON may hold "\ud800", half of a pair, which no database stores."""
    said({**PLAIN, "诉求内容": "挖\ud800路", "诉求地址": "和\udfff平路"}).words.encode()
    said({**PLAIN, "诉求地址": "和\udfff平路"}).address.encode()


@pytest.mark.parametrize(("length", "taken"), [(1, True), (150, True), (151, False)])
def test_an_id_has_a_length(length: int, *, taken: bool) -> None:
    data = {**PLAIN, "工单编号": "9" * length}
    if taken:
        assert said(data).id == "9" * length
    else:
        assert refused(data).field == "工单编号, message 7"


@pytest.mark.parametrize(("length", "taken"), [(2000, True), (2001, False)])
def test_words_have_a_length(length: int, *, taken: bool) -> None:
    data = {**PLAIN, "诉求内容": "挖" * length}
    if taken:
        assert len(said(data).words) == length
    else:
        assert refused(data).field == "诉求内容, message 7"


def test_an_address_is_cut_and_never_refused() -> None:
    assert said({**PLAIN, "诉求地址": "路" * 999}).address == "路" * 300


def test_an_events_own_id_is_what_a_repeat_is_known_by() -> None:
    told = said(PLAIN, event_id="e-1")
    assert (told.id, told.number) == ("e-1", "W-1")
    assert said({"words": "挖"}, event_id="e-2").number == "e-2"


def test_an_order_that_stands_otherwise_is_a_message_of_its_own() -> None:
    """A list names one order each day; what is done with it since must not read as said before."""
    data = {"工单编号": "O-1", "施工点编号": "x", "工单状态": "处理中"}
    first, second = said(data, "work-orders"), said(data | {"工单状态": "已办结"}, "work-orders")
    assert (first.id, second.id) == ("O-1/处理中", "O-1/已办结")
    assert first.number == second.number == "O-1"
    assert said(data, "work-orders", event_id="e-1").id == "e-1"
    assert first.kind is ItemKind.STATUS


def test_a_status_says_what_became_of_it_and_a_report_what_was_seen() -> None:
    assert refused({"工单编号": "O-1", "施工点编号": "x"}, "work-orders").field == "工单状态, message 7"
    assert refused({"工单编号": "O-1"}).field == "诉求内容, message 7"
    alarm = {"报警编号": "A-1", "报警内容": "有人动土"}
    assert said(alarm, "city-lifeline").kind is ItemKind.REPORT
    assert refused(alarm, "city-lifeline", STATUS).field == "处置状态, message 7"


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-11-26 09:30", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)),
        ("2026/1/5 9:05", datetime(2026, 1, 5, 1, 5, tzinfo=UTC)),
        ("2026/1/1 7:59", datetime(2025, 12, 31, 23, 59, tzinfo=UTC)),
        ("2026/1/1", datetime(2025, 12, 31, 16, 0, tzinfo=UTC)),
        ("2026-11-26 9:30:00", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)),
        ("2026年11月26日 09:30", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)),
        ("2026年3月1日0时5分", datetime(2026, 2, 28, 16, 5, tzinfo=UTC)),
        ("2026/11/26 09:30:05", datetime(2026, 11, 26, 1, 30, 5, tzinfo=UTC)),
        ("2026-11-26", datetime(2026, 11, 25, 16, 0, tzinfo=UTC)),  # the day begins in the platform's own zone
        ("2026-11-26T01:30:00Z", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)),
        ("2026-11-26T01:30:00+00:00", datetime(2026, 11, 26, 1, 30, tzinfo=UTC)),
        ("2000-01-01 08:00", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2099-12-31 23:59", datetime(2099, 12, 31, 15, 59, tzinfo=UTC)),
    ],
)
def test_a_time_without_an_offset_is_the_platforms_own(text: str, utc: datetime) -> None:
    at = said({**PLAIN, "受理时间": text}).at
    assert at is not None
    assert at.astimezone(UTC) == utc


@pytest.mark.parametrize(
    "text",
    [
        *("2026-13-01", "2026-02-30 10:00", "26.11.2026", "昨天", "1999-12-31", "2100-01-01"),
        *("2026/2/29 9:05", "2026/1/5 24:05", "2026年11月26日 9", "2026/1/5 9:05:60"),
    ],
)
def test_a_time_that_is_none_is_refused(text: str) -> None:
    error = refused({**PLAIN, "受理时间": text})
    assert error.field == "受理时间, message 7"
    assert text in error.problem


def test_an_events_own_time_counts_before_the_fields() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    assert said({**PLAIN, "受理时间": "2020-01-01"}, at=at).at == at
    assert said(PLAIN).at is None


@given(at=st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2099, 12, 30)))  # noqa: DTZ001  wall clock
def test_a_wall_clock_of_china_is_eight_hours_ahead(at: datetime) -> None:
    told = said({**PLAIN, "受理时间": at.isoformat(" ")}).at
    assert told is not None
    assert told.utcoffset() == timedelta(hours=8)
    assert told.replace(tzinfo=None) == at


@pytest.mark.parametrize(
    ("category", "about"),
    [
        (None, True),  # nobody has sorted it: a person may have seen an excavator
        ("", True),
        ("道路开挖", True),
        ("Illegal EXCAVATION", True),
        ("燃气管道", True),
        ("噪音扰民", False),
        (7, False),
    ],
)
def test_what_its_platform_sorts_elsewhere_is_not_about_digging(category: object, *, about: bool) -> None:
    assert said({**PLAIN, "诉求分类": category}).about is about
    assert said({"报警编号": "A-1", "报警内容": "x", "诉求分类": category}, "city-lifeline").about, "it sorts nothing"


@pytest.mark.parametrize(
    ("data", "crs"), [({}, "GCJ-02"), ({"坐标系": "BD-09"}, "BD-09"), ({"crs": "EPSG:4326"}, "EPSG:4326")]
)
def test_a_place_is_in_the_rows_own_system_or_the_platforms(data: dict[str, str], crs: str) -> None:
    told = said({**PLAIN, "经度": "116.7", "纬度": "39.5", **data})
    assert (told.crs, told.xy) == (crs, (116.7, 39.5))


@pytest.mark.parametrize("pair", [("116.7", ""), ("", "39.5"), ("116,7", "39.5"), ("nan", "39.5"), ("116.7", "inf")])
def test_half_a_place_is_no_place_and_is_said(pair: tuple[str, str]) -> None:
    assert refused({**PLAIN, "经度": pair[0], "纬度": pair[1]}).field == "经度, message 7"


def test_a_place_on_the_equator_is_a_place() -> None:
    assert said({**PLAIN, "经度": 9.5, "纬度": 0.0}).xy == (9.5, 0.0)
    assert said({**PLAIN, "经度": "", "纬度": " "}).xy is None


@pytest.mark.parametrize("nothing", [0, 0.0, "0", "0.000000"])
def test_two_noughts_say_that_no_place_is_known(nothing: object) -> None:
    assert said({**PLAIN, "经度": nothing, "纬度": nothing}).xy is None
