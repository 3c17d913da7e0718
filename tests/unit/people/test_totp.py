"""One-time passwords by time: the RFCs' own vectors, drift, replay, the address an app reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_factor import Authenticator

from pipewarden.people.rules import totp

SEED = b"12345678901234567890"
NOW = datetime(2026, 11, 20, 1, 0, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_the_vectors_of_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    """Its codes have eight digits; six are their last six (RFC 4226 5.3 takes the number modulo 10^digits)."""
    assert totp.code_of(SEED, totp.step_of(datetime.fromtimestamp(seconds, UTC))) == code[2:]


@pytest.mark.parametrize(
    ("count", "code"),
    enumerate(["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]),
)
def test_the_vectors_of_rfc_4226_appendix_d(count: int, code: str) -> None:
    assert totp.code_of(SEED, count) == code


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps: int, *, taken: bool) -> None:
    code = totp.code_of(SEED, totp.step_of(NOW) + steps)
    assert (totp.matching_step(SEED, code, NOW, after=None) is not None) is taken


def test_a_used_step_and_every_one_before_it_are_over() -> None:
    here = totp.step_of(NOW)
    for step in (here - 1, here):
        assert totp.matching_step(SEED, totp.code_of(SEED, step), NOW, after=here) is None
    following = totp.code_of(SEED, here + 1)
    assert totp.matching_step(SEED, following, NOW, after=here) == here + 1
    assert totp.matching_step(SEED, following, NOW + timedelta(seconds=30), after=here + 1) is None


@given(st.binary(min_size=20, max_size=20), st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001
def test_another_implementation_gives_the_same_code(secret: bytes, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    assert Authenticator(totp.secret_text(secret)).code(now) == totp.code_of(secret, totp.step_of(now))


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "12 456"])
def test_what_is_no_code_has_no_shape_of_one(text: str) -> None:
    assert not totp.is_code(text)
    assert totp.matching_step(SEED, text, NOW, after=None) is None


def test_the_address_names_house_login_and_secret() -> None:
    read = urlsplit(totp.uri_of(SEED, "li.wei+a@gas.example", "Pipewarden 管卫"))
    assert (read.scheme, read.netloc) == ("otpauth", "totp")
    assert "/" not in read.path[1:]
    words = parse_qs(read.query)
    assert words["secret"] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]
    assert words["issuer"] == ["Pipewarden 管卫"]
    assert (words["digits"], words["period"], words["algorithm"]) == (["6"], ["30"], ["SHA1"])
