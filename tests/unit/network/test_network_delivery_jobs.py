"""Deliveries at the door and behind it: whose they are, in which order, and what a fault in the middle leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy.exc import OperationalError

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.network import jobs, service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts.change import NETWORK_CHANGED, SyncJob, SyncOptions, SyncState
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, Actor, ActorKind, ForbiddenError, Grant, NotFoundError, Role, Scope

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

READER = FileReader()


@dataclass(frozen=True)
class Place:
    """A tenant of its own in the home that really commits, with what it delivers."""

    home: Home
    tenant_id: UUID
    blobs: BlobStore
    town: Town

    def begin(self) -> AbstractContextManager[Work]:
        return self.home.factory.begin(self.tenant_id)

    def body(self, count: int = 2, pressure: str = "高压") -> bytes:
        rows = [
            self.town.feature(f"LINESTRING (0 {9 * n}, 900 {9 * n})", id=f"G-{n}", pressure=pressure)
            for n in range(count)
        ]
        return json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False).encode()

    def ask(self, content: bytes, actor: Actor | None = None, **more: Any) -> SyncJob:
        said: dict[str, Any] = {"name": "d.geojson", "crs": "EPSG:4326", "options": SyncOptions()} | more
        with self.begin() as work:
            return service.ask_sync(work, self.blobs, actor or people.operator(self.tenant_id), content, **said)

    def job(self, one: SyncJob, actor: Actor | None = None) -> SyncJob:
        with self.begin() as work:
            return service.sync_job(work, actor or people.operator(self.tenant_id), one.id)

    def versions(self) -> list[int]:
        with self.begin() as work:
            return [one.number for one in service.versions(work)]

    def actor(self, *permissions: str) -> Actor:
        grants = tuple(Grant(one, Scope.TENANT, self.tenant_id, None, Role.TENANT_ADMIN) for one in permissions)
        return Actor(kind=ActorKind.PERSON, id=UUID(int=9), name="p", tenant_id=self.tenant_id, grants=grants)

    def work_off(self, reader: Any = READER) -> int:
        return jobs.work_off(self.home.factory.begin, reader, self.blobs)


def place(home: Home, town: Town, folder: Path) -> Place:
    with home.work() as work:
        tenant = people.ensure_tenant(work.session, work.clock, work.ids, f"gis-{work.ids.new()}")
    made = Place(home, tenant.id, BlobStore(folder / "blobs"), town)
    path = town.geojson(folder / "base.geojson", [town.feature("LINESTRING (0 0, 900 0)", id="G-0", pressure="高压")])
    with made.begin() as work:
        service.import_network(work, READER, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    return made


@pytest.fixture
def gis(home: Home, town: Town, tmp_path: Path) -> Place:
    return place(home, town, tmp_path)


@pytest.fixture
def next_door(home: Home, town: Town, tmp_path: Path) -> Place:
    return place(home, town, tmp_path)


def test_another_tenants_delivery_is_not_there(gis: Place, next_door: Place) -> None:
    """Its name, its options and its report tell of a network that is a secret."""
    job = gis.ask(gis.body())
    for asked, actor, refused in (
        (next_door, next_door.actor("network:import"), NotFoundError),
        (next_door, gis.actor("network:read"), ForbiddenError),
        (gis, next_door.actor("network:import"), NotFoundError),
        (gis, gis.actor("network:read"), ForbiddenError),
    ):
        with pytest.raises(refused):
            asked.job(job, actor)
    assert gis.job(job, gis.actor("network:import")).name == "d.geojson"
    assert gis.work_off() == 1


def test_who_may_not_import_delivers_nothing(gis: Place, next_door: Place) -> None:
    for actor, refused in (
        (gis.actor("network:read", "network:decide"), ForbiddenError),
        (next_door.actor("network:import"), NotFoundError),
    ):
        with pytest.raises(refused):
            gis.ask(gis.body(), actor)
    assert gis.work_off() == 0


def test_the_oldest_goes_first_whosever_it_is_and_each_into_its_own_network(gis: Place, next_door: Place) -> None:
    first, second, third = gis.ask(gis.body(2)), next_door.ask(next_door.body(3)), gis.ask(gis.body(4))
    assert gis.work_off() == 3
    done = [gis.job(first), next_door.job(second), gis.job(third)]
    assert [one.state for one in done] == [SyncState.DONE] * 3
    ended = [one.ended_at for one in done if one.ended_at is not None]
    assert ended == sorted(ended)
    assert (gis.versions(), next_door.versions()) == ([3, 2, 1], [2, 1])
    reports = [one.report for one in done if one.report is not None]
    assert [(one["base"], one["added"]) for one in reports] == [(1, 1), (1, 2), (2, 2)]


def test_a_full_door_of_one_tenant_shuts_nobody_elses(gis: Place, next_door: Place) -> None:
    for _ in range(5):
        gis.ask(gis.body())
    assert next_door.ask(next_door.body()).state is SyncState.WAITING
    assert gis.work_off() == 6


def test_what_guards_were_taken_off_is_on_record(gis: Place) -> None:
    job = gis.ask(gis.body(), options=SyncOptions(allow_downgrade=True, partial=True, key="id"))
    with gis.begin() as work:
        (entry,) = [one for one in people.read(work, people.operator(gis.tenant_id)) if one.object_id == str(job.id)]
    assert entry.act == "network.sync_asked"
    assert set(json.loads(entry.details)["options"]) == {"allow_downgrade", "partial"}
    assert gis.job(job).options == SyncOptions(allow_downgrade=True, partial=True, key="id")
    gis.work_off()


def test_a_dry_run_over_http_reports_and_writes_nothing(gis: Place) -> None:
    job = gis.ask(gis.body(3), options=SyncOptions(dry_run=True))
    gis.work_off()
    done = gis.job(job)
    assert done.report is not None
    assert (done.state, done.report["version"], done.report["added"]) == (SyncState.DONE, None, 2)
    assert gis.versions() == [1]


def test_a_database_that_goes_away_is_no_answer_and_the_next_worker_says_so(gis: Place) -> None:
    """The delivery stays under way; whoever comes next finds a dead hand's work and does not do it twice."""

    class Away(FileReader):
        def read(self, path: Path) -> Any:
            raise OperationalError("select 1", {}, Exception(f"gone {path.name}"))

    job = gis.ask(gis.body())
    with pytest.raises(OperationalError):
        gis.work_off(Away())
    assert gis.job(job).state is SyncState.RUNNING
    assert gis.versions() == [1]
    gis.work_off()
    found = gis.job(job)
    assert found.state is SyncState.FAILED
    assert found.report is not None
    assert "send the file again" in str(found.report["fix"])
    assert gis.versions() == [1]
    again = gis.ask(gis.body())
    gis.work_off()
    assert gis.job(again).state is SyncState.DONE


