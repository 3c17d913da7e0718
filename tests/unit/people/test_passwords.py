"""Logins, passwords, tokens and waits: the pure rules of the door."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.errors import InputError
from pipewarden.people.rules import lockout, passwords, sessions, tokens
from pipewarden.people.rules.lockout import ACCOUNT, SOURCE, LockRule, Tally

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Li.Wei", "li.wei"), ("  liwei ", "liwei"), ("ＬＩＷＥＩ", "liwei"), ("李伟", "李伟"), ("a@b.cn", "a@b.cn")],
)
def test_a_login_is_compared_without_case_and_width(typed: str, kept: str) -> None:
    assert passwords.normal_login(typed) == kept


@pytest.mark.parametrize("typed", ["", "a", "a b", "a/b", "x" * 81, "a\u200bb", "a\u202eb", "a\nb", "<b>"])
def test_a_bad_login_is_refused(typed: str) -> None:
    with pytest.raises(InputError) as caught:
        passwords.normal_login(typed)
    assert caught.value.field == "login"


@pytest.mark.parametrize(
    "good",
    [
        "three herons over ice",
        "correct horse battery",
        "管网安全从每一铲开始记得打电话",
        "kV9#mQ2$xL7!",
        "x" * 3 + " 12 other words",
    ],
)
def test_a_long_password_needs_no_marks(good: str) -> None:
    assert passwords.check_password(good, "liwei") == unicodedata.normalize("NFKC", good)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("short pass", "characters"),
        ("elevenchars", "characters"),
        ("x" * 129, "characters"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abababababab", "repeats"),
        ("my name is LiWei ok", "login"),
        ("ＬＩＷＥＩ is my name", "login"),
        ("Password12345!", "tried first"),
        ("Pipewarden2026!", "tried first"),
        ("123456789012", "tried first"),
        ("210987654321", "tried first"),
        ("abcdefghijklmnop", "tried first"),
        ("1qaz2wsx3edc", "tried first"),
        ("Administrator1", "tried first"),
    ],
)
def test_an_easy_password_is_refused_with_the_reason(bad: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        passwords.check_password(bad, "liwei")
    assert caught.value.field == "password"
    assert why in caught.value.problem
    assert bad not in str(caught.value), "the password itself is never in an error"


def test_each_part_of_a_login_is_kept_out() -> None:
    with pytest.raises(InputError, match="login"):
        passwords.check_password("dear zhang and others", "zhang.min@gas.cn")
    assert passwords.check_password("a cnote and seven birds", "zhang.min@gas.cn"), "two letters are no name"


@given(st.binary(min_size=16, max_size=16))
def test_a_one_time_password_passes_its_own_rules(entropy: bytes) -> None:
    made = passwords.one_time_password(entropy)
    assert len(made) == 27
    if len(set(made)) >= 5:
        assert passwords.check_password(made, "liwei") == made


def test_one_time_passwords_differ_in_every_bit() -> None:
    made = {
        passwords.one_time_password(bytes(i) + bytes([1 << bit]) + bytes(15 - i)) for i in range(15) for bit in range(8)
    }
    assert len(made) == 120


def test_a_token_carries_256_bits() -> None:
    assert len(tokens.token_text(bytes(32))) == 43
    assert tokens.token_text(b"\xff" * 32) != tokens.token_text(b"\xff" * 31 + b"\xfe")
    with pytest.raises(ValueError, match="32 bytes"):
        tokens.token_text(bytes(16))


def test_csrf_belongs_to_one_token_and_one_session() -> None:
    one, two = UUID(int=1), UUID(int=2)
    made = tokens.csrf_of("token", one)
    assert tokens.same(made, tokens.csrf_of("token", one))
    assert not tokens.same(made, tokens.csrf_of("token", two))
    assert not tokens.same(made, tokens.csrf_of("other", one))
    assert "token" not in made
    assert not tokens.same(made, "ünïcode")


def test_a_key_is_read_back_into_its_parts() -> None:
    text, prefix, secret = tokens.key_text(bytes(range(16)), bytes(range(32)))
    assert tokens.split_key(text) == (prefix, secret)
    assert text.startswith("pw_")
    assert tokens.split_key(text + "x") is None
    assert tokens.split_key("") is None
    assert tokens.split_key("pw_short_x") is None


def test_the_wait_grows_from_the_fifth_failure_on() -> None:
    tally, waits = None, []
    for _ in range(14):
        tally = lockout.failed(tally, NOW, ACCOUNT)
        waits.append(lockout.waiting(tally, NOW))
    assert waits[:4] == [timedelta(0)] * 4
    assert waits[4:8] == [timedelta(minutes=15 * 2**n) for n in range(4)]
    assert waits[-1] == timedelta(hours=24)


def test_an_office_gets_more_tries_than_an_account() -> None:
    tally = None
    for _ in range(SOURCE.free):
        tally = lockout.failed(tally, NOW, SOURCE)
    assert lockout.waiting(tally, NOW) == timedelta(0)
    assert lockout.waiting(lockout.failed(tally, NOW, SOURCE), NOW) == timedelta(minutes=1)


def test_a_day_without_failures_is_forgotten() -> None:
    tally = Tally(failures=9, last_at=NOW - timedelta(hours=24, seconds=1), blocked_until=None)
    assert lockout.failed(tally, NOW, ACCOUNT).failures == 1
    recent = Tally(failures=9, last_at=NOW - timedelta(hours=23), blocked_until=None)
    assert lockout.failed(recent, NOW, ACCOUNT).failures == 10


@given(st.lists(st.integers(min_value=0, max_value=200_000), max_size=60))
def test_waits_stay_within_their_bounds(gaps: list[int]) -> None:
    rule = LockRule(free=2, first=timedelta(seconds=30), most=timedelta(hours=2), memory=timedelta(days=1))
    tally, now = None, NOW
    for gap in gaps:
        now += timedelta(seconds=gap)
        before = tally
        tally = lockout.failed(tally, now, rule)
        assert timedelta(0) <= lockout.waiting(tally, now) <= rule.most
        if before is not None and gap <= 86_400:
            assert tally.failures == before.failures + 1
            assert lockout.waiting(tally, now) >= min(rule.first, lockout.waiting(before, before.last_at))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("testclient", "testclient"),
        ("x" * 300, "x" * 100),
    ],
)
def test_an_address_is_counted_as_what_one_attacker_holds(address: str, counted: str) -> None:
    assert lockout.source_of(address) == counted


def test_nobody_waits_without_a_tally() -> None:
    assert lockout.waiting(None, NOW) == timedelta(0)
    over = Tally(failures=7, last_at=NOW, blocked_until=NOW - timedelta(seconds=1))
    assert lockout.waiting(over, NOW) == timedelta(0)


@pytest.mark.parametrize(
    ("seen_min", "left_min", "ended", "lives"),
    [(0, 60, False, True), (29.9, 60, False, True), (30, 60, False, False), (1, 0, False, False), (1, 60, True, False)],
)
def test_a_session_lives_between_its_ends(*, seen_min: float, left_min: float, ended: bool, lives: bool) -> None:
    assert (
        sessions.alive(
            seen_at=NOW - timedelta(minutes=seen_min),
            expires_at=NOW + timedelta(minutes=left_min),
            ended_at=NOW if ended else None,
            now=NOW,
            limits=sessions.SessionLimits(),
        )
        is lives
    )


def test_a_password_counts_as_just_given_for_ten_minutes() -> None:
    limits = sessions.SessionLimits()
    assert sessions.proved_lately(NOW - timedelta(minutes=9), NOW, limits)
    assert not sessions.proved_lately(NOW - timedelta(minutes=10), NOW, limits)
    assert not sessions.proved_lately(None, NOW, limits)
