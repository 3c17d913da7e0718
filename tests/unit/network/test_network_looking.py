"""What is said of a map that nobody explained: systems measured, none chosen; words read or named as unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from pyproj import Transformer

from pipewarden.kit.errors import InputError
from pipewarden.network import store
from pipewarden.network.facts import Layer
from pipewarden.network.facts.change import ChangeKind, PipeChange
from pipewarden.network.facts.draft import Choice, FieldChoice, read_choice
from pipewarden.network.rules import looking, rows
from pipewarden.network.rules.tiles import Square, preview

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from tests.unit.network.conftest import Town

HOME = np.column_stack([np.linspace(116.70, 116.72, 200), np.full(200, 39.5)])


def in_system(code: str) -> NDArray[np.float64]:
    x, y = Transformer.from_crs("OGC:CRS84", code, always_xy=True).transform(HOME[::10, 0], HOME[::10, 1])
    return np.column_stack([x, y])


def layer(points: NDArray[np.float64], own: str | None = None, **columns: list[object]) -> Layer:
    shapes = shapely.points(points)
    made = {name: np.array(values, dtype=object) for name, values in columns.items()}
    return Layer(source="a.shp", columns=made, shapes=shapes, own_crs=own, remarks=())


@pytest.mark.parametrize("code", ["EPSG:4548", "EPSG:4527", "EPSG:4498", "EPSG:3857", "EPSG:4490"])
def test_the_system_that_lies_on_the_network_comes_first(code: str) -> None:
    """3 degrees without and with the zone's number in x, 6 degrees with it, web mercator, degrees."""
    found = looking.candidates(in_system(code), None, HOME)
    assert found[0]["fits"]
    assert found[0]["off_m"] < 15
    near = [one["crs"] for one in found if one["off_m"] is not None and one["off_m"] < 15]
    assert code in near
    assert not any(one["detected"] for one in found)


def test_the_next_zone_lies_far_off_and_is_told_so() -> None:
    by_name = {one["crs"]: one for one in looking.candidates(in_system("EPSG:4548"), None, HOME)}
    assert by_name["EPSG:4548"]["off_m"] < 15
    assert by_name["EPSG:4549"]["off_m"] > 100_000


def test_the_files_own_word_is_detected_and_measured_like_any_other() -> None:
    found = looking.candidates(in_system("EPSG:4548"), "EPSG:4550", HOME)
    (own,) = [one for one in found if one["detected"]]
    assert own["crs"] == "EPSG:4550"
    assert own["off_m"] > 100_000
    assert found[0]["crs"] == "EPSG:4548"


def test_without_a_network_nothing_is_measured_and_a_plain_easting_names_no_zone() -> None:
    found = looking.candidates(in_system("EPSG:4548"), None, None)
    assert {one["off_m"] for one in found} == {None}
    assert [one["crs"] for one in found] == ["EPSG:3857"]


def test_what_cannot_be_says_why_and_what_is_no_system_is_refused() -> None:
    one = looking.place(in_system("EPSG:4490"), "EPSG:4548", HOME)
    assert (one["fits"], "degrees" in one["problem"]) == (False, True)
    with pytest.raises(InputError):
        looking.place(HOME, "nonsense", HOME)


def test_places_beyond_the_earth_are_left_out_and_distances_stay_numbers() -> None:
    wild = np.array([[1e12, -1e12], [5e5, 4.37e6], [np.finfo(float).max, 0.0]])
    one = looking.place(wild, "EPSG:4548", HOME)
    assert all(np.isfinite(point).all() for point in map(np.array, one["points"]))
    assert one["off_m"] is None or 0 <= one["off_m"] <= 20_000_000


def test_columns_are_told_with_their_words_and_empty_cells_left_out() -> None:
    found = looking.look(layer(HOME[:4], yl=["低压", "低压", "  ", None], n=[1, 2, 3, float("nan")]), None)
    assert found["rows"] == 4
    assert found["columns"][0] == {
        "name": "yl", "filled": 2, "distinct": 1, "words": [{"value": "低压", "rows": 2}],
    }  # fmt: skip
    assert found["columns"][1]["filled"] == 3


def test_of_many_places_and_words_a_bounded_part_is_kept() -> None:
    points = np.repeat(HOME, 40, axis=0)
    found = looking.look(layer(points, words=[f"w{n}" * 90 for n in range(len(points))]), None)
    assert len(found["sample"]) <= looking.MOST_POINTS
    (column,) = found["columns"]
    assert (len(column["words"]), column["distinct"] > looking.MOST_WORDS) == (looking.MOST_WORDS, True)
    assert max(len(one["value"]) for one in column["words"]) <= 80


def fields(words: list[str], **chosen: FieldChoice) -> dict[str, Any]:
    columns = looking.look(layer(HOME[: len(words)], a=list(words)), None)["columns"]
    body = looking.body_of(store.mapping_body("generic"), chosen.items())
    return {one["field"]: one for one in looking.fields(columns, body)}


