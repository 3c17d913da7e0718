"""Copies of a picture are known again, other pictures are not: safety.md M4 on real photographs of works."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from copies import WAYS, drawing, jpeg_of, photographs, variants

from pipewarden.field.rules import likeness
from pipewarden.field.rules.exif_time import taken_at
from pipewarden.field.rules.likeness import candidates, mirrored, print_of, same_picture

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.field.rules.likeness import Pixels, Print

CLOSER = 40  # as the service looks closer


def query_of(pixels: Pixels) -> list[Print]:
    return [print_of(pixels), print_of(mirrored(pixels))]


def first_of(query: list[Print], known: list[Print]) -> int | None:
    """The oldest that is the same, as the service finds it."""
    return next((n for n in sorted(candidates(query, known, CLOSER)) if same_picture(query, known[n])), None)


def measured(originals: list[Pixels], seed: int) -> tuple[Counter[str], int, int]:
    """Return the copies that were not linked, by way; those linked wrongly; originals linked to another one."""
    rng, known = np.random.default_rng(seed), [print_of(one) for one in originals]
    missed: Counter[str] = Counter()
    wrong = strange = 0
    for number, one in enumerate(originals):
        strange += first_of(query_of(one), known[:number]) is not None
        for way, copy in variants(one, rng):
            found = first_of(query_of(copy), known)
            missed[way] += found is None
            wrong += found is not None and found != number
    return missed, wrong, strange


def check(originals: list[Pixels], words: str) -> None:
    missed, wrong, strange = measured(originals, 11)
    copies = len(originals) * WAYS
    linked = copies - sum(missed.values()) - wrong
    said = f"{linked / copies:.3f} linked, {wrong} to another one, {strange} different digs linked"
    print(f"{words}: {len(originals)} originals x {WAYS}: {said}; missed {dict(+missed)}")  # noqa: T201
    assert linked >= 0.95 * copies
    assert wrong + strange <= 0.01 * len(originals)


@pytest.mark.shared
def test_copies_of_real_pictures_are_linked_and_other_digs_are_not(shared_data: Path) -> None:
    check(photographs(shared_data, 12, 5), "likeness, part")


@pytest.mark.release
@pytest.mark.shared
@pytest.mark.timeout(1200)
def test_two_hundred_real_pictures_in_ten_ways(shared_data: Path) -> None:
    check(photographs(shared_data, 200, 5), "likeness, whole")


def test_copies_of_drawings_are_linked_too() -> None:
    """Where no photographs are: drawings, which share more than photographs do."""
    check([drawing(seed) for seed in range(6)], "likeness, drawings")


@pytest.mark.shared
def test_a_watermark_that_two_pictures_bear_makes_no_copy(shared_data: Path) -> None:
    one, other = photographs(shared_data, 2, 8)
    for each in (one, other):
        for row, words in enumerate(("2026-11-20 09:41", "Langfang 116.70 39.50", "Heping Road 18")):
            spot = (8, each.shape[0] - 70 + 24 * row)
            cv2.putText(each, words, spot, cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255, 255, 255), 2)
    assert not same_picture(query_of(one), print_of(other))
    assert same_picture(query_of(one), print_of(one))


def test_what_shows_nothing_is_a_copy_of_nothing() -> None:
    grey = np.full((360, 480, 3), 128, np.uint8)
    assert not same_picture(query_of(grey), print_of(grey)), "there is no point to know it by"
    assert not same_picture(query_of(drawing(1)), print_of(grey))


def test_candidates_are_the_nearest_by_hash_and_by_the_nets_view() -> None:
    known = [print_of(drawing(seed), [1.0, 0.0] if seed == 17 else [0.0, 1.0]) for seed in range(30)]
    query = [print_of(drawing(3), [1.0, 0.0]), print_of(mirrored(drawing(3)), [1.0, 0.0])]
    found = candidates(query, known, 4)
    assert len(found) <= 4
    assert found[0] == 3, "the same picture by its hash"
    assert 17 in found, "one that only the net finds alike"
    assert candidates(query, known[:4], 4) == [0, 1, 2, 3], "few are all looked at"


def test_a_hash_says_how_far_two_cuts_are_apart() -> None:
    one, other = print_of(drawing(1)), print_of(drawing(2))
    assert likeness.hash_distance(one, one) == 0
    assert likeness.hash_distance(one, other) > 20


def exif(text: bytes, *, order: str = "big", offset: bytes = b"") -> bytes:
    """A JPEG's head with DateTimeOriginal, and OffsetTimeOriginal where one is given."""
    little = order == "little"

    def number(value: int, size: int) -> bytes:
        return value.to_bytes(size, "little" if little else "big")

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        return number(tag, 2) + number(kind, 2) + number(count, 4) + number(value, 4)

    inside = 26
    entries = [entry(0x9003, 2, len(text), 100)] + ([entry(0x9011, 2, len(offset), 150)] if offset else [])
    tiff = (b"II*\0" if little else b"MM\0*") + number(8, 4) + number(1, 2) + entry(0x8769, 4, 1, inside)
    tiff = tiff.ljust(inside, b"\0") + number(len(entries), 2) + b"".join(entries)
    tiff = tiff.ljust(100, b"\0") + text.ljust(50, b"\0") + offset
    return b"\xff\xd8\xff\xe1" + (len(tiff) + 8).to_bytes(2, "big") + b"Exif\0\0" + tiff


def test_the_time_that_a_picture_tells_is_read_in_both_orders() -> None:
    for order in ("big", "little"):
        found = taken_at(exif(b"2026:11:20 09:00:00\0", order=order))
        assert found is not None
        assert found.isoformat() == "2026-11-20T01:00:00+00:00", "China's time where no zone is said"
    zoned = taken_at(exif(b"2026:11:20 09:00:00\0", offset=b"+01:00\0"))
    assert zoned is not None
    assert zoned.hour == 8


BROKEN = [
    b"",
    jpeg_of(drawing(1)),
    exif(b"no time at all\0"),
    exif(b"2026:13:40 99:00:00\0"),
    exif(b"x" * 20)[:60],
]


@pytest.mark.parametrize("picture", BROKEN)
def test_a_picture_that_tells_no_time_or_a_broken_one_tells_none(picture: bytes) -> None:
    assert taken_at(picture) is None
