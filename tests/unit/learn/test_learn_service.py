"""Data sets on a real database: numbered, never changed, proved when read, and the same when made again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.work import Work
from pipewarden.learn import service as learn
from pipewarden.learn.adapters.folders import OutFolder
from pipewarden.learn.facts import Member, Recipe, Sample, Share
from pipewarden.learn.rules import write
from pipewarden.learn.store import ManifestRow
from pipewarden.people import service as people

MakeSample = Callable[..., Sample]


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    (tmp_path / "blobs").mkdir()
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def kept(blobs: BlobStore, sample: MakeSample) -> Callable[..., list[Sample]]:
    """Samples whose bytes are in the blob store."""
    return lambda *numbers, **more: [
        sample(n, picture=blobs.put(f"bytes of {n}".encode()), camera=f"cam-{n % 9}", **more) for n in numbers
    ]


def test_a_data_set_is_numbered_and_read_back_proved(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]]
) -> None:
    made = learn.make(work, blobs, "streets", kept(*range(30)), Recipe(), actor="tester")
    assert (made.label, made.parent, made.made_by) == ("streets-1", None, "tester")
    assert sum(made.quality.pictures.values()) == 30
    assert {one.sample.camera for one in learn.members(blobs, made)} == {f"cam-{n}" for n in range(9)}
    assert learn.manifest(work, "streets") == learn.manifest(work, "streets-1") == made


def test_made_again_it_is_the_same_and_grown_it_is_the_next(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]]
) -> None:
    first = learn.make(work, blobs, "streets", kept(*range(20)), Recipe(), actor="a")
    assert learn.make(work, blobs, "streets", kept(*reversed(range(20))), Recipe(), actor="b") == first
    second = learn.make(work, blobs, "streets", kept(*range(40)), Recipe(), actor="a")
    assert (second.number, second.parent) == (2, first.sha256)
    before = {one.sample.picture: one.share for one in learn.members(blobs, first)}
    after = {one.sample.picture: one.share for one in learn.members(blobs, second)}
    assert {picture: after[picture] for picture in before} == before
    other = learn.make(work, blobs, "streets", kept(*range(40)), Recipe(seed=5), actor="a")
    assert other.number == 3
    assert learn.manifest(work, "streets").number == 3
    assert learn.manifest(work, "streets-1") == first


def test_names_tenants_and_pages_keep_apart(work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]]) -> None:
    for name in ("one", "two", "one"):
        learn.make(work, blobs, name, kept(*range(5)), Recipe(seed=len(learn.manifests(work, limit=9))), actor="a")
    assert [one.label for one in learn.manifests(work, limit=9)] == ["one-2", "two-1", "one-1"]
    page = learn.manifests(work, limit=1)
    assert [one.label for one in learn.manifests(work, limit=9, before=page[0].id)] == ["two-1", "one-1"]
    stranger = people.ensure_tenant(work.session, work.clock, work.ids, "stranger")
    there = Work(session=work.session, clock=work.clock, ids=work.ids, tenant_id=stranger.id)
    assert learn.manifests(there, limit=9) == []
    with pytest.raises(InputError, match="not known"):
        learn.manifest(there, "one")


@pytest.mark.parametrize("label", ["streets", "streets-2", "streets-x", "-1", ""])
def test_what_is_not_there_is_said(work: Work, label: str) -> None:
    with pytest.raises(InputError, match="dataset list"):
        learn.manifest(work, label)


@pytest.mark.parametrize("name", ["", "a b", "x" * 61, "../up"])
def test_names_that_are_none_are_refused(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]], name: str
) -> None:
    with pytest.raises(InputError, match="name"):
        learn.make(work, blobs, name, kept(1), Recipe(), actor="a")


def test_a_picture_that_is_not_kept_and_an_empty_set_are_refused(
    work: Work, blobs: BlobStore, sample: MakeSample, kept: Callable[..., list[Sample]]
) -> None:
    with pytest.raises(InputError, match=r"0007\.jpg.*not in the blob store"):
        learn.make(work, blobs, "streets", [sample(7)], Recipe(), actor="a")
    with pytest.raises(InputError, match="1 may not train weights"):
        learn.make(work, blobs, "streets", kept(1, may_ship=False), Recipe(shippable_only=True), actor="a")
    assert work.session.scalars(select(ManifestRow)).all() == []


def test_a_changed_blob_and_a_torn_camera_are_found_at_reading(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]], sample: MakeSample
) -> None:
    made = learn.make(work, blobs, "streets", kept(*range(12)), Recipe(), actor="a")
    path = blobs.path(made.sha256)
    path.write_bytes(path.read_bytes().replace(b'"may_ship":true', b'"may_ship":false', 1))
    with pytest.raises(InputError, match="does not match its hash"):
        learn.members(blobs, made)
    torn = [Member(sample(1, camera="c"), Share.TRAIN, "g"), Member(sample(2, camera="c"), Share.TEST, "h")]
    forged = replace(made, sha256=blobs.put(write("streets", None, Recipe(), torn)))
    with pytest.raises(InputError, match="camera c stands in more than one share"):
        learn.members(blobs, forged)


def test_an_export_holds_the_very_bytes(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]], tmp_path: Path
) -> None:
    made = learn.make(work, blobs, "streets", kept(*range(25)), Recipe(), actor="a")
    counts = learn.export(work, blobs, made, OutFolder(tmp_path / "out"))
    assert sum(counts.values()) == 25
    assert counts == {share.value: made.quality.pictures.get(share, 0) for share in Share}
    for one in learn.members(blobs, made):
        assert (tmp_path / "out/images" / f"{one.sample.picture}.jpg").read_bytes() == blobs.get(one.sample.picture)


def test_an_export_of_a_lost_picture_writes_no_document(
    work: Work, blobs: BlobStore, kept: Callable[..., list[Sample]], tmp_path: Path
) -> None:
    made = learn.make(work, blobs, "streets", kept(*range(5)), Recipe(), actor="a")
    blobs.path(learn.members(blobs, made)[-1].sample.picture).unlink()
    with pytest.raises(InputError, match="Restore the blobs"):
        learn.export(work, blobs, made, OutFolder(tmp_path / "out"))
    assert list((tmp_path / "out").glob("*.json")) == []
