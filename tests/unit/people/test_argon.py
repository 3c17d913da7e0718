"""The slow hash: Argon2id with its stated parameters, a salt of its own, and a bound on how many run at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pipewarden.people.adapters.argon import ArgonHasher, Parameters

if TYPE_CHECKING:
    from tests.unit.people.conftest import CountedChance

WORDS = "three herons over ice"
CHEAP = Parameters(time_cost=1, memory_kib=64, lanes=1)


@pytest.fixture
def cheap(chance: CountedChance) -> ArgonHasher:
    return ArgonHasher(chance, CHEAP)


@pytest.mark.parametrize("words", [WORDS, "管网安全从每一铲开始记得", "x" * 128, "🚜" * 12, "tab\tand\nline break"])
def test_what_was_hashed_is_recognised(cheap: ArgonHasher, words: str) -> None:
    encoded = cheap.hash(words)
    assert cheap.verify(encoded, words)
    assert not cheap.verify(encoded, words + " ")
    assert not cheap.verify(encoded, words[:-1])
    assert words not in encoded


def test_salts_come_from_the_injected_source(cheap: ArgonHasher, chance: CountedChance) -> None:
    before = chance.drawn
    hashes = {cheap.hash(WORDS) for _ in range(20)}
    assert len(hashes) == 20
    assert chance.drawn == before + 20


def test_the_hash_says_how_it_was_made(cheap: ArgonHasher) -> None:
    kind, version, parameters, salt, tail = cheap.hash(WORDS).split("$")[1:]
    assert (kind, version, parameters) == ("argon2id", "v=19", "m=64,t=1,p=1")
    assert (len(salt), len(tail)) == (22, 43), "128-bit salt, 256-bit hash"


def test_nobody_is_never_right(cheap: ArgonHasher) -> None:
    assert not cheap.verify(None, WORDS)
    assert not cheap.verify(None, "")


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "plain text",
        "$argon2id$v=19$m=64,t=1,p=1$",
        "$2b$12$KIXQ4S2zJx8z1d1x1d1x1u",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAA",
    ],
)
def test_what_is_no_hash_of_ours_is_simply_wrong(cheap: ArgonHasher, encoded: str) -> None:
    assert not cheap.verify(encoded, WORDS)


def test_other_parameters_are_stale_and_still_recognised(chance: CountedChance, cheap: ArgonHasher) -> None:
    encoded = cheap.hash(WORDS)
    for changed in (
        Parameters(time_cost=2, memory_kib=64, lanes=1),
        Parameters(time_cost=1, memory_kib=128, lanes=1),
        Parameters(time_cost=1, memory_kib=64, lanes=2),
    ):
        other = ArgonHasher(chance, changed)
        assert other.stale(encoded)
        assert other.verify(encoded, WORDS)
    assert not cheap.stale(encoded)


def test_the_default_is_not_below_rfc_9106s_second_choice() -> None:
    default = Parameters()
    assert default.memory_kib >= 64 * 1024
    assert default.time_cost >= 3
    assert default.lanes == 4


def test_a_flood_hashes_two_at_a_time(chance: CountedChance) -> None:
    hasher = ArgonHasher(chance, CHEAP, at_once=2)
    running, most, lock = 0, 0, threading.Lock()
    inner = hasher._argon

    class Watched:
        """The real hash, which notes how many are under way."""

        def verify(self, encoded: str, words: str) -> bool:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.01)
            try:
                return inner.verify(encoded, words)
            finally:
                with lock:
                    running -= 1

    encoded = hasher.hash(WORDS)
    hasher._argon = Watched()  # type: ignore[assignment]  same method
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: hasher.verify(encoded, WORDS), range(24)))
    assert answers == [True] * 24
    assert most == 2


def test_the_place_is_freed_after_an_error(chance: CountedChance) -> None:
    hasher = ArgonHasher(chance, CHEAP, at_once=1)
    for _ in range(3):
        assert not hasher.verify("not a hash", WORDS)
        with pytest.raises(UnicodeEncodeError):
            hasher.hash("\ud800 lone surrogate")
    assert hasher.verify(hasher.hash(WORDS), WORDS)
