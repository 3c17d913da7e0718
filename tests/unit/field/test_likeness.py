"""Copies of a picture are known again, other pictures are not: safety.md M4 on real photographs of works."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from copies import WAYS, drawing, jpeg_of, photographs, variants

from pipewarden.field.rules import likeness
from pipewarden.field.rules.exif_time import taken_at
from pipewarden.field.rules.likeness import candidates, looked_at, mirrored, print_of, same_picture
from pipewarden.inference.adapters.files import read_weights
from pipewarden.inference.adapters.look import NetLook
from pipewarden.inference.adapters.runner import Engine, open_runner
from pipewarden.inference.service import WEIGHTS, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pipewarden.field.rules.likeness import Pixels, Print

CLOSER = 40  # as the service looks closer


@pytest.fixture(scope="module")
def net() -> NetLook:
    """The shipped look net."""
    card = read_manifest(WEIGHTS)["look"]
    return NetLook(card, open_runner(read_weights(WEIGHTS, card), card, 1, Engine.ONNXRUNTIME))


def query_of(pixels: Pixels) -> list[Print]:
    return [print_of(pixels), print_of(mirrored(pixels))]


def views_of(net: NetLook, pixels: Pixels) -> NDArray[np.float32]:
    found = net.features(looked_at(pixels, net.side))
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def measured(net: NetLook, originals: list[Pixels], seed: int) -> tuple[Counter[str], int, int]:
    """Return the copies that were not linked, by way; those linked wrongly; originals linked to another one.

    As the service does it: the oldest of forty candidates that is the same picture.
    """

    def first_of(pixels: Pixels, upto: int) -> int | None:
        query = query_of(pixels)
        near = candidates(query, views_of(net, pixels), known[:upto], CLOSER)
        return next((n for n in sorted(near) if same_picture(query, known[n])), None)

    rng = np.random.default_rng(seed)
    known = [replace(print_of(one), features=tuple(views_of(net, one)[0].tolist())) for one in originals]
    missed: Counter[str] = Counter()
    wrong = strange = 0
    for number, one in enumerate(originals):
        root = first_of(one, number)  # an earlier original that it is linked to: its copies are linked there, too
        strange += root is not None
        for way, copy in variants(one, rng):
            found = first_of(copy, len(known))
            missed[way] += found is None
            wrong += found is not None and found not in {number, root}
    return missed, wrong, strange


def check(net: NetLook, originals: list[Pixels], words: str) -> None:
    missed, wrong, strange = measured(net, originals, 11)
    copies = len(originals) * WAYS
    linked = copies - sum(missed.values()) - wrong
    said = f"{linked / copies:.3f} linked, {wrong} to another one, {strange} different digs linked"
    print(f"{words}: {len(originals)} originals x {WAYS}: {said}; missed {dict(+missed)}")  # noqa: T201
    assert linked >= 0.95 * copies
    assert wrong + strange <= 0.01 * len(originals)


@pytest.mark.shared
def test_copies_of_real_pictures_are_linked_and_other_digs_are_not(net: NetLook, shared_data: Path) -> None:
    check(net, photographs(shared_data, 12, 5), "likeness, part")


@pytest.mark.release
@pytest.mark.shared
@pytest.mark.timeout(1200)
def test_two_hundred_real_pictures_in_ten_ways(net: NetLook, shared_data: Path) -> None:
    check(net, photographs(shared_data, 200, 5), "likeness, whole")


def test_copies_of_drawings_are_linked_too(net: NetLook) -> None:
    """Where no photographs are: drawings, which share more than photographs do."""
    check(net, [drawing(seed) for seed in range(6)], "likeness, drawings")


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


def test_candidates_are_the_nearest_by_the_nets_view_and_by_hash() -> None:
    seen = [1.0, 0.0]
    known = [print_of(drawing(seed), seen if seed in {17, 18, 19} else [0.0, 1.0]) for seed in range(30)]
    query = query_of(drawing(3))
    found = candidates(query, np.array([seen], np.float32), known, 4)
    assert found == [3, 17, 18, 19], "one by its hash, three that only the net finds alike"
    bare = candidates(query, np.zeros((0, 0), np.float32), known, 4)
    assert (bare[0], len(bare)) == (3, 4), "without a net hashes alone"
    assert candidates(query, np.array([seen], np.float32), known[:4], 4) == [0, 1, 2, 3], "few are all looked at"


def test_pictures_that_look_alike_as_a_whole_do_not_crowd_out_what_one_of_them_holds() -> None:
    """Two hundred screenshots are nearer to a screenshot than the picture in its middle is."""
    whole, middle = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
    known = [print_of(drawing(0), whole) for _ in range(50)]
    known[20] = print_of(drawing(20), [0.0, 0.8, 0.6])
    views = np.array([whole, whole, middle, middle], np.float32)
    found = candidates(query_of(drawing(0)), views, known, 12)
    assert 20 in found
    assert len(found) <= 12


def test_the_net_is_shown_the_middle_where_a_screenshot_holds_its_picture() -> None:
    tall = np.zeros((80, 40, 3), np.uint8)
    tall[20:60] = 255
    whole, _, middle, _ = looked_at(tall, 16)
    assert middle.mean() == 255
    assert 100 < whole.mean() < 160
    wide = np.ascontiguousarray(tall.transpose(1, 0, 2))
    assert looked_at(wide, 16)[2].mean() == 255


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
