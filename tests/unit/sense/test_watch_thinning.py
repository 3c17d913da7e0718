"""Quiet pictures are sampled; nothing that anybody points at is ever deleted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.kit.standstill import standstill
from pipewarden.sense import jobs, service, store
from pipewarden.sense.facts import Camera, Keeping, NewCamera, NewObservation, Observation, ObservationKind, Watch
from pipewarden.sense.jobs.thinning import GRACE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from sqlalchemy import Engine

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work


def nobody(work: Work, pictures: Collection[str]) -> set[str]:  # noqa: ARG001  the Protocol's names
    """No later slice points at anything."""
    return set()


class Yard:
    """A watched camera whose looks are written as the sweep writes them."""

    def __init__(self, work: Work, clock: SetClock, blobs: BlobStore, picture: Callable[[int], bytes]) -> None:
        self.work, self.clock, self.blobs, self.picture = work, clock, blobs, picture
        self.camera: Camera = service.register_camera(work, NewCamera(key="yard", name="Yard"))
        self.watch: Watch = service.watch(work, self.camera.id, "/somewhere")
        self.count = 0

    def look(self, picture: bytes | None = None, *, minutes: float = 10, close: int = 0) -> Observation:
        """One look, and time goes on."""
        self.count += 1
        at = self.clock.now()
        taken = picture or self.picture(self.count)
        one = service.observe(
            self.work,
            self.blobs,
            NewObservation(
                stream="yard",
                source_id=f"{at:%Y%m%dT%H%M%S.%f}Z",
                kind=ObservationKind.FRAME,
                picture=taken,
                picture_name="yard",
                at=at,
                camera_id=self.camera.id,
            ),
        )
        if close:
            service.watch_closely(self.work, self.camera.id, close)
        watch = store.watch_of(self.work.session, self.work.tenant_id, self.camera.id)
        assert watch is not None
        store.add_look(self.work.session, watch, one.id, at=at, picture=one.picture)
        self.clock.advance(timedelta(minutes=minutes))
        return one

    def settle(self, *looks: Observation, quiet: bool = True) -> list[Keeping]:
        fates = jobs.settle_screened(self.work, {one.id: quiet for one in looks})
        return [fates[one.id] for one in looks]

    def drop(self, in_use: Callable[[Work, Collection[str]], set[str]] = nobody) -> int:
        """Drop after the time of grace."""
        self.clock.advance(timedelta(seconds=GRACE_S))
        return jobs.drop_quiet(self.work, self.blobs, in_use)

    def has(self, one: Observation) -> bool:
        return self.blobs.path(one.picture).exists()

    def fate(self, one: Observation) -> Keeping:
        self.work.session.expire_all()
        return Keeping(self.work.session.get_one(store.LookRow, one.id).keeping)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def yard(work: Work, clock: SetClock, blobs: BlobStore) -> Yard:
    return Yard(work, clock, blobs, lambda index: b"picture %d" % index)


def test_the_first_and_every_sixth_quiet_frame_stay_the_rest_goes(yard: Yard) -> None:
    looks = [yard.look() for _ in range(14)]
    fates = yard.settle(*looks)
    assert [index for index, fate in enumerate(fates) if fate is Keeping.SAMPLED] == [0, 6, 12]
    assert fates.count(Keeping.QUIET) == 11
    assert all(yard.has(one) for one in looks), "nothing goes before its time"
    assert yard.drop() == 11
    assert [index for index, one in enumerate(looks) if yard.has(one)] == [0, 6, 12]
    assert set(service.observations(yard.work, [one.id for one in looks])) == {one.id for one in looks}, "rows stay"
    assert yard.fate(looks[1]) is Keeping.DROPPED
    with pytest.raises(InputError):
        yard.blobs.get(looks[1].picture)
    assert yard.drop() == 0, "done once"


def test_one_by_one_or_in_batches_the_same_ones_stay(yard: Yard) -> None:
    fates = [yard.settle(yard.look())[0] for _ in range(9)]
    batch = [yard.look() for _ in range(5)]
    fates += yard.settle(*batch)
    assert [index for index, fate in enumerate(fates) if fate is Keeping.SAMPLED] == [0, 6, 12]


def test_dropping_does_not_disturb_the_count(yard: Yard) -> None:
    before = [yard.settle(yard.look())[0] for _ in range(4)]
    assert yard.drop() == 3
    after = [yard.settle(yard.look())[0] for _ in range(4)]
    assert [index for index, fate in enumerate(before + after) if fate is Keeping.SAMPLED] == [0, 6]


def test_each_day_begins_with_a_sample(yard: Yard) -> None:
    looks = [yard.look(minutes=300) for _ in range(12)]
    fates = yard.settle(*looks)
    days = [one.at.date() for one in looks if one.at]
    first = [index for index, day in enumerate(days) if day not in days[:index]]
    assert first == [0, 5, 10]
    assert [index for index, fate in enumerate(fates) if fate is Keeping.SAMPLED] == first


def test_frames_with_findings_are_never_dropped(yard: Yard) -> None:
    quiet = [yard.look() for _ in range(3)]
    found = [yard.look() for _ in range(3)]
    yard.settle(*quiet)
    assert set(yard.settle(*found, quiet=False)) == {Keeping.FOUND}
    assert yard.drop() == 2
    assert all(yard.has(one) for one in found)
    assert jobs.settle_screened(yard.work, {one.id: True for one in found}) == {}, "what is settled stays settled"
    assert yard.drop() == 0
    assert all(yard.has(one) for one in found)


def test_a_frame_that_is_not_screened_yet_is_never_dropped(yard: Yard) -> None:
    looks = [yard.look() for _ in range(3)]
    assert yard.drop() == 0
    assert all(yard.has(one) for one in looks)


def test_frames_taken_while_watching_closely_stay(yard: Yard) -> None:
    yard.settle(yard.look())
    near = yard.look(close=3)
    assert yard.settle(near) == [Keeping.FOUND]
    assert yard.drop() == 0


def test_what_somebody_sent_is_none_of_our_business(yard: Yard) -> None:
    new = NewObservation(
        stream="yard",
        source_id="sent",
        kind=ObservationKind.FRAME,
        picture=b"sent",
        picture_name="sent",
        at=yard.clock.now(),
        camera_id=yard.camera.id,
    )
    sent = service.observe(yard.work, yard.blobs, new)
    assert jobs.settle_screened(yard.work, {sent.id: True}) == {}
    assert yard.drop() == 0
    assert yard.has(sent)


def test_nothing_goes_before_its_time_of_grace(yard: Yard) -> None:
    looks = [yard.look(minutes=0.1) for _ in range(3)]
    yard.settle(*looks)
    yard.clock.advance(timedelta(seconds=GRACE_S - 1))
    assert jobs.drop_quiet(yard.work, yard.blobs, nobody) == 0
    yard.clock.advance(timedelta(seconds=1))
    assert jobs.drop_quiet(yard.work, yard.blobs, nobody) == 2


@pytest.mark.parametrize("other", ["sent", "found", "unscreened", "sampled"])
def test_the_same_bytes_under_another_observation_save_the_picture(yard: Yard, other: str) -> None:
    yard.settle(yard.look())
    twice = yard.look(b"twice")
    yard.settle(twice)
    assert yard.fate(twice) is Keeping.QUIET
    if other == "sent":
        new = NewObservation("elsewhere", "1", ObservationKind.SINGLE, b"twice", "upload")
        service.observe(yard.work, yard.blobs, new)
    elif other == "found":
        yard.settle(yard.look(b"twice"), quiet=False)
    elif other == "unscreened":
        yard.look(b"twice")
    else:
        yard.clock.advance(timedelta(days=1))
        assert yard.settle(yard.look(b"twice")) == [Keeping.SAMPLED]
    assert yard.drop() == 0
    assert yard.has(twice)
    assert yard.fate(twice) is Keeping.FOUND, "kept for good, and not looked at again and again"


def test_two_quiet_looks_at_the_same_bytes_both_lose_them(yard: Yard) -> None:
    yard.settle(yard.look())
    first, between, second = yard.look(b"twice"), yard.look(), yard.look(b"twice")
    yard.settle(first, between, second)
    assert yard.drop() == 3
    assert not yard.has(first)
    assert {yard.fate(first), yard.fate(second)} == {Keeping.DROPPED}


def test_what_a_later_slice_points_at_is_kept(yard: Yard) -> None:
    yard.settle(yard.look())
    shown, free = yard.look(), yard.look()
    yard.settle(shown, free)
    asked: list[set[str]] = []

    def evidence(_work: Work, pictures: Collection[str]) -> set[str]:
        asked.append(set(pictures))
        return {shown.picture}

    assert yard.drop(evidence) == 1
    assert asked == [{shown.picture, free.picture}]
    assert yard.has(shown)
    assert not yard.has(free)
    assert yard.fate(shown) is Keeping.FOUND


def test_a_picture_that_is_being_stored_again_is_not_deleted(yard: Yard, engine: Engine) -> None:
    yard.settle(yard.look())
    one = yard.look()
    yard.settle(one)
    with Session(engine) as storing, storing.begin():
        assert store.hold_picture(storing, one.picture, alone=False)
        assert yard.drop() == 0, "another worker holds the name"
        assert yard.has(one)
        assert yard.fate(one) is Keeping.QUIET
    assert yard.drop() == 1
    assert not yard.has(one)


def test_a_crash_between_deletion_and_commit_is_mended_by_the_next_run(yard: Yard) -> None:
    yard.settle(yard.look())
    one = yard.look()
    yard.settle(one)
    yard.blobs.path(one.picture).unlink()
    assert yard.fate(one) is Keeping.QUIET
    assert yard.drop() == 1
    assert yard.fate(one) is Keeping.DROPPED


def test_a_batch_is_a_batch(yard: Yard, count_statements: list[str]) -> None:
    few, many = [yard.look() for _ in range(2)], [yard.look() for _ in range(40)]
    count_statements.clear()
    yard.settle(*few)
    least = len(count_statements)
    count_statements.clear()
    yard.settle(*many)
    assert len(count_statements) <= least + 1


def test_nothing_goes_while_a_backup_reads_the_pictures(yard: Yard, engine: Engine) -> None:
    looks = [yard.look(minutes=0.1) for _ in range(3)]
    yard.settle(*looks)
    with engine.connect() as connection, standstill(connection):
        assert yard.drop() == 0
        assert all(yard.has(one) for one in looks)
    assert yard.drop() == 2


def test_another_tenants_looks_are_out_of_reach(yard: Yard, work: Work) -> None:
    looks = [yard.look() for _ in range(3)]
    stranger = type(work)(session=work.session, clock=work.clock, ids=work.ids, tenant_id=work.ids.new())
    assert jobs.settle_screened(stranger, {one.id: True for one in looks}) == {}
    yard.settle(*looks)
    yard.clock.advance(timedelta(seconds=GRACE_S))
    assert jobs.drop_quiet(stranger, yard.blobs, nobody) == 0
    assert all(yard.has(one) for one in looks)
    kept = yard.work.session.scalars(select(store.LookRow.tenant_id).distinct()).all()
    assert kept == [yard.work.tenant_id]
