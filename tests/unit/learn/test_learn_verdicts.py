"""Which alarms are one place: by distance on the ground and by a picture they share, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.judge.facts import ReviewCode
from pipewarden.kit.geo import LocalFrame, distance_m
from pipewarden.learn.facts import Label, Member, Recipe, Reviewed, Share
from pipewarden.learn.rules import read, sites, write

HERE = (116.7, 39.53)


def reviewed(number: int, **more: Any) -> Reviewed:
    told: dict[str, Any] = {
        "alarm_id": UUID(int=number),
        "code": ReviewCode.DIGGING,
        "actor": "person:1",
        "at": datetime(2026, 11, 20, 1, tzinfo=UTC),
        "audited": False,
        "picture": f"picture {number}",
        "box": (1.0, 2.0, 3.0, 4.0),
        "camera": f"cam-{number}",
        "stream": f"cam-{number}",
        "rendered": False,
        "place": None,
    }
    return Reviewed(**(told | more))


def east(metres: float, around: tuple[float, float] = HERE) -> tuple[float, float]:
    ((lon, lat),) = LocalFrame(*around).to_lonlat(np.array([[metres, 0.0]])).tolist()
    return lon, lat


@pytest.mark.parametrize("around", [HERE, (0.0, 0.0), (179.9, 71.0)])
def test_places_within_two_machines_reach_are_one_site_over_others_too(around: tuple[float, float]) -> None:
    steps = (0.0, 20.0, 40.0, 70.0)
    found = sites([reviewed(n, place=east(step, around)) for n, step in enumerate(steps)])
    assert found[UUID(int=0)] == found[UUID(int=1)] == found[UUID(int=2)] == f"alarm:{UUID(int=0)}"
    assert found[UUID(int=3)] == f"alarm:{UUID(int=3)}"


def test_alarms_in_one_picture_are_one_site_and_an_unknown_place_ties_nothing() -> None:
    found = sites([reviewed(5, picture="x"), reviewed(3, picture="x"), reviewed(1), reviewed(2)])
    assert found[UUID(int=5)] == found[UUID(int=3)] == f"alarm:{UUID(int=3)}"
    assert found[UUID(int=1)] != found[UUID(int=2)]
    assert sites([]) == {}


@given(
    st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), min_size=1, max_size=15),
    st.randoms(use_true_random=False),
)
def test_near_means_the_same_site_in_any_order(metres: list[tuple[float, float]], chance: Any) -> None:
    places = [tuple(one) for one in LocalFrame(*HERE).to_lonlat(np.array(metres)).tolist()]
    given_ = [reviewed(n, place=place) for n, place in enumerate(places)]
    found = sites(given_)
    chance.shuffle(given_)
    assert sites(given_) == found
    for n, a in enumerate(places):
        for m, b in enumerate(places):
            if distance_m(a, b) <= 23.9:
                assert found[UUID(int=n)] == found[UUID(int=m)]


def test_a_manifest_keeps_who_when_and_what_and_old_ones_keep_their_hash(sample: Any) -> None:
    at = datetime(2026, 11, 20, 1, 2, 3, 456, tzinfo=UTC)
    said = Label("works", (1.0, 2.0, 3.0, 4.0), "person:1", "digging", at)
    plain = Member(sample(1), Share.TRAIN, "g")
    told = Member(sample(2, labels=(said,), audit=True), Share.TEST, "h")
    assert read(write("a", None, Recipe(), [plain, told]), "a-1") == sorted(
        [plain, told], key=lambda one: one.sample.picture
    )
    text = write("a", None, Recipe(), [plain])
    assert b"audit" not in text
    assert b"code" not in text
