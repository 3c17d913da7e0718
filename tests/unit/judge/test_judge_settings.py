"""What people and later slices tell the judge of cameras, papers and questions: checked, kept, on record."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from pipewarden.judge import service, store
from pipewarden.judge.facts import OpenPlace, Permitted, Remembered, Rule, Yard
from pipewarden.kit.errors import InputError
from pipewarden.locate.facts import GroundPoint
from pipewarden.people.facts import NotFoundError

D = 0.0002
RING = ((116.7, 39.5), (116.7 + D, 39.5), (116.7 + D, 39.5 + D), (116.7, 39.5 + D), (116.7, 39.5))
THERE = GroundPoint(RING[0][0], RING[0][1], (1.0, 0.0, 1.0))
DRAWN = ((0.1, 0.9), (0.9, 0.9), (0.9, 0.6), (0.1, 0.6))
OTHER = UUID(int=77)


def records(street: Any, action: str) -> list[dict[str, Any]]:
    """Return the details of every record of one kind, oldest first."""
    asked = text("SELECT details FROM people_audit WHERE act = :action ORDER BY seq")
    return [json.loads(one) for one in street.work.session.scalars(asked, {"action": action})]


class TestCameras:
    def test_rules_are_off_as_they_were_set_last(self, street: Any):
        camera = street.camera("cam-a")
        made = service.set_rules(street.work, street.root(), camera, [Rule.PARKED, Rule.YARD], "  by the school ")
        assert (made.off, made.note) == (frozenset({Rule.PARKED, Rule.YARD}), "by the school")
        assert service.seen_settings(street.work, street.root(), camera) == made
        again = service.set_rules(street.work, street.root(), camera, [], "")
        assert (again.off, again.note) == (frozenset(), "")
        assert [one["off"] for one in records(street, "camera.rules_set")] == [["parked", "yard"], []]

    def test_a_note_is_as_long_as_people_read(self, street: Any):
        camera = street.camera("cam-a")
        service.set_rules(street.work, street.root(), camera, [], "n" * 500)
        with pytest.raises(InputError) as refused:
            service.set_rules(street.work, street.root(), camera, [Rule.PARKED], "n" * 501)
        assert refused.value.field == "note"
        assert service.seen_settings(street.work, street.root(), camera).off == frozenset()

    @pytest.mark.parametrize(
        ("ring", "problem"),
        [
            (DRAWN[:2], "has 2 corners"),
            (((0.0, 0.0),) * 201, "has 201 corners"),
            (((0.1, 0.9), (1.1, 0.9), (0.9, 0.6)), "leaves the picture"),
            (((0.1, 0.9), (float("nan"), 0.9), (0.9, 0.6)), "leaves the picture"),
            (((0.1, 0.9), (0.9, 0.6), (0.9, 0.9), (0.1, 0.6)), "crosses itself"),
            (((0.1, 0.9), (0.12, 0.9), (0.12, 0.92)), "smaller than a thousandth"),
        ],
    )
    def test_a_corridor_that_is_no_polygon_in_the_picture_is_refused(self, street: Any, ring: Any, problem: str):
        camera = street.camera("cam-a")
        service.set_corridor(street.work, street.root(), camera, DRAWN)
        with pytest.raises(InputError, match=problem) as refused:
            service.set_corridor(street.work, street.root(), camera, ring)
        assert refused.value.field == "ring"
        kept = service.seen_settings(street.work, street.root(), camera).corridor
        assert kept is not None
        assert kept.ring == DRAWN

    def test_a_corridor_has_its_ground_where_the_camera_is_calibrated_and_is_taken_away_by_an_empty_ring(
        self, street: Any
    ):
        plain, known = street.camera("cam-a"), street.camera("cam-b", calibrated=True)
        for camera, has_ground in ((plain, False), (known, True)):
            kept = service.set_corridor(street.work, street.root(), camera, DRAWN).corridor
            assert kept is not None
            assert (kept.ground is not None) is has_ground
        assert service.set_corridor(street.work, street.root(), plain, ()).corridor is None
        assert store.places.corridors(street.work, [plain, known]) == {known: DRAWN}

    def test_nobody_sets_a_camera_of_another_tenant(self, street: Any):
        camera = street.camera("cam-a")
        there, root = replace(street.work, tenant_id=OTHER), street.root()
        for act in (
            lambda: service.set_rules(there, root, camera, [], ""),
            lambda: service.set_corridor(there, root, camera, DRAWN),
            lambda: service.learn_empty_scene(
                there, root, camera, since=street.clock.now() - timedelta(hours=1), until=street.clock.now(), reason="x"
            ),
        ):
            with pytest.raises(NotFoundError):
                act()
        with pytest.raises(NotFoundError):
            service.set_rules(street.work, street.root(), UUID(int=4), [], "")
        assert store.places.cameras(street.work, [camera]) == {}

    def test_the_last_picture_is_the_newest_and_none_is_not_found(self, street: Any):
        camera = street.camera("cam-a")
        with pytest.raises(NotFoundError):
            service.latest_picture(street.work, street.root(), camera)
        street.frame(picture=b"first")
        first = service.latest_picture(street.work, street.root(), camera)
        street.frame(picture=b"second")
        assert service.latest_picture(street.work, street.root(), camera) != first
        assert service.seen_settings(street.work, street.root(), camera).pictured_at == street.clock.now()


class TestEmptyScenes:
    BOX = (600.0, 400.0, 120.0, 80.0)

    def learn(self, street: Any, camera: UUID, hours: float = 1.0) -> int:
        since = street.clock.now() - timedelta(hours=hours)
        made = service.learn_empty_scene(
            street.work, street.root(), camera, since=since, until=street.clock.now(), reason="Sunday"
        )
        return int(made.remembered)

    def test_what_is_learned_anew_retires_what_was_learned_and_keeps_what_reviewers_said(self, street: Any):
        camera = street.camera("cam-a")
        for _ in range(3):
            street.frame(self.BOX, scores=[0.2])
        assert self.learn(street, camera) == 1
        store.places.remember(
            street.work, camera, [Remembered((0.1, 0.1, 0.1, 0.1), (), 3)], alarm_id=street.work.ids.new()
        )
        assert self.learn(street, camera) == 2
        street.clock.advance(timedelta(hours=5))
        for _ in range(3):
            street.frame()
        assert self.learn(street, camera) == 1
        assert [one["boxes"] for one in records(street, "camera.empty_scene")] == [1, 1, 0]

    def test_a_span_without_a_picture_or_not_past_is_refused_and_forgets_nothing(self, street: Any):
        camera = street.camera("cam-a")
        for _ in range(3):
            street.frame(self.BOX, scores=[0.2])
        self.learn(street, camera)
        now, hour = street.clock.now(), timedelta(hours=1)
        for since, until, field in (
            (now - hour, now + timedelta(seconds=1), "until"),
            (now, now, "until"),
            (now, now - hour, "until"),
            (now - 9 * hour, now - 8 * hour, "since"),
        ):
            with pytest.raises(InputError) as refused:
                service.learn_empty_scene(street.work, street.root(), camera, since=since, until=until, reason="x")
            assert refused.value.field == field
        assert service.seen_settings(street.work, street.root(), camera).remembered == 1


class TestPapers:
    def window(self, street: Any, **more: Any) -> Permitted:
        now = street.clock.now()
        told = {"key": "p/1", "ring": RING, "starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
        return Permitted(**(told | more))

    def test_works_of_a_paper_are_replaced_whole_and_only_those_that_run_are_found(self, street: Any):
        now = street.clock.now()
        running = self.window(street, daily=(time(8), time(17, 30)), zone="Asia/Urumqi")
        over = self.window(street, key="p/2", ends_at=now)
        later = self.window(street, key="p/3", starts_at=now + timedelta(seconds=1))
        begins = self.window(street, key="p/4", starts_at=now)
        service.set_permitted_of(street.work, "p", [over, later, running, begins])
        assert store.places.permitted(street.work, THERE) == (running, begins)
        service.set_permitted_of(street.work, "p", [begins])
        assert store.places.permitted(street.work, THERE) == (begins,)
        service.set_permitted_of(street.work, "p", [])
        assert store.places.permitted(street.work, THERE) == ()

    def test_the_works_of_one_paper_are_replaced_without_touching_the_others(self, street: Any):
        one, two = self.window(street, key="f-1/0"), self.window(street, key="f-10/0")
        service.set_permitted_of(street.work, "f-1", [one])
        service.set_permitted_of(street.work, "f-10", [two])
        service.set_permitted_of(street.work, "f-1", [replace(one, machines=frozenset({"excavator"}))])
        found = store.places.permitted(street.work, THERE)
        assert [(one.key, one.machines) for one in found] == [("f-1/0", {"excavator"}), ("f-10/0", None)]
        service.set_permitted_of(street.work, "f-1", [])
        assert store.places.permitted(street.work, THERE) == (two,)
        assert store.places.permitted(street.work, None) == ()
        far = GroundPoint(RING[0][0] - 1e-6, RING[0][1], (1.0, 0.0, 1.0))
        assert store.places.permitted(street.work, far) == ()
        with pytest.raises(InputError, match="does not begin with f-1/"):
            service.set_permitted_of(street.work, "f-1", [two])

    def test_places_are_replaced_whole_and_belong_to_their_tenant(self, street: Any):
        there = replace(street.work, tenant_id=OTHER)
        one, two = OpenPlace("s-1", RING, None), OpenPlace("s-2", RING, UUID(int=3))
        service.set_open_places(street.work, [two, one])
        service.set_open_places(there, [one])
        assert store.places.open_places(street.work) == (one, two)
        service.set_open_places(street.work, [])
        assert store.places.open_places(street.work) == ()
        assert store.places.open_places(there) == (one,)

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"key": ""}, "key"),
            ({"ring": RING[:3]}, "p/1"),
            ({"ring": (RING[0], RING[2], RING[1], RING[3], RING[0])}, "p/1"),
            ({"ring": (RING[0],) * 5}, "p/1"),
            ({"zone": "Asia/Atlantis"}, "p/1"),
            ({"zone": "../etc"}, "p/1"),
        ],
    )
    def test_a_window_that_cannot_be_is_refused_and_nothing_is_replaced(self, street: Any, more: Any, field: str):
        good = self.window(street, key="p/good")
        service.set_permitted_of(street.work, "p", [good])
        with pytest.raises(InputError) as refused:
            service.set_permitted_of(street.work, "p", [self.window(street, **more)])
        assert refused.value.field == field
        assert store.places.permitted(street.work, THERE) == (good,)

    def test_times_are_aware_and_in_order_and_keys_stand_once(self, street: Any):
        now = street.clock.now()
        bad = (
            self.window(street, ends_at=now - timedelta(days=1)),
            self.window(street, starts_at=now.replace(tzinfo=None)),
            self.window(street, ends_at=now.replace(tzinfo=None)),
        )
        for one in bad:
            with pytest.raises(InputError, match="ends before it starts"):
                service.set_permitted_of(street.work, "p", [one])
        with pytest.raises(InputError, match="stands twice"):
            service.set_permitted_of(street.work, "p", [self.window(street), self.window(street)])
        with pytest.raises(InputError, match="stands twice"):
            service.set_open_places(street.work, [OpenPlace("s", RING, None)] * 2)
        with pytest.raises(InputError, match="are more than"):
            service.set_open_places(street.work, [OpenPlace("s", RING, None)] * 50_001)


class TestYards:
    def test_a_yard_holds_for_its_time_in_its_stream_or_at_its_place(self, street: Any):
        until = street.clock.now() + timedelta(days=1)
        placed = Yard(UUID(int=1), "cam-a", (0.1, 0.1, 0.1, 0.1), 116.7, 39.5, 12.0, until)
        bare = replace(placed, alarm_id=UUID(int=2), lon=None, lat=None)
        for one in (placed, bare):
            store.places.add_yard(street.work, one)
        assert store.places.yards(street.work, ["cam-a"]) == (placed, bare)
        assert store.places.yards(street.work, ["cam-b"]) == (placed,)
        assert store.places.yards(replace(street.work, tenant_id=OTHER), ["cam-a"]) == ()
        store.places.forget_alarm(street.work, placed.alarm_id)
        assert store.places.yards(street.work, ["cam-a"]) == (bare,)
        street.clock.moment = until
        assert store.places.yards(street.work, ["cam-a"]) == ()


class TestQuestions:
    def body(self, version: str) -> dict[str, Any]:
        shipped = store.shipped_questions()
        questions = [
            {"id": one.id, "side": str(one.side), "rule": one.rule, "zh": one.zh, "en": one.en}
            for one in shipped.questions
        ]
        return {"version": version, "task": shipped.task, "questions": questions}

    def test_the_newest_list_counts_until_the_shipped_one_is_put_back(self, street: Any):
        work, root = street.work, street.root()
        assert service.questions(work) == store.shipped_questions()
        for version in ("own@1", "own@2"):
            assert service.edit_questions(work, root, self.body(version)) == service.questions(work)
        assert service.questions(work).version == "own@2"
        assert service.questions(replace(work, tenant_id=OTHER)) == store.shipped_questions()
        assert service.restore_questions(work, root) == service.questions(work)
        assert service.restore_questions(work, root) == store.shipped_questions()
        assert [one.version for one in service.question_versions(work, root)] == [None, "own@2", "own@1"]
        assert len(records(street, "policy.questions_restored")) == 1

    def test_a_name_that_was_ever_in_force_means_what_it_meant(self, street: Any):
        work, root = street.work, street.root()
        service.edit_questions(work, root, self.body("own@1"))
        service.edit_questions(work, root, self.body("own@2"))
        service.restore_questions(work, root)
        for version in ("own@1", "own@2", store.shipped_questions().version):
            with pytest.raises(InputError, match="in force or shipped") as refused:
                service.edit_questions(work, root, self.body(version))
            assert refused.value.field == "version"
        there = replace(work, tenant_id=OTHER)
        assert not store.places.has_questions(there, "own@1")
        assert service.questions(work) == store.shipped_questions()

    def test_a_list_that_cannot_be_used_changes_nothing(self, street: Any):
        body = self.body("own@1")
        body["questions"][0]["zh"] = ""
        with pytest.raises(InputError):
            service.edit_questions(street.work, street.root(), body)
        assert service.question_versions(street.work, street.root()) == []
