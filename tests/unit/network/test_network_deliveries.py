"""Deliveries over HTTP: kept at the door, worked off whole or refused with field and fix, a dead hand's not again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import jobs, service
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts.change import SyncJob, SyncOptions, SyncState
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path
    from uuid import UUID

    from tests.unit.network.conftest import Town

    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home

READER = FileReader()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@dataclass(frozen=True)
class Place:
    """A tenant of its own in the home that really commits: a delivery's progress goes by a second connection."""

    home: Home
    tenant_id: UUID

    def begin(self) -> AbstractContextManager[Work]:
        return self.home.factory.begin(self.tenant_id)


@pytest.fixture
def base(home: Home, town: Town, tmp_path: Path) -> Place:
    with home.work() as work:
        tenant = people.ensure_tenant(work.session, work.clock, work.ids, f"gis-{work.ids.new()}")
    place = Place(home, tenant.id)
    rows = [town.feature("LINESTRING (0 0, 900 0)", id="G-1", pressure="高压")]
    path = town.geojson(tmp_path / "base.geojson", rows)
    with place.begin() as work:
        service.import_network(work, READER, path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")
    return place


def body(town: Town, pressure: str = "高压") -> bytes:
    rows = [
        town.feature("LINESTRING (0 0, 900 0)", id="G-1", pressure=pressure),
        town.feature("LINESTRING (0 9, 900 9)", id="G-2", pressure="低压"),
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows}, ensure_ascii=False).encode()


def asked(place: Place, blobs: BlobStore, content: bytes, **more: Any) -> SyncJob:
    said: dict[str, Any] = {"name": "d.geojson", "crs": "EPSG:4326", "options": SyncOptions()} | more
    with place.begin() as work:
        return service.ask_sync(work, blobs, people.operator(place.tenant_id), content, **said)


def worked_off(place: Place, blobs: BlobStore, reader: Any = READER) -> int:
    return jobs.work_off(place.home.factory.begin, reader, blobs)


def found(place: Place, job: SyncJob) -> SyncJob:
    with place.begin() as work:
        return service.sync_job(work, people.operator(place.tenant_id), job.id)


def versions(place: Place) -> list[int]:
    with place.begin() as work:
        return [one.number for one in service.versions(work)]


def test_a_delivery_is_applied_and_its_report_read(base: Place, town: Town, blobs: BlobStore) -> None:
    job = asked(base, blobs, body(town))
    assert found(base, job).state is SyncState.WAITING
    assert worked_off(base, blobs) == 1
    done = found(base, job)
    assert done.state is SyncState.DONE
    assert done.report is not None
    assert (done.report["version"], done.report["added"], done.report["changed"]) == (2, 1, 0)
    assert (done.done, done.total) == (2, 2)
    assert done.started_at is not None
    assert worked_off(base, blobs) == 0


def test_a_refused_delivery_says_field_and_fix_and_holds_up_no_other(base: Place, town: Town, blobs: BlobStore) -> None:
    bad, good = asked(base, blobs, body(town, "低压")), asked(base, blobs, body(town))
    assert worked_off(base, blobs) == 2
    refused = found(base, bad)
    assert refused.state is SyncState.REFUSED
    assert refused.report is not None
    assert refused.report["field"] == "pressure class"
    assert "DANGER" in str(refused.report["problem"])
    assert found(base, good).state is SyncState.DONE
    assert versions(base) == [2, 1]


def test_what_a_dead_hand_left_is_not_tried_again(base: Place, town: Town, blobs: BlobStore) -> None:
    job = asked(base, blobs, body(town))
    with base.begin() as work:
        service.note_sync(work, job.id, SyncState.RUNNING)
    worked_off(base, blobs)
    assert found(base, job).state is SyncState.FAILED
    assert versions(base) == [1]


def test_a_fault_of_ours_tells_nobody_its_words(base: Place, town: Town, blobs: BlobStore) -> None:
    class Broken(FileReader):
        def read(self, path: Path) -> Any:
            raise ValueError(f"/secret/{path}")

    job = asked(base, blobs, body(town))
    worked_off(base, blobs, Broken())
    broken = found(base, job)
    assert broken.state is SyncState.FAILED
    assert "secret" not in str(broken.report)


WRONG = [
    ({"crs": ""}, "--crs"),
    ({"crs": "EPSG:1"}, "--crs"),
    ({"mapping": "../../etc/passwd"}, "mapping"),
    ({"name": "../x.geojson"}, "name"),
    ({"name": ""}, "name"),
]


@pytest.mark.parametrize(("said", "field"), WRONG)
def test_what_can_be_refused_at_the_door_is(base: Place, blobs: BlobStore, said: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        asked(base, blobs, b"{}", **said)
    assert refused.value.field == field


def test_an_empty_body_and_too_many_are_refused(base: Place, town: Town, blobs: BlobStore) -> None:
    with pytest.raises(InputError, match="empty"):
        asked(base, blobs, b"")
    for _ in range(5):
        asked(base, blobs, body(town))
    with pytest.raises(RefusedError, match="wait already"):
        asked(base, blobs, body(town))
    assert worked_off(base, blobs) == 5


def test_a_delivery_that_never_was_is_not_there(base: Place) -> None:
    with base.begin() as work, pytest.raises(NotFoundError):
        service.sync_job(work, people.operator(base.tenant_id), work.ids.new())
