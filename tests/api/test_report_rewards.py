"""Rewards are wished for as facts: once for a site that was found real, for the first reporter, never for a copy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
from copies import drawing, jpeg_of, saved, turned
from found_site import Found
from report_api import HERE, minded, no_model, place, send, status, taken
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

SOUTH = -0.06  # degrees: a street of its own


@pytest.fixture(scope="module", autouse=True)
def pipes(town: Any) -> Iterator[None]:
    line = [(HERE[0] - 0.05, HERE[1] + SOUTH), (HERE[0] + 0.05, HERE[1] + SOUTH)]
    with town.network(town.a, {"pipe-reward": line}), no_model(town):
        yield


def spot(number: int) -> dict[str, Any]:
    """Places 300 m apart: no two are one site."""
    return place(dx=-0.04 + 0.003 * number, dy=SOUTH)


def test_the_first_reporter_of_real_works_is_wished_a_reward_once(town: Any) -> None:
    first = taken(send(town, place=spot(0), contact="138 0000 2222"))
    second = taken(send(town, place=spot(0), contact="139 0000 3333"))
    site = Found(town, first)
    assert site.wishes() == [], "nobody has looked"
    (wish,) = site.verified()
    assert wish == {"key": f"reward:{site.id}:clue", "report_id": first["id"], "person_id": None}
    site.done("note", words="and again")
    town.drain()
    assert len(site.wishes()) == 1
    assert "reward" in [one["key"] for one in status(town, first["token"])["steps"]]
    assert "reward" not in [one["key"] for one in status(town, second["token"])["steps"]], "thanks, no money"
    assert status(town, first["token"])["state"] == "verified"


def test_who_is_signed_in_is_named(town: Any) -> None:
    resident = town.person(Role.RESIDENT)
    said = taken(send(town, path="/v1/reports", who=resident, place=spot(1)))
    (wish,) = Found(town, said).verified()
    assert wish["person_id"] == resident.id


def test_nobody_is_rewarded_where_there_are_no_works_or_nobody_to_give_it_to(town: Any) -> None:
    empty = taken(send(town, place=spot(2), contact="138"))
    assert Found(town, empty).verified(true=False) == []
    assert status(town, empty["token"])["state"] == "not_works"
    nobody = taken(send(town, place=spot(3)))
    assert Found(town, nobody).verified() == []


def test_a_copy_at_another_place_by_another_phone_gets_thanks(town: Any) -> None:
    pixels = drawing(4711)
    original = taken(send(town, (jpeg_of(pixels),), place=spot(4), contact="138"))
    (wish,) = Found(town, original).verified()
    assert wish["report_id"] == original["id"]
    mirror = np.ascontiguousarray(pixels[:, ::-1])
    for number, copy in enumerate((saved(pixels, 40), mirror, turned(pixels, 5.0)), start=5):
        again = taken(send(town, (jpeg_of(copy),), place=spot(number), contact="139"))
        site = Found(town, again)
        assert minded(town, again["id"], town.who("dispatcher"))["copy_of"] == original["id"]
        assert "copy" in [one["key"] for one in status(town, again["token"])["steps"]]
        assert site.verified() == [], "it raises what it raises, and pays nothing"
    other = taken(send(town, (jpeg_of(drawing(4712)),), place=spot(8), contact="139"))
    assert len(Found(town, other).verified()) == 1, "another picture is another picture"


def test_a_picture_that_says_it_is_old_is_marked_and_pays_nothing(town: Any) -> None:
    with town.home.work() as work:
        day = (work.now() - timedelta(days=3)).strftime("%Y:%m:%d %H:%M:%S")
    said = taken(send(town, (with_time(jpeg_of(drawing(5)), day),), place=spot(9), contact="138"))
    assert minded(town, said["id"], town.who("dispatcher"))["fresh"] == "old"
    assert Found(town, said).verified() == []


def with_time(jpeg: bytes, text_: str) -> bytes:
    """A JPEG that says when it was taken (EXIF DateTimeOriginal, big-endian)."""
    told = text_.encode() + b"\0"
    ifd = b"\0\x01" + b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x1a" + b"\0\0\0\0"
    inside = b"\0\x01" + b"\x90\x03\0\x02" + len(told).to_bytes(4, "big") + b"\0\0\0\x2c" + b"\0\0\0\0"
    tiff = (b"MM\0*\0\0\0\x08" + ifd).ljust(0x1A, b"\0") + inside
    body = b"Exif\0\0" + tiff.ljust(0x2C, b"\0") + told
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


def test_the_database_itself_refuses_a_second_wish_of_a_key(town: Any) -> None:
    said = taken(send(town, place=spot(10), contact="138"))
    (wish,) = Found(town, said).verified()
    again = "INSERT INTO field_rewards SELECT :new, tenant_id, key, site_id, report_id, person_id, reason, at "
    with pytest.raises(DBAPIError), town.at(town.a) as work:
        work.session.execute(
            text(f"{again} FROM field_rewards WHERE key = :key"),
            {"new": str(uuid4()), "key": wish["key"]},
        )
