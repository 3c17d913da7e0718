"""What a city's answer to an update means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipewarden.exchange.rules.open311.pushing import Fate, fate_of


@pytest.mark.parametrize(
    ("status", "body", "fate"),
    [
        (200, b"[]", Fate.TOLD),
        (201, b"", Fate.TOLD),
        (409, b"", Fate.TOLD),
        (400, b'[{"description": "Duplicate update"}]', Fate.TOLD),
        (400, b"update_id ALREADY exists", Fate.TOLD),
        (400, b"bad status", Fate.GIVEN_UP),
        (403, b"bad key", Fate.GIVEN_UP),
        (404, b"", Fate.GIVEN_UP),
        (429, b"already too many", Fate.LATER),
        (408, b"", Fate.LATER),
        (302, b"", Fate.LATER),
        (500, b"duplicate", Fate.LATER),
        (503, b"", Fate.LATER),
        (None, b"no answer within 10 s", Fate.LATER),
    ],
)
def test_the_fate_of_an_update(status: int | None, body: bytes, fate: Fate) -> None:
    found, problem, _ = fate_of(status, body, 0)
    assert found is fate
    assert bool(problem) is (fate is not Fate.TOLD)


def test_it_is_told_again_ever_later_and_given_up_after_20_times() -> None:
    pauses = [fate_of(503, b"", tries)[2] for tries in range(19)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=1), timedelta(hours=6))
    assert sum(pauses, timedelta()) > timedelta(days=2), "a city's weekend without a network loses nothing"
    assert [fate_of(503, b"", tries)[0] for tries in (18, 19)] == [Fate.LATER, Fate.GIVEN_UP]
