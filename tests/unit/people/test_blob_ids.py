"""Random ids of stored pictures: one per tenant and file for ever, 128 bits, and no way from one tenant to another."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.web import BLOB_ID
from pipewarden.people import service as people
from pipewarden.people.rules.tokens import BLOB_ID_BYTES, blob_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.kit.work import Work

ONE, TWO = "1f" * 32, "2e" * 32


def counting() -> tuple[Callable[[int], bytes], list[int]]:
    """Return a source that can be told apart from chance, and how many bytes were asked of it."""
    numbers, asked = itertools.count(1), list[int]()

    def draw(count: int) -> bytes:
        asked.append(count)
        return next(numbers).to_bytes(count, "big")

    return draw, asked


def test_a_file_has_one_id_for_ever_and_another_file_another(work: Work) -> None:
    draw, asked = counting()
    first = people.blob_ids(work, [ONE], draw)
    again = people.blob_ids(work, [TWO, ONE, TWO], draw)
    assert again[ONE] == first[ONE]
    assert again[TWO] != again[ONE]
    assert asked == [16, 16], "one draw of 128 bits for each file, and none for what has an id"
    assert people.hashes_by_blob_id(work, [again[ONE], again[TWO]]) == {again[ONE]: ONE, again[TWO]: TWO}


def test_the_same_file_is_another_tenants_by_another_id_which_opens_nothing_here(work: Work) -> None:
    draw, _ = counting()
    mine, other = people.blob_ids(work, [ONE], draw)[ONE], work.ids.new()
    theirs = people.blob_ids(work, [ONE], draw, tenant_id=other)[ONE]
    assert theirs != mine
    assert people.hashes_by_blob_id(work, [theirs, "A" * 22]) == {}
    assert people.hashes_by_blob_id(work, [theirs], tenant_id=other) == {theirs: ONE}


def test_a_hash_is_no_id_and_nothing_is_asked_for_nothing(work: Work) -> None:
    draw, asked = counting()
    people.blob_ids(work, [ONE], draw)
    assert people.hashes_by_blob_id(work, [ONE]) == {}
    assert people.blob_ids(work, [], draw) == {}
    assert people.hashes_by_blob_id(work, []) == {}
    assert len(asked) == 1


def test_whoever_was_first_stays(work: Work) -> None:
    """Two requests that show a picture for the first time at once answer one id, the one that is on record."""
    draw, _ = counting()
    first = "F" * 22

    def late(count: int) -> bytes:
        work.session.execute(
            text("INSERT INTO people_blob_ids VALUES (:id, :tenant, :sha, now())"),
            {"id": first, "tenant": work.tenant_id, "sha": ONE},
        )
        return draw(count)

    assert people.blob_ids(work, [ONE], late) == {ONE: first}
    assert work.session.scalar(text("SELECT count(*) FROM people_blob_ids WHERE sha256 = :s"), {"s": ONE}) == 1


def test_an_id_fits_an_address_and_the_pattern_of_the_doors() -> None:
    for _ in range(200):
        made = blob_id(SystemChance().bytes(BLOB_ID_BYTES))
        assert re.fullmatch(BLOB_ID, made), made
    assert len({blob_id(SystemChance().bytes(BLOB_ID_BYTES)) for _ in range(1000)}) == 1000
    with pytest.raises(ValueError, match="16 bytes"):
        blob_id(b"short")
