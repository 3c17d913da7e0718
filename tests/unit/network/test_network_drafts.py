"""Drafts: a map is looked at, told how to be read, compared and confirmed; nothing holds before the last yes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import jobs, service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts.change import NETWORK_CHANGED, ChangeKind
from pipewarden.network.facts.draft import Choice, Draft, DraftState, FieldChoice, Guard
from pipewarden.network.rules.tiles import Square
from pipewarden.people import service as people
from pipewarden.people.facts import Actor, ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

READER = FileReader()
PLAIN = Choice("EPSG:4326", "CN-HE-langfang", None, None)
BOSS = ("network:read", "network:import", "network:activate")


@dataclass(frozen=True)
class Place:
    """A tenant of its own in the home that really commits."""

    home: Home
    tenant_id: UUID
    blobs: BlobStore
    town: Town

    def begin(self) -> AbstractContextManager[Work]:
        return self.home.factory.begin(self.tenant_id)

    def actor(self, *permissions: str) -> Actor:
        grants = tuple(Grant(one, Scope.TENANT, self.tenant_id, None, Role.TENANT_ADMIN) for one in permissions or BOSS)
        return Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=self.tenant_id, grants=grants)

    def body(self, *rows: tuple[str, str, str], key: str = "id", word: str = "pressure") -> bytes:
        made = [self.town.feature(line, **{key: name, word: said}) for name, line, said in rows]
        return json.dumps({"type": "FeatureCollection", "features": made}, ensure_ascii=False).encode()

    def file(self, content: bytes, name: str = "廊坊.geojson") -> Draft:
        with self.begin() as work:
            one = service.begin_draft(work, self.blobs, self.actor(), content, name)
        self.work_off()
        return self.draft(one)

    def draft(self, one: Draft, actor: Actor | None = None) -> Draft:
        with self.begin() as work:
            return service.draft(work, actor or self.actor(), one.id)

    def choose(self, one: Draft, choice: Choice = PLAIN) -> Draft:
        with self.begin() as work:
            service.choose(work, self.actor(), one.id, choice)
        self.work_off()
        return self.draft(one)

    def activate(self, one: Draft, *confirmed: Guard) -> Draft:
        with self.begin() as work:
            service.activate_draft(work, self.actor(), one.id, confirmed, "季度更新")
        self.work_off()
        return self.draft(one)

    def changes(self, one: Draft, **asked: Any) -> list[tuple[str, str]]:
        said = {"kind": None, "moved": None, "after": 0, "limit": 50} | asked
        with self.begin() as work:
            found = service.draft_changes(work, self.actor(), one.id, **said)
        return [(each.pipe_id, each.kind.value) for _, each in found]

    def versions(self) -> list[tuple[int, bool]]:
        with self.begin() as work:
            return [(one.number, one.active) for one in service.versions(work)]

    def work_off(self, reader: Any = READER) -> int:
        return jobs.work_off_drafts(self.home.factory.begin, reader, self.blobs)


def line(metres: int) -> str:
    return f"LINESTRING (0 {metres}, 900 {metres})"


BASE = tuple((f"G-{n}", line(40 * n), "高压") for n in range(6))


def place(home: Home, town: Town, folder: Path) -> Place:
    with home.work() as work:
        tenant = people.ensure_tenant(work.session, work.clock, work.ids, f"dr-{work.ids.new()}")
    return Place(home, tenant.id, BlobStore(folder / "blobs"), town)


@pytest.fixture
def empty(home: Home, town: Town, tmp_path: Path) -> Place:
    return place(home, town, tmp_path)


@pytest.fixture
def gis(empty: Place) -> Place:
    path = empty.town.geojson(
        empty.blobs.root.parent / "base.geojson",
        [empty.town.feature(shape, id=name, pressure=said) for name, shape, said in BASE],
    )
    with empty.begin() as work:
        service.import_network(work, READER, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    return empty


def test_a_map_goes_in_step_by_step_and_nothing_holds_before_the_last_yes(gis: Place) -> None:
    rows = (*BASE[1:5], ("G-5", line(205), "高压"), ("G-7", line(300), "中压A"))
    one = gis.file(gis.body(*rows))
    assert (one.state, one.found is not None and one.found["rows"]) == (DraftState.READ, 6)
    one = gis.choose(one)
    assert one.report is not None, one.problem
    assert one.state is DraftState.COMPARED
    counted = {name: one.report[name] for name in ("added", "removed", "moved", "changed", "base", "guards")}
    assert counted == {"added": 1, "removed": 1, "moved": 1, "changed": 0, "base": 1, "guards": []}
    assert gis.changes(one) == [("G-0", "removed"), ("G-5", "changed"), ("G-7", "added")]
    assert gis.changes(one, kind=ChangeKind.CHANGED, moved=True) == [("G-5", "changed")]
    assert gis.changes(one, kind=ChangeKind.CHANGED, moved=False) == []
    assert gis.changes(one, after=1, limit=1) == [("G-5", "changed")]
    assert gis.versions() == [(1, True)]
    one = gis.activate(one)
    assert (one.state, gis.versions()) == (DraftState.ACTIVE, [(2, True), (1, False)])
    with gis.begin() as work:
        newest = service.versions(work)[0]
        diff = service.network_diff(work, gis.actor(), newest.id)
    assert (newest.id, newest.source, newest.why, newest.made_by) == (
        one.version_id, "廊坊.geojson", "季度更新", f"person:{UUID(int=9)}",
    )  # fmt: skip
    assert [each.pipe_id for each in diff.changes] == ["G-0", "G-5", "G-7"]


def test_the_first_map_of_a_tenant_is_all_added_and_compared_with_nothing(empty: Place) -> None:
    one = empty.choose(empty.file(empty.body(*BASE)))
    assert one.report is not None
    assert (one.report["base"], one.report["added"], one.report["shift"]) == (None, 6, None)
    assert empty.activate(one).state is DraftState.ACTIVE
    assert empty.versions() == [(1, True)]


def test_a_wrong_system_is_seen_and_must_be_confirmed_by_itself(gis: Place) -> None:
    """The same degrees called GCJ-02 move the whole network by half a kilometre: told, and refused without a yes."""
    one = gis.file(gis.body(*BASE))
    assert one.found is not None
    first, *_ = one.found["candidates"]
    assert first["crs"] in {"EPSG:4326", "EPSG:4490"}
    assert first["off_m"] < 15
    shifted = next(each for each in one.found["candidates"] if each["crs"] == "GCJ-02")
    assert 300 < shifted["off_m"] < 1000
    one = gis.choose(one, replace(PLAIN, crs="GCJ-02"))
    assert one.report is not None
    assert [each["guard"] for each in one.report["guards"]] == ["shift"]
    assert (one.report["moved"], one.report["shift"]["median_m"] > 300) == (6, True)
    with gis.begin() as work, pytest.raises(RefusedError) as refused:
        service.activate_draft(work, gis.actor(), one.id, [Guard.SHRINK], "x")
    assert (refused.value.field, "shift" in refused.value.problem) == ("confirmed", True)
    assert gis.activate(one, Guard.SHIFT).state is DraftState.ACTIVE


def test_a_system_that_cannot_hold_the_file_is_refused_and_another_can_be_chosen(gis: Place) -> None:
    one = gis.choose(gis.file(gis.body(*BASE)), replace(PLAIN, crs="EPSG:4547"))
    assert one.state is DraftState.READ
    assert one.problem is not None
    assert "look like degrees" in one.problem["problem"]
    one = gis.choose(one)
    assert (one.state, one.problem) == (DraftState.COMPARED, None)


def test_what_shrinks_and_what_becomes_weaker_is_each_asked(gis: Place) -> None:
    rows = [(name, shape, "低压") for name, shape, _ in BASE[:3]]
    one = gis.choose(gis.file(gis.body(*rows)))
    assert one.guards == {Guard.SHRINK, Guard.DOWNGRADE}
    assert one.report is not None
    assert one.report["downgrades"] == 3
    with gis.begin() as work, pytest.raises(RefusedError, match="downgrade"):
        service.activate_draft(work, gis.actor(), one.id, [Guard.SHRINK], "x")
    assert gis.activate(one, Guard.SHRINK, Guard.DOWNGRADE).state is DraftState.ACTIVE


def test_somebody_elses_version_in_between_sends_it_back_to_be_compared_again(gis: Place) -> None:
    first, second = (gis.choose(gis.file(gis.body(*BASE, ("N", line(m), "高压")))) for m in (300, 400))
    gis.activate(first)
    second = gis.activate(second)
    assert second.state is DraftState.COMPARED
    assert second.problem is not None
    assert "another version" in second.problem["problem"]
    assert gis.versions() == [(2, True), (1, False)]


def test_columns_of_other_names_are_told_and_read_as_a_person_says(gis: Place) -> None:
    one = gis.file(gis.body(("G-0", line(0), "甲级"), ("G-1", line(40), "低压"), key="bh", word="yl"))
    fields = [("id", FieldChoice("bh")), ("pressure", FieldChoice("yl", "label"))]
    with gis.begin() as work:
        before = {each["field"]: each for each in service.draft_fields(work, gis.actor(), one.id, None, [])}
        after = {each["field"]: each for each in service.draft_fields(work, gis.actor(), one.id, None, fields)}
    assert (before["id"]["column"], before["pressure"]["column"]) == (None, None)
    assert (after["id"]["column"], after["pressure"]["unread"]) == ("bh", 1)
    words = {each["value"]: each["read"] for each in after["pressure"]["words"]}
    assert words == {"甲级": None, "低压": "low"}
    named = [*fields[:1], ("pressure", FieldChoice("yl", "label", (("甲级", "high"),)))]
    one = gis.choose(one, replace(PLAIN, fields=tuple(named)))
    assert one.report is not None
    assert (one.report["unknown"]["pressure_class"], one.report["downgrades"]) == (0, 1)


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (replace(PLAIN, crs="nonsense"), "--crs"),
        (replace(PLAIN, jurisdiction="CN-HE-langfan"), "--jurisdiction"),
        (replace(PLAIN, mapping="../roles"), "mapping"),
        (replace(PLAIN, fields=(("id", FieldChoice("not there")),)), "fields.id"),
        (replace(PLAIN, fields=(("depth", FieldChoice("id", "miles")),)), "mapping: "),
        (replace(PLAIN, fields=(("pressure", FieldChoice("id", "label", (("a", "b"),))),)), "mapping: "),
    ],
)
def test_a_choice_that_cannot_be_is_refused_at_once(gis: Place, choice: Choice, field: str) -> None:
    one = gis.file(gis.body(*BASE))
    with gis.begin() as work, pytest.raises(InputError) as refused:
        service.choose(work, gis.actor(), one.id, choice)
    assert str(refused.value.field).startswith(field)
    assert gis.draft(one).state is DraftState.READ


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"PK\x03\x04not a zip", "d.zip"),
        (b'{"type": "FeatureCollection", "features": [', "d.geojson"),
        (b"SQLite format 3\x00" + b"\xff" * 200, "d.gpkg"),
        (b"[" * 100_000, "d.geojson"),
        (b"\x00\x00\x27\x0a" + b"\x00" * 96, "d.shp"),
        (b"id,wkt\n1,NOT WKT", "d.csv"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><kml>&b;</kml>", "d.kml"),
    ],
)
def test_a_hostile_file_is_refused_with_field_and_fix_and_holds_nobody_up(
    gis: Place, content: bytes, name: str
) -> None:
    one = gis.file(content, name)
    if one.state is DraftState.READ:  # the words of a table are rows; none of them is a place
        one = gis.choose(one)
    assert one.state in {DraftState.UNREADABLE, DraftState.READ}
    assert one.problem is not None
    assert one.problem["fix"]
    assert "/tmp" not in json.dumps(one.problem)  # noqa: S108
    assert "root:" not in json.dumps(one.found or {})
    assert gis.versions() == [(1, True)]
    assert gis.file(gis.body(*BASE)).state is DraftState.READ


def test_who_may_not_and_who_is_of_another_tenant_sees_no_draft(gis: Place, home: Home, tmp_path: Path) -> None:
    other = place(home, gis.town, tmp_path / "other")
    one = gis.choose(gis.file(gis.body(*BASE)))
    for where, actor, refused in (
        (other, other.actor(), NotFoundError),
        (gis, gis.actor("network:read", "network:decide"), ForbiddenError),
        (gis, other.actor(), NotFoundError),
    ):
        with pytest.raises(refused):
            where.draft(one, actor)
        with where.begin() as work, pytest.raises(refused):
            service.draft_tile(work, actor, one.id, Square(14, 13510, 6200))
    with gis.begin() as work, pytest.raises(ForbiddenError):
        service.activate_draft(work, gis.actor("network:read", "network:import"), one.id, [], "x")
    with gis.begin() as work, pytest.raises(ForbiddenError):
        service.begin_draft(work, gis.blobs, gis.actor("network:read"), b"{}", "a.geojson")


def test_what_would_change_is_drawn_by_kind_where_it_lies(gis: Place) -> None:
    from mapbox_vector_tile import decode  # type: ignore[import-untyped]  # noqa: PLC0415  protobuf: only this test pays

    one = gis.choose(gis.file(gis.body(*BASE[1:5], ("G-5", line(260), "高压"), ("N", line(320), "高压"))))
    square = Square(14, 13503, 6232)
    with gis.begin() as work:
        here = decode(service.draft_tile(work, gis.actor(), one.id, square))
        away = service.draft_tile(work, gis.actor(), one.id, Square(14, 0, 0))
    drawn = {(each["properties"]["kind"], each["properties"]["pipe_id"]) for each in here["lines"]["features"]}
    assert drawn == {("removed", "G-0"), ("was", "G-5"), ("moved", "G-5"), ("added", "N")}
    assert away == b""


def test_one_goes_back_to_the_version_before_with_a_reason_and_forward_again(gis: Place) -> None:
    gis.activate(gis.choose(gis.file(gis.body(*BASE, ("N", line(300), "高压")))))
    with gis.begin() as work:
        second, first = service.versions(work)
    with gis.begin() as work, pytest.raises(RefusedError) as refused:
        service.activate_version(work, gis.actor(), first.id, seen=first.id, why="x")
    assert refused.value.field == "seen"
    with gis.begin() as work:
        made = service.activate_version(work, gis.actor(), first.id, seen=second.id, why="新图有错")
        told = [each.kind for each in work.take_facts()]
    assert (made.chosen_why, NETWORK_CHANGED in told) == ("新图有错", True)
    assert gis.versions() == [(2, False), (1, True)]
    with gis.begin() as work, pytest.raises(RefusedError):
        service.activate_version(work, gis.actor(), first.id, seen=first.id, why="x")
    with gis.begin() as work, pytest.raises(ForbiddenError):
        service.activate_version(work, gis.actor("network:import"), second.id, seen=first.id, why="x")
    with gis.begin() as work:
        service.activate_version(work, gis.actor(), second.id, seen=first.id, why="改好了")
        entries = people.read(work, people.operator(gis.tenant_id))
    assert gis.versions() == [(2, True), (1, False)]
    acts = [each.act for each in entries]
    assert acts.count("network.version_activated") == 2
    assert "network.draft_activated" in acts


def test_two_versions_are_held_beside_each_other(gis: Place) -> None:
    gis.activate(gis.choose(gis.file(gis.body(*BASE, ("N", line(300), "高压")))))
    with gis.begin() as work:
        second, first = service.versions(work)
        one = service.compare_versions(work, gis.actor(), second.id, first.id)
    gis.work_off()
    one = gis.draft(one)
    assert one.report is not None
    assert (one.state, one.name, one.report["removed"]) == (DraftState.COMPARED, "2 → 1", 1)
    assert gis.changes(one) == [("N", "removed")]
    with gis.begin() as work, pytest.raises(InputError):
        service.compare_versions(work, gis.actor(), first.id, first.id)
    with gis.begin() as work, pytest.raises(NotFoundError):
        service.compare_versions(work, gis.actor(), first.id, UUID(int=5))
    for act in (
        lambda work: service.activate_draft(work, gis.actor(), one.id, [], "x"),
        lambda work: service.choose(work, gis.actor(), one.id, PLAIN),
    ):
        with gis.begin() as work, pytest.raises(RefusedError):
            act(work)


def test_a_draft_that_was_given_up_is_gone_and_does_nothing_more(gis: Place) -> None:
    one = gis.choose(gis.file(gis.body(*BASE, ("N", line(300), "高压"))))
    with gis.begin() as work:
        service.discard(work, gis.actor(), one.id)
    with gis.begin() as work:
        assert one.id not in {each.id for each in service.drafts(work, gis.actor(), limit=9, after=None)}
    assert gis.changes(one) == []
    for act in (
        lambda work: service.choose(work, gis.actor(), one.id, PLAIN),
        lambda work: service.activate_draft(work, gis.actor(), one.id, [], "x"),
    ):
        with gis.begin() as work, pytest.raises(RefusedError, match="discarded"):
            act(work)


def test_a_worker_that_died_leaves_it_where_the_step_began(gis: Place) -> None:
    class Away(FileReader):
        def read(self, path: Path) -> Any:
            raise OperationalError("select 1", {}, Exception(f"gone {path.name}"))

    one = gis.file(gis.body(*BASE))
    with gis.begin() as work:
        service.choose(work, gis.actor(), one.id, PLAIN)
    with pytest.raises(OperationalError):
        gis.work_off(Away())
    assert gis.draft(one).state is DraftState.COMPARING
    gis.work_off()
    found = gis.draft(one)
    assert found.state is DraftState.READ
    assert found.problem is not None
    assert gis.choose(one).state is DraftState.COMPARED


def test_a_fault_of_ours_is_told_as_one_and_the_next_goes_on(gis: Place) -> None:
    class Broken(FileReader):
        def read(self, path: Path) -> Any:
            raise ValueError(f"a fault {path.name}")

    with gis.begin() as work:
        one = service.begin_draft(work, gis.blobs, gis.actor(), gis.body(*BASE), "a.geojson")
    gis.work_off(Broken())
    found = gis.draft(one)
    assert (found.state, found.problem and found.problem["field"]) == (DraftState.UNREADABLE, "network sync")


def test_no_more_than_five_wait(gis: Place) -> None:
    with gis.begin() as work:
        for n in range(5):
            service.begin_draft(work, gis.blobs, gis.actor(), b"{}", f"{n}.geojson")
        with pytest.raises(RefusedError):
            service.begin_draft(work, gis.blobs, gis.actor(), b"{}", "6.geojson")
    assert gis.work_off() == 5


@pytest.mark.parametrize(("content", "name", "field"), [(b"", "a.csv", "body"), (b"x", "a/b.csv", "name")])
def test_an_empty_file_and_a_path_are_refused_at_the_door(gis: Place, content: bytes, name: str, field: str) -> None:
    with gis.begin() as work, pytest.raises(InputError) as refused:
        service.begin_draft(work, gis.blobs, gis.actor(), content, name)
    assert refused.value.field == field
