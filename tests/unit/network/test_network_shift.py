"""How far a new map lies from the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely

from pipewarden.network.rules import shift

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

    from pipewarden.network.facts import Pipe


def grid(town: Town, east: float = 0.0, north: float = 0.0, prefix: str = "p") -> list[Pipe]:
    lines = [shapely.LineString([(x + east, 0 + north), (x + 60 + east, 30 + north)]) for x in range(0, 2000, 200)]
    return [town.pipe(row, line, pipe_id=f"{prefix}{row}") for row, line in enumerate(lines, start=1)]


def test_the_same_map_has_not_moved(town: Town) -> None:
    found = shift.measure(grid(town), grid(town))
    assert found is not None
    assert (found.median_m, found.matched, found.by) == (0.0, 10, "pipe_id")


@pytest.mark.parametrize(("east", "north", "metres"), [(3.0, 4.0, 5.0), (300.0, 400.0, 500.0)])
def test_a_moved_map_by_ids(town: Town, east: float, north: float, metres: float) -> None:
    found = shift.measure(grid(town), grid(town, east, north))
    assert found is not None
    assert found.median_m == pytest.approx(metres, rel=1e-3)


def test_a_few_relaid_pipes_do_not_count_as_a_shift(town: Town) -> None:
    new = grid(town)
    new[:4] = grid(town, 0, 90.0)[:4]
    found = shift.measure(grid(town), new)
    assert found is not None
    assert found.median_m == pytest.approx(0.0, abs=1e-6)


def test_other_ids_are_compared_by_geometry(town: Town) -> None:
    found = shift.measure(grid(town), grid(town, 0, 40.0, prefix="other"))
    assert found is not None
    assert found.by == "geometry"
    assert found.median_m == pytest.approx(38.5, abs=6.0)
    same = shift.measure(grid(town), grid(town, prefix="other"))
    assert same is not None
    assert same.median_m == pytest.approx(0.0, abs=1e-6)


def test_row_numbers_are_no_ids(town: Town) -> None:
    old = grid(town, prefix="row-")
    found = shift.measure(old, list(reversed(grid(town, prefix="row-"))))
    assert found is not None
    assert (found.by, round(found.median_m, 6)) == ("geometry", 0.0)


def test_ids_that_repeat_are_not_compared(town: Town) -> None:
    old = [town.pipe(row, f"LINESTRING (0 {row}, 50 {row})", pipe_id="same") for row in range(1, 9)]
    found = shift.measure(old, old)
    assert found is not None
    assert found.by == "geometry"


def test_an_empty_version_has_no_shift(town: Town) -> None:
    assert shift.measure([], grid(town)) is None
    assert shift.measure(grid(town), []) is None
