"""Deliveries against the active version: what changed, what is refused, nothing half, the same again is nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from sqlalchemy import func, select

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service, store
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import PressureClass
from pipewarden.network.facts.change import NETWORK_CHANGED, ChangeKind, SyncOptions, SyncReport
from pipewarden.people import service as people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work

READER = FileReader()
LINES = {
    "G-1": ("LINESTRING (0 0, 120 0)", "低压", 110),
    "G-2": ("LINESTRING (0 30, 60 30, 120 60)", "中压A", 219),
    "G-3": ("LINESTRING (0 -20, 900 -25)", "高压", 711),
    "G-4": ("LINESTRING (0 200, 900 200)", "高压", 500),
}


def features(town: Town, **changed: Any) -> list[dict[str, Any]]:
    """The town's pipes, some of them as a test wants them; None leaves one out."""
    rows = {key.replace("_", "-"): value for key, value in changed.items()}
    return [
        town.feature(shape, 管线编号=key, 压力级制=pressure, 管径=size)
        for key, (shape, pressure, size) in {**LINES, **{k: v for k, v in rows.items() if v is not None}}.items()
        if rows.get(key, 1) is not None
    ]


@pytest.fixture
def base(work: Work, town: Town, tmp_path: Path) -> Work:
    """The four pipes as the active version 1."""
    path = town.geojson(tmp_path / "base.geojson", features(town))
    service.import_network(work, READER, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    work.take_facts()
    return work


def give(work: Work, town: Town, rows: list[dict[str, Any]], tmp_path: Path, **options: Any) -> SyncReport:
    path = town.geojson(tmp_path / "delivery.geojson", rows)
    crs = options.pop("crs", "EPSG:4326")
    return service.sync(work, READER, path, crs=crs, options=SyncOptions(**options))


def versions(work: Work) -> list[tuple[int, bool]]:
    return [(one.number, one.active) for one in service.versions(work)]


def test_a_whole_delivery_says_added_changed_and_removed(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(
        town,
        G_1=None,
        G_2=("LINESTRING (0 30, 60 33, 120 60)", "中压A", 250),
        G_5=("LINESTRING (0 90, 100 90)", "低压", 63),
    )
    made = give(base, town, rows, tmp_path)
    assert [(one.pipe_id, one.kind.value) for one in made.changes] == [
        ("G-1", "removed"), ("G-2", "changed"), ("G-5", "added"),
    ]  # fmt: skip
    removed, changed, added = made.changes
    assert removed.metres_before == pytest.approx(120, abs=0.01)
    assert changed.moved_m == pytest.approx(3, abs=0.01)
    assert [(one.name, one.before, one.after) for one in changed.fields] == [("diameter_mm", "219", "250")]
    assert added.class_after is PressureClass.LOW
    assert added.metres_after == pytest.approx(100, abs=0.01)
    low = next(one for one in made.summary if one.pressure_class is PressureClass.LOW)
    assert (low.added, low.removed, low.changed) == (1, 1, 0)
    assert low.added_km == pytest.approx(0.1, abs=1e-4)
    assert versions(base) == [(2, True), (1, False)]
    active = next(one for one in service.versions(base) if one.active)
    assert sorted(one.pipe_id for one in service.pipes(base, active.id)) == ["G-2", "G-3", "G-4", "G-5"]


def test_the_same_delivery_again_is_no_new_version(base: Work, town: Town, tmp_path: Path) -> None:
    again = give(base, town, features(town), tmp_path)
    assert again.changes == ()
    assert again.imported.version is None
    rows = features(town, G_1=("LINESTRING (0 0, 130 0)", "低压", 110))
    assert give(base, town, rows, tmp_path).imported.version == 2
    base.take_facts()
    assert give(base, town, rows, tmp_path).imported.version is None
    assert versions(base) == [(2, True), (1, False)]
    assert base.take_facts() == []


def test_rows_in_another_order_change_nothing(base: Work, town: Town, tmp_path: Path) -> None:
    assert give(base, town, features(town)[::-1], tmp_path).changes == ()


def test_a_new_numbering_of_the_same_lines_is_no_network_removed(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town)
    rows[0]["properties"]["管线编号"] = "NEW-1"
    (one,) = give(base, town, rows, tmp_path).changes
    assert (one.kind, one.pipe_id, one.moved_m) == (ChangeKind.CHANGED, "NEW-1", None)
    assert [(each.name, each.before, each.after) for each in one.fields] == [("pipe_id", "G-1", "NEW-1")]


def test_a_partial_delivery_changes_what_it_names_alone(base: Work, town: Town, tmp_path: Path) -> None:
    rows = [
        town.feature("LINESTRING (0 0, 120 5)", 管线编号="G-1", 压力级制="低压", 管径=110, 操作="变更"),
        town.feature(None, 管线编号="G-2", 操作="删除"),
        town.feature("LINESTRING (0 90, 100 90)", 管线编号="G-9", 压力级制="低压", 管径=63, 操作="新增"),
    ]
    made = give(base, town, rows, tmp_path, partial=True)
    assert {one.pipe_id: one.kind.value for one in made.changes} == {"G-1": "changed", "G-2": "removed", "G-9": "added"}
    active = next(one for one in service.versions(base) if one.active)
    kept = service.pipes(base, active.id)
    assert sorted(one.pipe_id for one in kept) == ["G-1", "G-3", "G-4", "G-9"]
    assert [one.row for one in kept] == [1, 2, 3, 4]
    assert all("操作" not in one.extra for one in kept)
    again = give(base, town, rows, tmp_path, partial=True)
    assert again.imported.version is None
    assert any("G-2 is to be removed, but is not there" in words for _, words in again.imported.warnings)


def test_only_removals_are_a_partial_delivery_too(base: Work, town: Town, tmp_path: Path) -> None:
    made = give(base, town, [town.feature(None, 管线编号="G-1", op="delete")], tmp_path, partial=True)
    assert [(one.pipe_id, one.kind.value) for one in made.changes] == [("G-1", "removed")]


def test_a_pipe_whose_row_cannot_be_used_stays_as_it_was(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town)
    rows[1]["geometry"] = None
    made = give(base, town, rows, tmp_path)
    assert made.kept == ("G-2",)
    assert made.changes == ()
    assert any("G-2 cannot be used as it came" in words for _, words in made.imported.warnings)


def test_a_delivery_that_cannot_be_used_is_no_repeat(base: Work, town: Town, tmp_path: Path) -> None:
    """Nothing changes, because every pipe stays as it was: who sent it must hear of it all the same."""
    rows = features(town)
    for row in rows[:3]:
        row["geometry"] = None
    with pytest.raises(RefusedError, match="3 of 4"):
        give(base, town, rows, tmp_path)
    made = give(base, town, rows, tmp_path, allow_rejected=True)
    assert (made.changes, made.imported.version) == ((), None)
    assert versions(base) == [(1, True)]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"crs": None}, "--crs"),
    ({"key": "GUID"}, "--key"),
    ({"partial": True, "operation": "wie"}, "--operation"),
]


