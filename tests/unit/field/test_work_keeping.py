"""What people answered and where they stood goes when its days are over, with proof; what was seen there stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from duty_town import NORTH
from PIL import Image
from sqlalchemy import select
from standby_town import StandbyTown

from pipewarden.field import service
from pipewarden.field.facts.standby import Doubt, NewCheck, Stood
from pipewarden.field.facts.tasks import Answer, NewAnswer, Seen
from pipewarden.field.service import captures, tasks
from pipewarden.field.service import standby as standing
from pipewarden.field.store import keeping_work
from pipewarden.field.store import standby as standby_store
from pipewarden.field.store import tasks as store
from pipewarden.kit.blobs import BlobStore
from pipewarden.people import service as people
from pipewarden.people.facts import Role
from pipewarden.people.facts.privacy import DataClass, MarkKind
from pipewarden.people.store.privacy import DeletionRow

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

YEAR, QUARTER, SECOND = timedelta(days=365), timedelta(days=90), timedelta(seconds=1)
HERE = Stood(*NORTH, 8.0)


def jpeg(level: int = 90) -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((48, 64, 3), level, np.uint8)).save(out, "JPEG")
    return out.getvalue()


class Kept(StandbyTown):
    """A town whose people answer and stand by, and what is still known of it."""

    def begin(self, blobs: BlobStore) -> None:
        self.blobs = blobs
        self.keepers = (service.AnswerKeeper(BlobStore(blobs.root / service.TASKS)), service.CheckKeeper())

    def answered(self, by: Actor, shows: bytes | None = None, **more: Any) -> Answer:
        asked = tasks.ask(self.work, self.who(self.person(Role.DISPATCHER)), "看看", place=(NORTH, 10.0))
        word = captures.issue(self.work, str(by.id)).nonce
        new = NewAnswer(self.work.ids.new(), HERE, word, Seen.NOTHING, "没有人在挖", shows or jpeg())
        return tasks.answer(self.work, self.blobs, by, asked.id, replace(new, **more))[0]

    def run(self) -> dict[DataClass, int]:
        found: dict[DataClass, int] = {}
        for one in people.run_retention(self.work, self.keepers).sums:
            found[one.cls] = found.get(one.cls, 0) + one.deleted
        return found

    def read(self, one: Answer) -> Answer:
        return next(each for each in store.answers(self.work, one.task_id) if each.id == one.id)

    def picture(self, sha256: str) -> bool:
        return BlobStore(self.blobs.root / service.TASKS).path(sha256).exists()

    def worker(self) -> Actor:
        return self.who(self.person(Role.GRID_WORKER, area=self.north))


@pytest.fixture
def town(work: Work, clock: SetClock, tmp_path: Path) -> Kept:
    made = Kept(work, clock)
    made.begin(BlobStore(tmp_path))
    return made


def test_an_answer_says_nothing_of_its_person_after_a_year(town: Kept) -> None:
    made = town.answered(town.worker())
    town.clock.advance(YEAR - SECOND)
    assert town.run() == {DataClass.REPORTS: 0, DataClass.TRACKS: 0}
    assert town.read(made) == made
    town.clock.advance(SECOND)
    assert town.run() == {DataClass.REPORTS: 1, DataClass.TRACKS: 0}
    blank = town.read(made)
    assert (blank.words, blank.picture, blank.lon, blank.lat, blank.accuracy_m) == ("", "", None, None, None)
    assert blank == replace(made, words="", picture="", lon=None, lat=None, accuracy_m=None), "and the rest stays"
    assert (blank.seen, blank.points, blank.off_m) == (Seen.NOTHING, 5, 0.0)
    assert not town.picture(made.picture)
    assert town.run() == {DataClass.REPORTS: 0, DataClass.TRACKS: 0}, "gone is gone"
    (proof,) = town.work.session.scalars(select(DeletionRow).where(DeletionRow.tenant_id == town.work.tenant_id))
    assert (proof.cls, proof.digest) == ("reports", people.digest_of(f"answer:{made.id}"))


def test_a_picture_that_another_answer_shows_stays_until_that_goes(town: Kept) -> None:
    first = town.answered(town.worker(), jpeg(1))
    town.clock.advance(timedelta(days=1))
    second = town.answered(town.worker(), jpeg(1))
    assert first.picture == second.picture
    town.clock.advance(YEAR - timedelta(days=1))
    assert town.run()[DataClass.REPORTS] == 1
    assert town.picture(second.picture)
    town.clock.advance(timedelta(days=1))
    assert town.run()[DataClass.REPORTS] == 1
    assert not town.picture(second.picture)


@pytest.mark.parametrize("what", ["person", "task", "answer", "picture"])
def test_a_hold_keeps_an_answer(town: Kept, what: str) -> None:
    by = town.worker()
    made = town.answered(by)
    names = {"person": by.id, "task": made.task_id, "answer": made.id, "picture": made.picture}
    (kept,) = town.keepers[0].of_person(town.work, by.id, 9)
    assert f"{what}:{names[what]}" in kept.subjects
    if what == "person":
        people.set_mark(
            town.work, people.operator(town.work.tenant_id), MarkKind.HOLD, f"person:{by.id}", reason="公安要求保全"
        )
        town.clock.advance(2 * YEAR)
        assert town.run()[DataClass.REPORTS] == 0
        assert town.read(made).words


def stood(town: Kept) -> tuple[Actor, Any]:
    """Somebody stands by, and sends the check of an hour."""
    by = town.who(town.staffed()[Role.STANDBY_SUPERVISOR])
    site = town.stood_by()
    standing.begin(town.work, by, site.id, town.work.ids.new(), HERE)
    town.clock.advance(timedelta(hours=1))
    word = captures.issue(town.work, str(by.id)).nonce
    new = NewCheck(town.work.ids.new(), HERE, word, {}, 0.0, (), 1.5, False, "一切正常", None, jpeg())
    return by, standing.check(town.work, town.blobs, by, site.id, new)[0]


def test_where_somebody_stood_by_is_forgotten_after_ninety_days_and_what_they_saw_is_not(town: Kept) -> None:
    by, made = stood(town)
    assert (made.lon, made.lat) == NORTH
    town.clock.advance(QUARTER - SECOND)
    assert town.run()[DataClass.TRACKS] == 0
    town.clock.advance(SECOND)
    assert town.run()[DataClass.TRACKS] == 1
    (after,) = standby_store.checks_of(town.work, made.shift_id)
    assert after == replace(made, lon=None, lat=None, accuracy_m=None)
    assert town.run()[DataClass.TRACKS] == 0
    (told,) = service.stood_by(town.work, by.id, 9)
    assert (told["lon"], told["words"], told["picture"]) == (None, "一切正常", True)


def test_who_asks_to_be_forgotten_leaves_no_words_and_no_place(town: Kept) -> None:
    by, check = stood(town)
    other = town.worker()
    mine, theirs = town.answered(other, words="我在三号楼"), town.answered(town.worker())
    (told,) = service.answered_by(town.work, other.id, 9)
    assert (told["words"], told["lon"], told["seen"], told["picture"]) == ("我在三号楼", NORTH[0], "nothing", True)
    for keeper in town.keepers:
        for person in (other.id, by.id):
            people.delete_proved(town.work, keeper, keeper.of_person(town.work, person, 9), "erase:test")
            assert keeper.of_person(town.work, person, 9) == []
    assert (town.read(mine).words, town.read(mine).lon) == ("", None)
    assert town.read(theirs) == theirs
    (after,) = standby_store.checks_of(town.work, check.shift_id)
    assert (after.lon, after.words) == (None, "一切正常"), "the record of the works is the operator's"


def test_what_is_old_is_read_in_pages_and_only_the_tenants(town: Kept) -> None:
    made = [town.answered(town.worker(), jpeg(level)) for level in range(3)]
    town.clock.advance(YEAR)
    keeper = town.keepers[0]
    first = keeper.older(town.work, town.clock.now(), None, 2)
    rest = keeper.older(town.work, town.clock.now(), (first[-1].since, first[-1].id), 2)
    assert [one.id for one in (*first, *rest)] == [str(one.id) for one in made]
    elsewhere = replace(town.work, tenant_id=town.work.ids.new())
    assert keeping_work.answers(elsewhere, limit=9) == []
    assert keeping_work.blank_answers(elsewhere, [made[0].id]) == set()
    assert town.read(made[0]) == made[0]


def test_an_answer_without_a_picture_is_blanked_too(town: Kept) -> None:
    made = town.answered(town.worker(), picture=None)
    assert Doubt.NO_PICTURE in made.doubts
    town.clock.advance(YEAR)
    assert town.run()[DataClass.REPORTS] == 1
    assert town.read(made).words == ""
