"""True zones by GB 55009, from the outer edge."""

from __future__ import annotations

import numpy as np
import pytest

from pipewarden.kit.geo import LocalFrame
from pipewarden.sim.rules import true_zone
from pipewarden.sim.rules.zones import class_of

PLACE = (116.7, 39.53)


def at(east: float, north: float) -> list[float]:
    return LocalFrame(*PLACE).to_lonlat(np.array([[east, north]]))[0].tolist()


def pipe(key: str, east: float, mpa: float | None, label: str | None = None, diameter: int | None = 200) -> dict:
    told = {"pipe_id": key, "pressure_mpa": mpa, "pressure_class": label, "diameter_mm": diameter}
    line = {"type": "LineString", "coordinates": [at(east, -200), at(east, 200)]}
    return {"type": "Feature", "properties": told, "geometry": line}


def network(*rows: dict) -> dict:
    return {"type": "FeatureCollection", "features": list(rows)}


STAND = [tuple(at(x, y)) for x, y in ((1, 1), (-1, 1), (-1, -1), (1, -1))]


@pytest.mark.parametrize(
    ("mpa", "east", "zone"),
    [
        (0.005, 0.5, "protection"),
        (0.005, 0.7, "control"),
        (0.4, 5.0, "control"),
        (0.4, 5.3, "outside"),
        (0.8, 1.5, "protection"),
        (1.6, 15.0, "control"),
        (1.6, 15.3, "outside"),
        (2.5, 5.0, "protection"),
        (2.5, 50.0, "control"),
        (4.0, 50.3, "outside"),
    ],
)
def test_ranges_are_measured_from_the_outer_edge(mpa: float, east: float, zone: str):
    answer = true_zone(network(pipe("P", east, mpa)), PLACE, STAND)
    assert answer.zone == zone
    assert answer.distance_m == pytest.approx(east - 0.1, abs=0.02)
    assert answer.footprint_distance_m == pytest.approx(max(east - 1.1, 0), abs=0.02)


def test_the_highest_zone_counts_not_the_nearest_pipe():
    answer = true_zone(network(pipe("near", 6, 0.2), pipe("far", 30, 3.5)), PLACE, STAND)
    assert (answer.zone, answer.pipe_id) == ("control", "far")


def test_outside_everything_the_nearest_pipe_is_named():
    answer = true_zone(network(pipe("far", 40, 0.2), pipe("near", 12, 0.2)), PLACE, STAND)
    assert (answer.zone, answer.pipe_id) == ("outside", "near")


def test_a_pipe_that_tells_nothing_is_taken_as_high():
    assert class_of({"pressure_mpa": None, "pressure_class": None}) == "high"
    assert true_zone(network(pipe("P", 30, None)), PLACE, STAND).zone == "control"


def test_labels_are_read_where_the_number_is_missing():
    assert class_of({"pressure_mpa": None, "pressure_class": "次高压A"}) == "sub_high"
    assert class_of({"pressure_mpa": 0.01, "pressure_class": "高压A"}) == "low"


def test_an_empty_network_is_refused():
    with pytest.raises(ValueError, match="no features"):
        true_zone(network(), PLACE, STAND)
