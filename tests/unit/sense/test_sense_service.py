"""Cameras and observations on the real database: kept once, seen only by their tenant, in few statements."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.people import service as people
from pipewarden.sense import service, store
from pipewarden.sense.facts import OBSERVED, Health, NewCamera, NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CAMERA = NewCamera(
    key="cam-01", name="西北角", lon=116.7, lat=39.53, image_size=(1280, 720), calibration={"pose": {"lon": 116.7}}
)
START = datetime(2026, 11, 20, 1, tzinfo=UTC)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def new(jpeg: bytes) -> NewObservation:
    return NewObservation("cam-01", "0001", ObservationKind.FRAME, jpeg, "cam-01/0001.jpg")


@pytest.fixture
def other(work: Work) -> Work:
    tenant = people.ensure_tenant(work.session, work.clock, work.ids, "another")
    return Work(session=work.session, clock=work.clock, ids=work.ids, tenant_id=tenant.id)


def test_a_camera_is_registered_and_found(work: Work) -> None:
    made = service.register_camera(work, CAMERA)
    assert service.camera_by_key(work, "cam-01") == made
    assert service.cameras(work, [made.id, work.ids.new()]) == {made.id: made}
    assert (made.lon, made.lat, made.image_size) == (116.7, 39.53, (1280, 720))
    assert made.calibration == {"pose": {"lon": 116.7}}
    assert made.interval_s == 600
    assert service.camera_by_key(work, "cam-02") is None
    assert service.cameras(work, []) == {}


def test_registering_again_updates_and_keeps_the_id(work: Work) -> None:
    first = service.register_camera(work, CAMERA)
    again = service.register_camera(
        work, replace(CAMERA, name="moved", lon=None, lat=None, calibration=None, image_size=None)
    )
    assert again.id == first.id
    assert (again.name, again.lon, again.calibration, again.image_size) == ("moved", None, None, None)
    assert service.all_cameras(work) == [again]


def test_tenants_do_not_see_each_others_cameras(work: Work, other: Work) -> None:
    mine, theirs = service.register_camera(work, CAMERA), service.register_camera(other, CAMERA)
    assert mine.id != theirs.id
    assert service.cameras(work, [mine.id, theirs.id]) == {mine.id: mine}
    assert service.camera_by_key(other, "cam-01") == theirs


@pytest.mark.parametrize("change", [{"key": " "}, {"lon": None}, {"lat": 91.0}, {"lon": 181.0}, {"lon": float("nan")}])
def test_a_bad_camera_is_refused(work: Work, change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        service.register_camera(work, replace(CAMERA, **change))
    assert service.all_cameras(work) == []


def test_a_picture_is_kept_before_it_is_named(work: Work, blobs: BlobStore, new: NewObservation) -> None:
    made = service.observe(work, blobs, new)
    assert made.picture == hashlib.sha256(new.picture).hexdigest()
    assert blobs.get(made.picture) == new.picture
    assert made.received_at == work.now()
    assert service.observations(work, [made.id]) == {made.id: made}
    facts = work.take_facts()
    assert [(fact.kind, fact.fact_id, fact.partition) for fact in facts] == [(OBSERVED, made.id, work.own("cam-01"))]


def test_the_row_is_not_written_when_the_blob_is_not(
    work: Work, blobs: BlobStore, new: NewObservation, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = []

    def full(_self: BlobStore, content: bytes) -> str:
        faults.append(len(content))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BlobStore, "put", full)
    with pytest.raises(OSError, match="No space"):
        service.observe(work, blobs, new)
    assert faults == [len(new.picture)]
    assert store.by_source(work.session, work.tenant_id, "cam-01", "0001") is None
    assert work.take_facts() == []


def test_said_twice_is_kept_once_and_told_once(work: Work, blobs: BlobStore, new: NewObservation) -> None:
    first = service.observe(work, blobs, new)
    work.take_facts()
    assert service.observe(work, blobs, replace(new, picture_name="again.jpg")) == first
    assert work.take_facts() == []


def test_the_same_name_for_another_picture_is_refused(
    work: Work, blobs: BlobStore, new: NewObservation, make_picture: Callable[..., bytes]
) -> None:
    first = service.observe(work, blobs, new)
    work.take_facts()
    with pytest.raises(InputError, match="another picture") as caught:
        service.observe(work, blobs, replace(new, picture=make_picture("PNG")))
    assert caught.value.field == "source_id"
    assert work.take_facts() == []
    assert service.observations(work, [first.id])[first.id].picture == first.picture


def test_the_same_name_in_another_stream_or_tenant_is_another_thing(
    work: Work, other: Work, blobs: BlobStore, new: NewObservation
) -> None:
    made = [
        service.observe(work, blobs, new),
        service.observe(work, blobs, replace(new, stream="cam-02")),
        service.observe(other, blobs, new),
    ]
    assert len({one.id for one in made}) == 3
    assert set(service.observations(work, [one.id for one in made])) == {made[0].id, made[1].id}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stream": ""}, "stream"),
        ({"source_id": "a\0b"}, "source_id"),
        ({"picture_name": " "}, "picture_name"),
        ({"at": datetime(2026, 11, 20, 1)}, "at"),  # noqa: DTZ001  a time without a zone is the point
        ({"offset_s": -1.0}, "offset_s"),
        ({"offset_s": float("nan")}, "offset_s"),
    ],
)
def test_a_bad_observation_leaves_nothing(
    work: Work, blobs: BlobStore, new: NewObservation, change: dict[str, object], field: str
) -> None:
    with pytest.raises(InputError) as caught:
        service.observe(work, blobs, replace(new, **change))
    assert caught.value.field == field
    assert work.take_facts() == []
    assert not blobs.root.exists()


def test_a_picture_that_cannot_be_decoded_is_kept_as_evidence(
    work: Work, blobs: BlobStore, new: NewObservation, bad_pictures: dict[str, tuple[bytes, str]]
) -> None:
    picture, _ = bad_pictures["truncated jpeg"]
    made = service.observe(work, blobs, replace(new, picture=picture))
    assert blobs.get(made.picture) == picture
    assert len(work.take_facts()) == 1


def test_a_camera_of_another_tenant_cannot_be_named(
    work: Work, other: Work, blobs: BlobStore, new: NewObservation
) -> None:
    mine, theirs = service.register_camera(work, CAMERA), service.register_camera(other, CAMERA)
    assert service.observe(work, blobs, replace(new, camera_id=mine.id)).camera_id == mine.id
    with pytest.raises(InputError, match="camera_id"):
        service.observe(work, blobs, replace(new, source_id="0002", camera_id=theirs.id))


def frames(work: Work, blobs: BlobStore, new: NewObservation, *, timed: bool) -> list[object]:
    """Five frames of one stream, observed out of order."""
    made = {}
    for second in (3, 0, 4, 1, 2):
        at = START + timedelta(seconds=second) if timed else None
        offset = 0.0 if timed else float(second)
        made[second] = service.observe(work, blobs, replace(new, source_id=f"{second}", at=at, offset_s=offset))
    return [made[second] for second in range(5)]


@pytest.mark.parametrize("timed", [True, False])
def test_earlier_frames_come_in_order_of_time(
    work: Work, blobs: BlobStore, new: NewObservation, *, timed: bool
) -> None:
    made = frames(work, blobs, new, timed=timed)
    service.observe(work, blobs, replace(new, stream="other", source_id="x"))
    service.observe(work, blobs, replace(new, source_id="single", kind=ObservationKind.SINGLE, at=START))
    assert service.earlier(work, made[4], 2) == made[2:4]
    assert service.earlier(work, made[2], 10) == made[:2]
    assert service.earlier(work, made[0], 2) == []
    assert service.earlier(work, made[4], 0) == []


def test_a_single_picture_and_another_tenants_have_no_before(
    work: Work, other: Work, blobs: BlobStore, new: NewObservation
) -> None:
    made = frames(work, blobs, new, timed=False)
    single = service.observe(work, blobs, replace(new, source_id="s", kind=ObservationKind.SINGLE, offset_s=9.0))
    assert service.earlier(work, single, 3) == []
    assert service.earlier(other, made[4], 3) == []


def test_getting_many_takes_one_statement(
    work: Work, blobs: BlobStore, new: NewObservation, count_statements: list[str]
) -> None:
    made = frames(work, blobs, new, timed=False)
    count_statements.clear()
    assert len(service.observations(work, [one.id for one in made])) == 5
    assert len(count_statements) == 1
    count_statements.clear()
    service.observe(work, blobs, replace(new, source_id="6"))
    assert len(count_statements) == 2, "the picture's name is held, then the row is written"


def test_a_rendered_camera_marks_what_comes_from_it(work: Work, blobs: BlobStore, new: NewObservation) -> None:
    photo = service.register_camera(work, CAMERA)
    assert not photo.rendered
    drawn = service.register_camera(work, replace(CAMERA, key="drawn", rendered=True))
    assert drawn.rendered
    assert service.camera_by_key(work, "drawn") == drawn
    first = service.observe(work, blobs, replace(new, camera_id=drawn.id, stream="drawn"))
    assert first.rendered
    assert service.observations(work, [first.id])[first.id].rendered
    assert not service.observe(work, blobs, replace(new, camera_id=photo.id)).rendered
    assert not service.observe(work, blobs, replace(new, stream="folder")).rendered
    assert service.observe(work, blobs, replace(new, stream="told", rendered=True)).rendered


def test_registering_again_says_anew_whether_it_is_rendered(work: Work, blobs: BlobStore, new: NewObservation) -> None:
    drawn = service.register_camera(work, replace(CAMERA, rendered=True))
    before = service.observe(work, blobs, replace(new, camera_id=drawn.id))
    assert not service.register_camera(work, CAMERA).rendered
    after = service.observe(work, blobs, replace(new, camera_id=drawn.id, source_id="0002"))
    assert (service.observations(work, [before.id])[before.id].rendered, after.rendered) == (True, False)


def test_rendered_pictures_are_known_by_their_tenant_alone(
    work: Work, other: Work, blobs: BlobStore, new: NewObservation, count_statements: list[str]
) -> None:
    one = service.observe(work, blobs, replace(new, rendered=True))
    another = service.observe(work, blobs, replace(new, source_id="0002", picture=new.picture + b" "))
    count_statements.clear()
    assert service.rendered(work, [one.picture, another.picture, "no such"]) == {one.picture}
    assert len(count_statements) == 1
    assert service.rendered(other, [one.picture]) == set()
    assert service.rendered(work, []) == set()
    assert len(count_statements) == 2


def test_healths_are_those_of_watched_cameras(work: Work, other: Work, count_statements: list[str]) -> None:
    watched, idle = (service.register_camera(work, replace(CAMERA, key=key)) for key in ("watched", "idle"))
    theirs = service.register_camera(other, CAMERA)
    service.watch(work, watched.id, "rtsp://10.0.0.1/a")
    service.watch(other, theirs.id, "rtsp://10.0.0.2/b")
    count_statements.clear()
    found = service.healths(work, [watched, idle, theirs])
    assert set(found) == {watched.id, theirs.id}  # whoever brings a camera was allowed to see it
    assert len(count_statements) == 1
    assert found[watched.id] == Health(state=None, since=None, seen_at=None, problem=None)
    assert service.healths(work, []) == {}
    assert "10.0.0" not in repr(found)
