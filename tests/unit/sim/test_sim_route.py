"""The demo's bus: the same every time, no faster than a bus, on streets that are there."""

from __future__ import annotations

import numpy as np
import pytest

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim import service as sim
from pipewarden.sim.rules.district import ORIGIN, STREETS, to_lonlat


def test_the_route_is_driven_at_30_km_an_hour_and_always_the_same() -> None:
    route = sim.bus_route()
    assert np.array_equal(route, sim.bus_route())
    metres = LocalFrame(*ORIGIN).to_metres(route[:, 1:])
    steps = np.hypot(*np.diff(metres, axis=0).T)
    assert steps.max() == pytest.approx(30 / 3.6, rel=0.01)
    assert (steps > 30 / 3.6 * 0.99).mean() > 0.98  # only a corner is cut
    assert steps.sum() == pytest.approx(5910, abs=15)


def test_it_never_leaves_the_streets() -> None:
    frame, route = LocalFrame(*ORIGIN), sim.bus_route()
    places = frame.to_metres(route[:, 1:])
    axes = []
    for street in STREETS:
        lo, hi = street.lo, street.hi
        ends = [(street.at, lo), (street.at, hi)] if street.axis == "north" else [(lo, street.at), (hi, street.at)]
        axes.append(frame.to_metres(to_lonlat(np.array(ends))))
    off = np.min([_distance(places, *axis) for axis in axes], axis=0)
    assert off.max() < 6.0


def _distance(places: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    along = (b - a) / np.hypot(*(b - a))
    part = np.clip((places - a) @ along, 0, np.hypot(*(b - a)))
    return np.hypot(*(places - a - part[:, None] * along).T)