@pytest.mark.parametrize(("options", "field"), WRONG)
def test_what_cannot_be_compared_is_refused(
    base: Work, town: Town, tmp_path: Path, options: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        give(base, town, features(town), tmp_path, **options)
    assert refused.value.field == field
    assert refused.value.fix
    assert versions(base) == [(1, True)]


def test_a_duplicate_id_is_refused_with_its_rows(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town)
    rows[1]["properties"]["管线编号"] = "G-1"
    with pytest.raises(InputError, match="stand on several rows") as refused:
        give(base, town, rows, tmp_path)
    assert refused.value.field == "id, rows 1, 2"
    made = give(base, town, rows, tmp_path, allow_parts=True)
    assert {one.pipe_id for one in made.changes} == {"G-1", "G-2"}


def test_a_removal_in_a_whole_delivery_is_refused(base: Work, town: Town, tmp_path: Path) -> None:
    rows = [*features(town), town.feature(None, 管线编号="G-1", op="delete")]
    with pytest.raises(InputError, match="not called partial"):
        give(base, town, rows, tmp_path)


def test_removed_and_described_at_once_is_refused(base: Work, town: Town, tmp_path: Path) -> None:
    rows = [
        town.feature("LINESTRING (0 0, 120 5)", 管线编号="G-1", op="change"),
        town.feature(None, 管线编号="G-1", op="delete"),
    ]
    with pytest.raises(InputError, match="at once"):
        give(base, town, rows, tmp_path, partial=True)
    with pytest.raises(InputError, match="is no operation"):
        give(base, town, [town.feature("LINESTRING (0 0, 1 5)", 管线编号="G-1", op="???")], tmp_path, partial=True)


def test_a_weaker_class_is_said_loudly_and_refused(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, G_3=("LINESTRING (0 -20, 900 -25)", "低压", 711))
    with pytest.raises(RefusedError, match=r"DANGER: 1 pipes would count as weaker.*G-3 \(high to low\)"):
        give(base, town, rows, tmp_path)
    assert versions(base) == [(1, True)]
    dry = give(base, town, rows, tmp_path, dry_run=True)
    assert dry.imported.would_be_refused[0].startswith("pressure class: DANGER")
    made = give(base, town, rows, tmp_path, allow_downgrade=True)
    assert made.changes[0].downgrade
    assert made.as_json()["downgrades"] == [{"pipe_id": "G-3", "before": "high", "after": "low"}]


def test_a_stronger_class_is_taken(base: Work, town: Town, tmp_path: Path) -> None:
    made = give(base, town, features(town, G_1=("LINESTRING (0 0, 120 0)", "高压", 110)), tmp_path)
    assert made.downgrades == ()
    assert made.imported.version == 2


def test_a_weaker_class_under_a_new_id_is_seen_by_its_line(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, G_3=None, X_3=("LINESTRING (0 -20, 900 -25)", "低压", 711))
    with pytest.raises(RefusedError, match="DANGER"):
        give(base, town, rows, tmp_path)


@pytest.mark.parametrize("option", ["allow_shift", "allow_shrink"])
def test_the_guards_of_an_import_hold(base: Work, town: Town, tmp_path: Path, option: str) -> None:
    if option == "allow_shift":
        moved = {
            key.replace("-", "_"): (shapely.affinity.translate(shapely.from_wkt(shape), 40, 0).wkt, pressure, size)
            for key, (shape, pressure, size) in LINES.items()
        }
        rows = features(town, **moved)
    else:
        rows = features(town, G_3=None)
    with pytest.raises(RefusedError):
        give(base, town, rows, tmp_path)
    assert versions(base) == [(1, True)]
    assert give(base, town, rows, tmp_path, **{option: True}).imported.version == 2


def test_a_delivery_that_removes_everything_is_refused(base: Work, town: Town, tmp_path: Path) -> None:
    rows = [town.feature(None, 管线编号=key, op="delete") for key in LINES]
    with pytest.raises(RefusedError, match="removes every pipe"):
        give(base, town, rows, tmp_path, partial=True, allow_shrink=True)


def test_without_a_network_there_is_nothing_to_compare_with(work: Work, town: Town, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no active network"):
        give(work, town, features(town), tmp_path)


def test_a_dry_run_writes_nothing(base: Work, town: Town, tmp_path: Path) -> None:
    made = give(base, town, features(town, G_1=None), tmp_path, dry_run=True)
    assert [one.pipe_id for one in made.changes] == ["G-1"]
    assert versions(base) == [(1, True)]
    assert base.take_facts() == []
    assert base.session.scalar(select(func.count()).select_from(store.changes.ChangeRow)) == 0


def test_a_column_that_is_no_key_is_refused(base: Work, town: Town, tmp_path: Path) -> None:
    rows = [town.feature(f"LINESTRING (0 {n}, 120 {n})", 标段="A") for n in range(5)]
    with pytest.raises(InputError, match="repeats itself") as refused:
        give(base, town, rows, tmp_path, key="标段")
    assert refused.value.field == "--key"


def test_what_changed_is_told_by_its_ground(base: Work, town: Town, tmp_path: Path) -> None:
    give(base, town, features(town, G_2=("LINESTRING (0 30, 60 40, 120 60)", "中压A", 219)), tmp_path)
    facts = base.take_facts()
    assert {one.kind for one in facts} == {NETWORK_CHANGED}
    boxes = [one.bounds for one in service.changed_boxes(base, [one.fact_id for one in facts])]

    def told(metres: tuple[float, float]) -> bool:
        lon, lat = town.lonlat([metres])[0]
        return any(west < lon < east and south < lat < north for west, south, east, north in boxes)

    assert all(told(metres) for metres in [(60, 40), (60, -900), (-700, 40)])
    assert not told((60_000, 0))


def test_a_map_with_another_outline_is_told_whole(base: Work, town: Town, tmp_path: Path) -> None:
    give(base, town, features(town, G_9=("LINESTRING (0 90, 5000 90)", "低压", 63)), tmp_path, allow_shift=True)
    boxes = service.changed_boxes(base, [one.fact_id for one in base.take_facts()])
    assert len(boxes) == 1
    west, _, east, _ = boxes[0].bounds
    assert town.lonlat([(-5100, 0)])[0][0] > west
    assert town.lonlat([(10_000, 0)])[0][0] < east


def test_the_diff_is_kept_with_the_version_and_read_in_pages(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, G_1=None, G_5=("LINESTRING (0 90, 100 90)", "低压", 63))
    made = give(base, town, rows, tmp_path)
    version = made.imported.version_id
    assert version is not None
    root = people.operator(base.tenant_id)
    first = service.network_diff(base, root, version, limit=1)
    assert [one.pipe_id for one in first.changes] == ["G-1"]
    assert first.summary == made.summary
    assert first.last == 1
    second = service.network_diff(base, root, version, after=first.last, limit=1)
    assert [one.pipe_id for one in second.changes] == ["G-5"]
    assert second.last is None
    assert replace(second.changes[0], bounds=(0, 0, 0, 0)) == replace(made.changes[1], bounds=(0, 0, 0, 0))


def test_a_version_imported_whole_has_no_diff(base: Work) -> None:
    (one,) = service.versions(base)
    with pytest.raises(RefusedError, match="imported whole"):
        service.network_diff(base, people.operator(base.tenant_id), one.id)


def test_a_rollback_undoes_a_delivery(base: Work, town: Town, tmp_path: Path) -> None:
    give(base, town, features(town, G_1=None), tmp_path)
    assert service.rollback(base, next(iter(service.versions(base))).regime).number == 1
    assert base.take_facts()[-1].kind == NETWORK_CHANGED
    assert give(base, town, features(town, G_1=None), tmp_path).imported.version == 3


def test_half_a_pipe_is_not_delivered(base: Work, town: Town, tmp_path: Path) -> None:
    parts = [*features(town), town.feature("LINESTRING (120 0, 300 0)", 管线编号="G-1", 压力级制="低压", 管径=110)]
    assert give(base, town, parts, tmp_path, allow_parts=True).imported.version == 2
    parts[-1]["geometry"] = None
    made = give(base, town, parts, tmp_path)
    assert (made.kept, made.changes) == (("G-1",), ())


def test_a_row_that_stands_twice_keeps_nothing_back(base: Work, town: Town, tmp_path: Path) -> None:
    rows = features(town, G_1=("LINESTRING (0 0, 120 4)", "低压", 110))
    made = give(base, town, [*rows, rows[0]], tmp_path)
    assert (made.kept, [one.pipe_id for one in made.changes]) == ((), ["G-1"])