def test_unknown_words_are_named_with_their_rows() -> None:
    found = fields(["中压A", "甲级", "甲级"], pressure=FieldChoice("a", "label"))["pressure"]
    assert found["unread"] == 2
    assert {one["value"]: one["read"] for one in found["words"]} == {"中压A": "medium", "甲级": None}
    assert next(one["problem"] for one in found["words"] if one["value"] == "甲级")
    told = fields(["中压A", "甲级"], pressure=FieldChoice("a", "label", (("甲级", "high"),)))["pressure"]
    assert told["unread"] == 0


def test_numbers_are_read_in_the_unit_that_a_person_says() -> None:
    read = {unit: fields(["1.2"], depth=FieldChoice("a", unit))["depth"]["words"][0]["read"] for unit in ("m", "cm")}
    assert read == {"m": 1.2, "cm": pytest.approx(0.012)}
    assert fields(["1.2"])["depth"]["column"] is None
    with pytest.raises(InputError):
        fields(["1.2"], depth=FieldChoice("a", "miles"))


def test_a_kind_keeps_the_words_that_are_known_beside_those_that_are_told() -> None:
    found = fields(["门站", "撬"], kind=FieldChoice("a", None, (("撬", "station"),)))["kind"]
    assert {one["value"]: one["read"] for one in found["words"]} == {"门站": "station", "撬": "station"}


def test_an_attribute_may_be_said_not_to_be_there() -> None:
    columns = looking.look(layer(HOME[:1], depth=["3"]), None)["columns"]
    plain = looking.fields(columns, store.mapping_body("generic"))
    without = looking.fields(columns, looking.body_of(store.mapping_body("generic"), [("depth", FieldChoice(None))]))
    by = [{one["field"]: one["column"] for one in each}["depth"] for each in (plain, without)]
    assert by == ["depth", None]
    assert "depth" in store.mapping_body("generic")["columns"], "what is shipped is not changed"  # type: ignore[operator]


def test_a_choice_comes_back_as_it_was_written() -> None:
    one = Choice("EPSG:4547", "CN-HE", "city_gas", None, (("kind", FieldChoice("a", None, (("撬", "station"),))),))
    assert read_choice(one.as_json()) == one


def change(kind: ChangeKind, before: str | None, after: str | None, moved: float | None = None) -> PipeChange:
    wkb = [None if one is None else shapely.to_wkb(shapely.from_wkt(one)) for one in (before, after)]
    return PipeChange("p", kind, (), moved, None, None, 0.0, 0.0, wkb[0], wkb[1], (0, 0, 1, 1))


def test_stations_are_points_areas_are_rims_and_what_lies_elsewhere_is_not_drawn() -> None:
    square = Square(14, 13503, 6232)
    area = "POLYGON ((116.70 39.50, 116.701 39.50, 116.701 39.501, 116.70 39.50))"
    south, north = (f"LINESTRING (116.70 {lat}, 116.71 {lat})" for lat in (39.50, 39.501))
    made = [
        change(ChangeKind.ADDED, None, "POINT (116.705 39.502)"),
        change(ChangeKind.REMOVED, area, None),
        change(ChangeKind.CHANGED, south, north, 9),
        change(ChangeKind.CHANGED, south, south),
        change(ChangeKind.ADDED, None, "LINESTRING (10 10, 11 11)"),
    ]
    drawn = preview.draw(made, square)
    assert [one.properties["kind"] for one in drawn["points"]] == ["added"]
    assert [one.properties["kind"] for one in drawn["lines"]] == ["removed", "was", "moved", "changed"]


def test_the_first_rows_are_shown_as_they_stand() -> None:
    """What is empty is left out, long words are cut, and no more rows than fit beside a form are told."""
    many = looking.MOST_ROWS + 4
    names: list[object] = [f"G-{n}" for n in range(many)]
    notes: list[object] = ["", None, "无", "x" * 500, *["y"] * (many - 4)]
    found = looking.look(layer(HOME[:many], bh=names, bz=notes), HOME)
    assert [one["bh"] for one in found["first"]] == names[: looking.MOST_ROWS]
    assert [len(one.get("bz", "")) for one in found["first"]] == [0, 0, 0, 80, 1, 1, 1, 1]


def test_classes_are_counted_with_their_kilometres(town: Town) -> None:
    pipes = [
        town.pipe(1, "LINESTRING (0 0, 1000 0)", "high"),
        town.pipe(2, "LINESTRING (0 50, 500 50)", "high"),
        town.pipe(3, "LINESTRING (0 90, 250 90)", "unknown"),
        town.pipe(4, "POINT (0 90)", "low"),
    ]
    assert rows.classes([]) == ()
    told = [(one.pressure_class, one.count, one.km) for one in rows.classes(pipes)]
    assert [(cls.value, count) for cls, count, _ in told] == [("unknown", 1), ("high", 2), ("low", 1)]
    assert [km for _, _, km in told] == [pytest.approx(0.25, rel=0.01), pytest.approx(1.5, rel=0.01), 0.0]
