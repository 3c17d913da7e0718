"""Draws simulated weeks at the desk: which works come when and where, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from shapely.geometry import Point, Polygon

from pipewarden.network.facts import Zone
from pipewarden.sim.facts.casework import Fate, SimWorks
from pipewarden.sim.rules.areas import city_areas

if TYPE_CHECKING:
    from numpy.random import Generator

_A_DAY = 2.0  # works in a pipe's range that come to the desk, on average (own choice; no city's figure is at hand)
_ZONES = ((Zone.PROTECTION, 0.45), (Zone.CONTROL, 0.45), (Zone.UNKNOWN, 0.10))
_FATES = ((Fate.PATH, 0.55), (Fate.FALSE, 0.25), (Fate.SEEN_AGAIN, 0.08), (Fate.STRUCK, 0.05), (Fate.REFUSED, 0.07))
_LEVELS = {Zone.PROTECTION: 1, Zone.UNKNOWN: 1, Zone.CONTROL: 2}
_DAY_S = 86_400.0
Thing = TypeVar("Thing")


def draw_works(chance: Generator, days: int) -> list[SimWorks]:
    """Return works of so many days in the order in which they are noticed; more of them by day, some at night."""
    city = Polygon(city_areas()[0].polygon)
    drawn = []
    for day in range(days):
        for _ in range(int(chance.poisson(_A_DAY))):
            hour = chance.normal(11.0, 3.5) if chance.random() < 0.8 else chance.uniform(0.0, 24.0)  # noqa: PLR2004  in five
            lon, lat = _inside(chance, city)
            zone = _one_of(chance, _ZONES)
            at_s = day * _DAY_S + float(np.clip(hour, 0.0, 23.99)) * 3600.0
            drawn.append(SimWorks(at_s, lon, lat, zone, _LEVELS[zone], _one_of(chance, _FATES)))
    return sorted(drawn, key=lambda one: one.at_s)


def _inside(chance: Generator, city: Polygon) -> tuple[float, float]:
    west, south, east, north = city.bounds
    while True:
        lon, lat = float(chance.uniform(west, east)), float(chance.uniform(south, north))
        if city.contains(Point(lon, lat)):
            return lon, lat


def _one_of(chance: Generator, shares: tuple[tuple[Thing, float], ...]) -> Thing:
    at = int(chance.choice(len(shares), p=[share for _, share in shares]))
    return shares[at][0]
