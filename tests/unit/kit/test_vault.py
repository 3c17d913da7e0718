"""What is sealed opens for its own purpose under its own secret, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.vault import Sealer, derived

SECRET = b"a secret of this test run alone."
SEALER = Sealer(SECRET, SystemChance().bytes)


@given(st.text(max_size=300))
def test_it_opens_as_it_was(plain: str) -> None:
    assert SEALER.open(SEALER.seal(plain, "client secret:1"), "client secret:1") == plain


def test_two_seals_of_one_secret_differ_and_hide_it() -> None:
    first, second = (SEALER.seal("quiet heron", "x") for _ in range(2))
    assert first != second
    assert b"heron" not in first + second


def test_another_row_another_secret_and_any_flipped_bit_are_refused() -> None:
    sealed = SEALER.seal("quiet heron", "client secret:1")
    with pytest.raises(UnavailableError, match="sealed under another") as caught:
        SEALER.open(sealed, "client secret:2")
    assert caught.value.field == "client secret"
    with pytest.raises(UnavailableError):
        Sealer(b"b" + SECRET[1:], SystemChance().bytes).open(sealed, "client secret:1")
    for place in range(len(sealed)):
        bent = bytearray(sealed)
        bent[place] ^= 1
        with pytest.raises(UnavailableError):
            SEALER.open(bytes(bent), "client secret:1")
    for cut in range(len(sealed)):
        with pytest.raises(UnavailableError):
            SEALER.open(sealed[:cut], "client secret:1")


def test_keys_of_two_purposes_differ_and_are_the_same_tomorrow() -> None:
    assert derived(SECRET, "a") != derived(SECRET, "b")
    assert derived(SECRET, "a") == derived(SECRET, "a")
    assert len(derived(SECRET, "a")) == 32


def test_nothing_of_the_secret_is_shown() -> None:
    assert "secret of this test" not in repr(SEALER)
