from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.kit.web import (
    HIGHEST_LIMIT,
    Asked,
    Box,
    BusyError,
    Clean,
    Cursors,
    InOneTransaction,
    Moment,
    Name,
    OpenToAll,
    PageQuery,
    Sentence,
    box_of,
    router,
)

OURS = Cursors(b"ours")
PLACES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(kind=st.text(max_size=10), place=PLACES)
def test_a_cursor_comes_back_as_it_went(kind: str, place: Any) -> None:
    word = OURS.write(kind, place)
    assert OURS.read(kind, word) == place
    assert word.isascii()
    assert not set(word) & set("+/=&?# ")


def test_no_cursor_is_the_beginning() -> None:
    assert OURS.read("alarms", None) is None


@given(word=st.text(max_size=60))
def test_no_word_of_chance_is_a_cursor(word: str) -> None:
    with pytest.raises(InputError) as caught:
        OURS.read("alarms", word)
    assert caught.value.field == "cursor"


@given(place=st.integers(), at=st.integers(min_value=0, max_value=10_000), flip=st.integers(min_value=1, max_value=255))
def test_one_changed_byte_is_found(place: int, at: int, flip: int) -> None:
    word = OURS.write("alarms", place)
    whole = bytearray(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    whole[at % len(whole)] ^= flip
    forged = base64.urlsafe_b64encode(bytes(whole)).decode().rstrip("=")
    with pytest.raises(InputError):
        OURS.read("alarms", forged)


def test_a_cursor_belongs_to_one_house_and_one_list() -> None:
    word = OURS.write("alarms", 7)
    for other, kind in ((Cursors(b"theirs"), "alarms"), (OURS, "observations")):
        with pytest.raises(InputError):
            other.read(kind, word)


@pytest.mark.parametrize("text", ["a\0b", "\x1b[31m", "\x7f", "\ud800", ""])
def test_text_that_no_database_or_terminal_wants_is_refused(text: str) -> None:
    for kind in (Name, Sentence):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("text", ["挖机在管线旁", "two\nlines", "tab\there", "😀", "<script>", "'; DROP TABLE x; --"])
def test_text_that_people_write_is_kept_to_the_letter(text: str) -> None:
    assert TypeAdapter(Sentence).validate_python(text) == text


@pytest.mark.parametrize(
    "moment",
    ["2026-11-22T10:00:00", "2026-11-22", "1999-12-31T23:59:59Z", "2100-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"],
)
def test_a_moment_has_a_zone_and_a_believable_year(moment: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Moment).validate_python(moment)


def test_a_moment_is_told_in_utc() -> None:
    found = TypeAdapter(Moment).validate_python("2026-11-22T10:00:00+08:00")
    assert found == datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert found.utcoffset() == UTC.utcoffset(None)


@pytest.mark.parametrize("limit", [0, -1, HIGHEST_LIMIT + 1, 10**30])
def test_a_page_has_bounds(limit: int) -> None:
    with pytest.raises(ValidationError):
        PageQuery(limit=limit)
    assert PageQuery().limit <= HIGHEST_LIMIT


def test_what_is_asked_has_no_field_we_do_not_know() -> None:
    class Move(Asked):
        reason: Sentence
        weight: float = 0.0

    assert Move.model_validate({"reason": "  seen  "}).reason == "seen"
    for body in ({"reason": "x", "role": "admin"}, {"reason": "x", "weight": float("nan")}, {"reason": "   "}):
        with pytest.raises(ValidationError):
            Move.model_validate(body)


def test_routes_pass_the_door_unless_they_say_otherwise() -> None:
    inner, outer = router(tags=["a"]), router(tags=["b"], anonymous=True)
    inner.add_api_route("/x", lambda: None)
    outer.add_api_route("/y", lambda: None)
    assert [(route.path, type(route)) for route in (*inner.routes, *outer.routes)] == [  # type: ignore[attr-defined]
        ("/v1/x", InOneTransaction),
        ("/v1/y", OpenToAll),
    ]
    assert (InOneTransaction.anonymous, OpenToAll.anonymous) == (False, True)


def test_a_busy_answer_says_when_to_come_back() -> None:
    error = BusyError(field="Idempotency-Key", problem="is under way", fix="Wait.", retry_after_s=3)
    assert isinstance(error, RefusedError)
    assert error.retry_after_s == 3
    assert error.as_dict() == {"field": "Idempotency-Key", "problem": "is under way", "fix": "Wait."}


BOX: TypeAdapter[str] = TypeAdapter(Box)


@pytest.mark.parametrize("box", ["", "1,2,3", "1,2,3,4,5", "4,3,2,1", "-181,0,0,1", "0,-91,1,1", "nan,1,2,3", "a,b"])
def test_what_is_no_box_on_the_globe_is_refused(box: str) -> None:
    with pytest.raises(ValidationError):
        BOX.validate_python(box)


def test_a_box_is_west_south_east_north() -> None:
    assert box_of(BOX.validate_python("116.6, 39.4,116.9,39.7")) == (116.6, 39.4, 116.9, 39.7)
    assert box_of("-180,-90,180,90") == (-180.0, -90.0, 180.0, 90.0)


def test_a_text_that_may_be_left_out_may_be_null_and_is_clean_where_it_is_not() -> None:
    optional: TypeAdapter[str | None] = TypeAdapter(Annotated[str | None, Clean])
    assert optional.validate_json("null") is None
    assert optional.validate_python("管") == "管"
    with pytest.raises(ValidationError):
        optional.validate_python("a\x00b")
