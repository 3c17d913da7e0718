"""Simulated weeks are drawn the same from the same seed, inside the city, with every kind of fate."""

from __future__ import annotations

from collections import Counter

import numpy as np
from shapely.geometry import Point, Polygon

from pipewarden.network.facts import Zone
from pipewarden.sim import service as sim
from pipewarden.sim.facts import Fate


def test_the_same_seed_draws_the_same_and_another_seed_draws_other_works() -> None:
    first, again, other = (sim.draw_works(np.random.default_rng(seed), 30) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_works_come_in_order_within_the_days_and_inside_the_city() -> None:
    works = sim.draw_works(np.random.default_rng(1), 60)
    city = Polygon(sim.city_areas()[0].polygon)
    assert [one.at_s for one in works] == sorted(one.at_s for one in works)
    assert all(0 <= one.at_s < 60 * 86_400 for one in works)
    assert all(city.contains(Point(one.lon, one.lat)) for one in works)
    assert 60 <= len(works) <= 180  # two a day on average


def test_every_fate_and_zone_comes_up_and_night_works_too() -> None:
    works = sim.draw_works(np.random.default_rng(2), 400)
    fates = Counter(one.fate for one in works)
    assert set(fates) == set(Fate)
    assert fates[Fate.PATH] > fates[Fate.FALSE] > fates[Fate.STRUCK]
    assert {one.zone for one in works} == {Zone.PROTECTION, Zone.CONTROL, Zone.UNKNOWN}
    assert all((one.level == 1) == (one.zone is not Zone.CONTROL) for one in works)
    hours = [one.at_s % 86_400 / 3600 for one in works]
    assert any(hour < 4 for hour in hours)
    assert sum(7 <= hour < 18 for hour in hours) > len(hours) / 2


def test_no_days_no_works() -> None:
    assert sim.draw_works(np.random.default_rng(1), 0) == []
