"""Nonces of pictures: ten minutes, once, for their holder alone; a bad one only marks."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from pipewarden.field.facts.captures import CaptureKept, Redeemed
from pipewarden.field.rules import captures as rules
from pipewarden.field.service import captures
from pipewarden.kit.ids import Uuid7Source

if TYPE_CHECKING:
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def test_a_nonce_proves_one_picture(work: Work) -> None:
    made = captures.issue(work, "wang")
    assert made.expires_at == work.now() + timedelta(minutes=10)
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.FRESH
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.USED


def test_a_nonce_is_for_its_holder(work: Work) -> None:
    made = captures.issue(work, "wang")
    assert captures.redeem(work, made.nonce, "li") is Redeemed.UNKNOWN
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.FRESH  # a stranger's try used nothing up


def test_a_nonce_ends_after_ten_minutes_and_is_then_late_once(work: Work, clock: SetClock) -> None:
    made, other = captures.issue(work, "wang"), captures.issue(work, "wang")
    clock.advance(timedelta(minutes=10))
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.FRESH
    clock.advance(timedelta(days=2))
    assert captures.redeem(work, other.nonce, "wang") is Redeemed.LATE
    assert captures.redeem(work, other.nonce, "wang") is Redeemed.USED


@pytest.mark.parametrize("sent", [None, "", "made up", "\ud800", "x" * 10_000])
def test_what_is_no_nonce_is_unknown_and_raises_nothing(work: Work, sent: str | None) -> None:
    assert captures.redeem(work, sent, "wang") is Redeemed.UNKNOWN


def test_the_house_keeps_no_nonce_in_clear(work: Work) -> None:
    made = captures.issue(work, "wang")
    kept = work.session.execute(text("SELECT digest, holder FROM field_captures")).all()
    assert [(bytes(digest), holder) for digest, holder in kept] == [
        (hashlib.sha256(made.nonce.encode()).digest(), "wang")
    ]


def test_another_tenant_knows_no_nonce(work: Work) -> None:
    made = captures.issue(work, "wang")
    own, work.tenant_id = work.tenant_id, Uuid7Source(work.clock).new()
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.UNKNOWN
    work.tenant_id = own
    assert captures.redeem(work, made.nonce, "wang") is Redeemed.FRESH


def test_old_nonces_go_with_the_next_one(work: Work, clock: SetClock) -> None:
    old = captures.issue(work, "wang")
    clock.advance(timedelta(days=39))
    captures.issue(work, "wang")
    clock.advance(timedelta(days=2))
    captures.issue(work, "wang")
    assert captures.redeem(work, old.nonce, "wang") is Redeemed.UNKNOWN
    assert work.session.scalar(text("SELECT count(*) FROM field_captures")) == 2


def test_nonces_are_unlike_each_other(work: Work) -> None:
    made = {captures.issue(work, "wang").nonce for _ in range(20)}
    assert len(made) == 20
    assert all(len(one) == 24 for one in made)


def test_chance_is_injected(work: Work) -> None:
    assert captures.issue(work, "wang", lambda count: b"\0" * count).nonce == "A" * 24


@given(st.integers(0, 3600), st.booleans(), st.booleans())
def test_only_an_unused_one_of_its_holder_in_time_is_fresh(seconds: int, used: bool, own: bool) -> None:
    one = Uuid7Source(_Clock()).new()
    kept = CaptureKept(one, one, b"", "wang", NOW, NOW + rules.LIFE, NOW if used else None)
    found = rules.judged(kept, "wang" if own else "li", NOW + timedelta(seconds=seconds))
    assert (found is Redeemed.FRESH) == (own and not used and seconds <= 600)


class _Clock:
    def now(self) -> datetime:
        return NOW


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        (0, None),
        (24, None),
        (-24, None),
        (25, "old picture: taken 25 h before it came"),
        (8760, "old picture: taken 8760 h before it came"),
        (-30, "old picture: taken 30 h after it came"),
    ],
)
def test_a_picture_of_another_day_is_marked(hours: int, why: str | None) -> None:
    assert rules.old_picture(NOW - timedelta(hours=hours), NOW) == why


def test_a_picture_without_a_time_is_not_called_old() -> None:
    assert rules.old_picture(None, NOW) is None