def test_a_fault_after_the_last_row_leaves_no_version_and_tells_nobody(
    gis: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version, its diff, what is told and the report are one transaction."""
    whole = service.note_sync
    told: list[str] = []

    def breaks(work: Work, sync_id: UUID, state: SyncState, **values: Any) -> None:
        if state is SyncState.DONE:
            told.extend(one.kind for one in work.take_facts())
            raise RuntimeError("the disk is full")
        whole(work, sync_id, state, **values)

    monkeypatch.setattr(service, "note_sync", breaks)
    job = gis.ask(gis.body())
    gis.work_off()
    assert NETWORK_CHANGED in told, "it broke after everything was written"
    assert gis.job(job).state is SyncState.FAILED
    assert gis.versions() == [1]
    with gis.begin() as work:
        (only,) = service.versions(work)
        assert [one.pipe_id for one in service.pipes(work, only.id)] == ["G-0"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x00\x01\x02", "d.geojson"),
        (b'{"type": "FeatureCollection", "features": [', "d.geojson"),
        (b'{"type": "FeatureCollection", "features": []}', "d.geojson"),
        (b"PK\x03\x04not a zip", "d.zip"),
        (b"id,wkt\n1", "d.csv"),
        (b"whatever", "d.exe"),
        (b"whatever", "d"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_field_and_fix(gis: Place, content: bytes, name: str) -> None:
    job = gis.ask(content, name=name)
    gis.work_off()
    found = gis.job(job)
    assert found.state is SyncState.REFUSED, found.report
    assert found.report is not None
    assert found.report["field"]
    assert found.report["fix"]
    assert "/tmp" not in json.dumps(found.report), "whoever sent it learns nothing of our disk"  # noqa: S108
    assert gis.versions() == [1]


@pytest.mark.parametrize(
    "name", ["a/b.geojson", "..\\x.geojson", "x\n.geojson", "n" * 121, "\x00", ".", "..", "管" * 86]
)
def test_a_name_that_is_a_path_is_refused(gis: Place, name: str) -> None:
    with pytest.raises(InputError) as refused:
        gis.ask(gis.body(), name=name)
    assert refused.value.field == "name"


@pytest.mark.parametrize("name", ["管" * 85, "廊坊 管网.geojson", "-rf.geojson"])
def test_a_name_of_any_tongue_is_taken_and_done(gis: Place, name: str) -> None:
    job = gis.ask(gis.body(), name=name)
    gis.work_off()
    assert gis.job(job).state is SyncState.DONE, gis.job(job).report


def test_the_platform_begins_and_the_tenant_writes(gis: Place) -> None:
    """A sweep looks over all tenants; what it writes is written as the tenant whose delivery it is."""
    seen: list[UUID] = []

    def begin(tenant_id: UUID) -> AbstractContextManager[Work]:
        seen.append(tenant_id)
        return gis.home.factory.begin(tenant_id)

    gis.ask(gis.body())
    jobs.work_off(begin, READER, gis.blobs)
    assert set(seen) == {PLATFORM, gis.tenant_id}
    assert seen[0] == seen[-1] == PLATFORM
    with gis.begin() as work:
        assert all(one.tenant_id == gis.tenant_id for one in service.versions(work))
