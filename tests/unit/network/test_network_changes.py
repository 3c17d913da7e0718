"""Two versions held against each other: what a weaker class is, what a reader's ground cuts, where to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.network.facts import PressureClass
from pipewarden.network.facts.change import ChangeKind, class_json, read_class
from pipewarden.network.rules.diff import cells, clipped, compare, summarise
from pipewarden.network.rules.rows import ROW_ID

if TYPE_CHECKING:
    from tests.unit.network.conftest import Town

KNOWN = [one.value for one in PressureClass if one is not PressureClass.UNKNOWN]
LINE = "LINESTRING (0 0, 120 0)"


@given(data=st.data())
def test_a_version_differs_from_itself_in_nothing_and_back_is_the_other_way_round(town: Town, data: Any) -> None:
    """What is added on the way there is removed on the way back, and as many kilometres of it."""
    one = st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from([*KNOWN, "unknown"]))
    rows = st.lists(one, max_size=6, unique_by=lambda drawn: drawn[0])

    def version() -> list[Any]:
        drawn = data.draw(rows)
        lines = [(name, f"LINESTRING (0 {10 * name + at}, 100 {10 * name + at})", cls) for name, at, cls in drawn]
        return [town.pipe(n, line, cls, pipe_id=f"G-{name}") for n, (name, line, cls) in enumerate(lines, start=1)]

    before, after = version(), version()
    assert compare(before, before) == ()
    there, back = compare(before, after), compare(after, before)
    by_id = {each.pipe_id: each for each in back}
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert {each.pipe_id: turned[each.kind.value] for each in there} == {key: x.kind.value for key, x in by_id.items()}
    for each in there:
        other = by_id[each.pipe_id]
        assert (each.class_before, each.class_after) == (other.class_after, other.class_before)
        assert (each.metres_before, each.metres_after) == (other.metres_after, other.metres_before)
        assert (each.moved_m is None) is (other.moved_m is None)
        assert not (each.downgrade and other.downgrade)
    assert len({each.pipe_id for each in there}) == len(there)


@given(before=st.sampled_from([*KNOWN, "unknown"]), after=st.sampled_from([*KNOWN, "unknown"]))
def test_a_class_is_weaker_only_where_a_known_one_gives_way(town: Town, before: str, after: str) -> None:
    """An unknown class counts as the strictest: to learn it is no downgrade, to forget it is none either."""
    order = [one.value for one in PressureClass]
    found = compare([town.pipe(1, LINE, before)], [town.pipe(1, LINE, after)])
    if before == after:
        assert found == ()
        return
    (one,) = found
    assert one.downgrade is (before != "unknown" and order.index(after) < order.index(before))


def parts(town: Town, *classes: str, north: float = 0.0) -> list[Any]:
    """The parts of one pipe, one after the other, 100 m each."""
    lines = [f"LINESTRING ({100 * n} {north}, {100 * n + 100} {north})" for n in range(len(classes))]
    return [town.pipe(n + 1, lines[n], cls, pipe_id="G-1") for n, cls in enumerate(classes)]


@pytest.mark.parametrize(
    ("before", "after", "weaker"),
    [
        (("high", "high"), ("high", "low"), True),  # half of it may be dug up to now
        (("high", "low"), ("low", "high"), True),
        (("high", "low"), ("high", "medium"), False),
        (("high",), ("high", "low"), False),  # a branch of low pressure is laid
        (("unknown", "high"), ("unknown", "low"), True),
        (("low", "unknown"), ("low", "low"), False),
    ],
)
def test_one_part_that_becomes_weaker_is_a_downgrade(
    town: Town, before: tuple[str, ...], after: tuple[str, ...], *, weaker: bool
) -> None:
    (one,) = compare(parts(town, *before), parts(town, *after))
    assert one.downgrade is weaker


def test_a_part_that_moves_and_becomes_weaker_is_a_downgrade(town: Town) -> None:
    after = [parts(town, "high", "high")[0], parts(town, "low", "low", north=3.0)[1]]
    (one,) = compare(parts(town, "high", "high"), after)
    assert one.downgrade


def test_the_most_dangerous_stands_first(town: Town) -> None:
    before = [town.pipe(n, f"LINESTRING (0 {n}, 90 {n})", "medium", pipe_id=f"G-{n}") for n in (1, 2, 3)]
    after = [
        town.pipe(1, "LINESTRING (0 1, 80 1)", "medium", pipe_id="G-1"),
        town.pipe(2, "LINESTRING (0 3, 90 3)", "low", pipe_id="G-3"),
        town.pipe(3, "LINESTRING (0 9, 90 9)", "high", pipe_id="A-9"),
    ]
    found = compare(before, after)
    assert [(one.pipe_id, one.kind.value) for one in found] == [
        ("G-3", "changed"), ("G-2", "removed"), ("G-1", "changed"), ("A-9", "added"),
    ]  # fmt: skip
    assert [one.downgrade for one in found] == [True, False, False, False]


def test_rows_without_ids_are_met_by_their_line_alone(town: Town) -> None:
    """A row number says nothing: the same number on another line is another pipe."""
    before = [town.pipe(n, f"LINESTRING (0 {n}, 90 {n})", pipe_id=f"{ROW_ID}{n}") for n in (1, 2)]
    after = [town.pipe(n, f"LINESTRING (0 {3 - n}, 90 {3 - n})", pipe_id=f"{ROW_ID}{n}") for n in (1, 2)]
    assert compare(before, after) == ()
    moved = [before[0], town.pipe(2, "LINESTRING (0 50, 90 50)", pipe_id=f"{ROW_ID}2")]
    assert [one.kind for one in compare(before, moved)] == [ChangeKind.REMOVED, ChangeKind.ADDED]


def test_two_pipes_that_swap_their_ids_have_both_moved(town: Town) -> None:
    lines = ("LINESTRING (0 0, 90 0)", "LINESTRING (0 40, 90 40)")
    before = [town.pipe(n + 1, line, pipe_id=f"G-{n}") for n, line in enumerate(lines)]
    after = [town.pipe(n + 1, line, pipe_id=f"G-{n}") for n, line in enumerate(reversed(lines))]
    found = compare(before, after)
    assert [one.pipe_id for one in found] == ["G-0", "G-1"]
    assert [one.moved_m for one in found] == [pytest.approx(40, abs=0.01)] * 2


@pytest.mark.parametrize(("north", "moved"), [(0.0004, None), (0.002, 0.002), (1.0, 1.0)])
def test_less_than_a_millimetre_is_two_readings_of_one_line(town: Town, north: float, moved: float | None) -> None:
    found = compare([town.pipe(1, LINE)], [town.pipe(1, f"LINESTRING (0 {north}, 120 {north})")])
    if moved is None:
        assert found == ()
        return
    assert found[0].moved_m == pytest.approx(moved, abs=0.001)


def test_what_another_column_of_the_source_says_is_told_too(town: Town) -> None:
    (one,) = compare([town.pipe(1, LINE, extra={"街道": "和平路"})], [town.pipe(1, LINE, extra={"材质": "PE"})])
    told = {each.name: (each.before, each.after) for each in one.fields}
    assert told == {"extra.街道": ("和平路", None), "extra.材质": (None, "PE")}
    assert one.moved_m is None


@given(kinds=st.lists(st.tuples(st.sampled_from([*KNOWN, "unknown"]), st.booleans()), max_size=8))
def test_the_summary_counts_every_change_once(town: Town, kinds: list[tuple[str, bool]]) -> None:
    rows = [
        (town.pipe(n, f"LINESTRING (0 {n}, 100 {n})", cls, pipe_id=f"G-{n}"), added)
        for n, (cls, added) in enumerate(kinds)
    ]
    found = summarise(compare([row for row, added in rows if not added], [row for row, added in rows if added]))
    assert sum(one.added for one in found) == sum(added for _, added in rows)
    assert sum(one.removed for one in found) == sum(not added for _, added in rows)
    assert sum(one.added_km + one.removed_km for one in found) == pytest.approx(0.1 * len(rows), rel=1e-3)
    order = [*PressureClass][::-1]
    assert [one.pressure_class for one in found] == sorted({one.pressure_class for one in found}, key=order.index)
    assert tuple(read_class(class_json(one)) for one in found) == found


BOX = st.tuples(st.floats(-175, 175), st.floats(-80, 80), st.floats(0, 3), st.floats(0, 3)).map(
    lambda drawn: (drawn[0], drawn[1], drawn[0] + drawn[2], drawn[1] + drawn[3])
)


@given(boxes=st.lists(BOX, min_size=1, max_size=30))
def test_the_cells_hold_everything_that_changed_with_the_reach_of_a_range(boxes: list[Any]) -> None:
    """Within 1000 m of what changed nobody keeps an old answer, and a fact is never more than 256 boxes."""
    found = cells(boxes)
    assert 0 < len(found) <= 256
    ground = shapely.union_all([shapely.box(*one) for one in found])
    for west, south, east, north in boxes:
        up = 999 / 111_000
        nearest = 0.0 if south < 0 < north else min(abs(south), abs(north))  # where a degree is longest
        side = up / np.cos(np.radians(nearest))
        assert ground.covers(shapely.box(west - side, south - up, east + side, north + up))


def test_nothing_changed_is_no_ground() -> None:
    assert cells([]) == ()


def test_one_street_is_told_as_few_small_boxes(town: Town) -> None:
    (west, south), (east, north) = town.lonlat([(0, 0), (120, 10)]).tolist()
    found = cells([(west, south, east, north)] * 500)
    assert 1 <= len(found) <= 4
    assert max(e - w for w, _, e, _ in found) < 0.06  # 2 km of a cell and 1 km on either side


def area(town: Town, west: float, south: float, east: float, north: float) -> shapely.Geometry:
    return town.shape(shapely.box(west, south, east, north))


def test_a_reader_hears_of_the_part_on_their_ground_alone(town: Town) -> None:
    (one,) = compare([], [town.pipe(1, LINE, "high")])
    cut = clipped(one, area(town, 30, -50, 70, 50))
    assert cut is not None
    assert cut.metres_after == pytest.approx(40, abs=0.05)
    assert cut.metres_before == 0
    assert cut.after is not None
    assert shapely.length(shapely.from_wkb(cut.after)) < 0.4 * shapely.length(shapely.from_wkb(one.after))
    west, _, east, _ = cut.bounds
    assert [west, east] == pytest.approx([town.lonlat([(metres, 0)])[0][0] for metres in (30, 70)])
    assert clipped(one, area(town, 500, -50, 700, 50)) is None
    whole = clipped(one, area(town, -500, -500, 500, 500))
    assert whole is not None
    assert whole.metres_after == pytest.approx(one.metres_after)
    assert whole.bounds == pytest.approx(one.bounds)


def test_a_pipe_that_leaves_a_readers_ground_is_told_without_where_it_went(town: Town) -> None:
    (one,) = compare([town.pipe(1, LINE)], [town.pipe(1, "LINESTRING (0 900, 120 900)")])
    cut = clipped(one, area(town, -50, -50, 200, 50))
    assert cut is not None
    assert (cut.after, cut.metres_after) == (None, 0)
    assert cut.metres_before == pytest.approx(120, abs=0.01)
    west, south, east, north = cut.bounds
    assert north < town.lonlat([(0, 100)])[0][1]
    assert west < east
    assert south == pytest.approx(town.lonlat([(0, 0)])[0][1], abs=1e-6)


@given(at=st.tuples(st.integers(-200, 200), st.integers(-20, 20), st.integers(1, 300), st.integers(1, 40)))
def test_no_part_is_longer_than_the_whole(town: Town, at: tuple[int, int, int, int]) -> None:
    west, south, wide, high = at
    (one,) = compare(
        parts(town, "low", "high"), [*parts(town, "low", "high"), town.pipe(3, "LINESTRING (0 9, 9 9)", pipe_id="G-1")]
    )
    cut = clipped(one, area(town, west, south, west + wide, south + high))
    if cut is None:
        return
    assert 0 <= cut.metres_before <= one.metres_before
    assert 0 <= cut.metres_after <= one.metres_after
    assert all(np.isfinite(cut.bounds))
    for mine, whole in zip(cut.bounds[:2], one.bounds[:2], strict=True):
        assert mine >= whole - 1e-9
    for mine, whole in zip(cut.bounds[2:], one.bounds[2:], strict=True):
        assert mine <= whole + 1e-9
