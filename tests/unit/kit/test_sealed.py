"""A sealed file gives back what went in, and nothing at all once a single bit, frame, end or name is another."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.sealed import (
    FRAME,
    Checker,
    Contents,
    SealBrokenError,
    Sealer,
    SealKey,
    checked,
    seal,
    sealed_size,
    unsealed,
)

KEY = SealKey(bytes(range(32)))
TAG = 16
HEAD = 48


def sealed(content: bytes, *, name: str = "a", key: SealKey = KEY) -> bytes:
    out = io.BytesIO()
    seal(out, key, name, iter([content]))
    return out.getvalue()


def opened(whole: bytes, *, name: str = "a", key: SealKey = KEY) -> bytes:
    return b"".join(unsealed(io.BytesIO(whole), key, name))


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 2 * FRAME + 7])
def test_what_goes_in_comes_out_and_is_as_long_as_told(size: int) -> None:
    content = b"x" * size
    whole = sealed(content)
    assert opened(whole) == content
    assert len(whole) == sealed_size(size)


@given(portions=st.lists(st.binary(max_size=400)))
def test_portions_of_any_size_are_one_file(portions: list[bytes]) -> None:
    out = io.BytesIO()
    told = seal(out, KEY, "a", iter(portions))
    content = b"".join(portions)
    assert told == Contents(len(content), hashlib.sha256(content).hexdigest())
    assert opened(out.getvalue()) == content


@given(at=st.integers(0, sealed_size(300) - 1), bit=st.integers(0, 7))
@settings(max_examples=300)
def test_a_flipped_bit_anywhere_is_refused(at: int, bit: int) -> None:
    whole = bytearray(sealed(b"y" * 300))
    whole[at] ^= 1 << bit
    with pytest.raises(SealBrokenError):
        opened(bytes(whole))


@given(cut=st.integers(0, sealed_size(300) - 1))
def test_a_file_that_was_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(SealBrokenError):
        opened(sealed(b"y" * 300)[:cut])


def frames(whole: bytes) -> list[bytes]:
    body = whole[HEAD:]
    step = FRAME + TAG
    return [body[at : at + step] for at in range(0, len(body), step)]


def test_frames_cut_swapped_doubled_added_or_taken_from_another_file_are_refused() -> None:
    content = bytes(FRAME) + b"\1" * FRAME + b"\2" * 9
    whole, other = sealed(content), sealed(content)
    head, (one, two, three) = whole[:HEAD], frames(whole)
    assert opened(head + one + two + three) == content
    for told in (
        [one, two],
        [one],
        [],
        [two, one, three],
        [one, one, two, three],
        [one, three],
        [two, three],
        [one, two, three, b"z"],
        [one, two, three, three],
        [one, frames(other)[1], three],
    ):
        with pytest.raises(SealBrokenError):
            opened(head + b"".join(told))
    with pytest.raises(SealBrokenError):
        opened(other[:HEAD] + one + two + three)


def test_a_file_cut_at_a_frame_that_happens_to_be_full_is_refused() -> None:
    whole = sealed(bytes(2 * FRAME))
    with pytest.raises(SealBrokenError, match="frame 1"):
        opened(whole[: HEAD + FRAME + TAG])


def test_another_name_and_another_key_do_not_open_it() -> None:
    whole = sealed(b"secret", name="20261126/database")
    with pytest.raises(SealBrokenError, match="was changed"):
        opened(whole, name="20261127/database")
    with pytest.raises(SealBrokenError, match="another key"):
        opened(whole, name="20261126/database", key=SealKey(bytes(range(1, 33))))


def test_what_is_no_sealed_file_is_said_to_be_none() -> None:
    for given_ in (b"", b"PWSEAL1\n", b"%PDF-1.7" + bytes(100)):
        with pytest.raises(SealBrokenError, match="no sealed file") as caught:
            opened(given_)
        assert caught.value.field == "a"
        assert "another backup" in caught.value.fix


def test_the_same_bytes_sealed_twice_share_nothing() -> None:
    one, two = sealed(b"the same"), sealed(b"the same")
    assert one[:16] == two[:16]  # what it is, and whose key
    assert one[16:48] != two[16:48]
    assert one[48:] != two[48:]
    assert b"the same" not in one


def test_a_sealer_that_was_never_closed_left_nothing_that_opens() -> None:
    out = io.BytesIO()
    Sealer(out, KEY, "a").write(bytes(3 * FRAME))
    assert len(out.getvalue()) > 2 * FRAME
    with pytest.raises(SealBrokenError):
        opened(out.getvalue())


@pytest.mark.parametrize("secret", [b"", b"short", bytes(32), b"ab" * 16, bytes(range(33))])
def test_a_key_that_can_be_guessed_is_none(secret: bytes) -> None:
    with pytest.raises(ValueError, match="drawn by chance"):
        SealKey(secret)


def test_a_key_never_says_itself() -> None:
    secret = SystemChance().bytes(32)
    key = SealKey(secret)
    assert secret.hex() not in repr(key)
    assert str(secret) not in repr(key)
    assert secret not in sealed(b"x", key=key)
    assert key.draw("a") != key.draw("b")


def test_what_is_not_what_the_manifest_says_is_refused() -> None:
    told = Contents(3, hashlib.sha256(b"abc").hexdigest())
    with checked(told, "database") as checker:
        assert b"".join(checker.through(iter([b"a", b"bc"]))) == b"abc"
    for other in (b"abd", b"ab", b"abcd", b""):
        with pytest.raises(SealBrokenError, match="manifest") as caught, checked(told, "database") as checker:
            list(checker.through(iter([other])))
        assert caught.value.field == "database"


def test_an_error_inside_is_not_hidden_by_the_check() -> None:
    with pytest.raises(OSError, match="full"), checked(Contents(1, ""), "a"):
        raise OSError(28, "full")
    assert Checker().contents().size == 0
