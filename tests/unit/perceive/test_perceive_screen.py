from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select

from pipewarden.inference.store import CallRow
from pipewarden.kit.clock import SetClock
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.work import FactRef, Work
from pipewarden.people import service as people
from pipewarden.perceive.facts import SCREENED, Box, FindingClass, Screened
from pipewarden.perceive.jobs import MOST_PICTURES, make_drain
from pipewarden.perceive.service import draw_evidence, screened
from pipewarden.perceive.store import FindingRow, ScreenedRow

MACHINE = ("b", (200, 100, 240, 160), 230)
SECOND_MACHINE = ("b", (800, 300, 200, 200), 100)
PERSON = ("g", (600, 300, 60, 160), 200)
CONE = ("r", (900, 600, 40, 60), 180)


def _one(bench: Any, observation_id: UUID) -> Screened:
    found: Screened = screened(bench.work, [observation_id])[observation_id]
    return found


def _rows(bench: Any, row: type[Any]) -> int:
    return int(bench.work.session.scalar(select(func.count()).select_from(row)))


def _near(box: Box, x: float, y: float, w: float, h: float, *, by: float = 4) -> bool:
    return max(abs(box.x - x), abs(box.y - y), abs(box.w - w), abs(box.h - h)) <= by


def test_what_stands_in_the_picture_is_found_and_told(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE, PERSON, CONE)))
    facts = bench.run(observation)
    told = [(fact.kind, fact.fact_id, fact.partition) for fact in facts]
    assert told == [(SCREENED, observation.id, bench.work.own("cam-1"))]
    seen = _one(bench, observation.id)
    assert (seen.width, seen.height, seen.problem) == (1280, 720, None)
    machine, person, cone = seen.findings
    assert (machine.cls, person.cls, cone.cls) == (FindingClass.MACHINE, FindingClass.PERSON, FindingClass.CONE)
    assert _near(machine.box, 200, 100, 240, 160)
    assert _near(person.box, 600, 300, 60, 160)
    assert machine.score == pytest.approx(0.9, abs=0.02)
    assert machine.raises
    assert machine.model == "screen-7"
    assert machine.tenant_id == bench.work.tenant_id
    assert machine.observation_id == observation.id


def test_only_machines_get_a_type_and_a_look(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE, PERSON, CONE, SECOND_MACHINE)))
    bench.run(observation)
    findings = _one(bench, observation.id).findings
    machines = [one for one in findings if one.cls is FindingClass.MACHINE]
    assert [one.type for one in machines] == ["excavator", "excavator"]
    for one in machines:
        assert one.look is not None
        assert len(one.look.dhash) == 32
        assert np.linalg.norm(one.look.features) == pytest.approx(1, abs=1e-5)
    assert all(one.look is None and one.type is None and not one.raises for one in findings if one not in machines)
    assert bench.look.batches == [2]  # both crops in one call
    assert [one.raises for one in machines] == [True, False]  # the dim one is below the threshold, and kept


def test_boxes_of_a_large_picture_are_in_its_own_pixels(bench: Any) -> None:
    large = bench.street(("b", (1500, 600, 900, 600), 230), ("g", (3000, 900, 160, 400), 200), size=(3840, 2160))
    observation = bench.observe(bench.jpeg(large))
    bench.run(observation)
    rows, columns, _ = bench.detector.shapes[0]
    assert (columns, rows) == (960, 540)  # decoded at a quarter, straight away
    seen = _one(bench, observation.id)
    assert (seen.width, seen.height) == (3840, 2160)
    assert _near(seen.findings[0].box, 1500, 600, 900, 600, by=12)


def test_a_small_picture_is_not_enlarged(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(("b", (50, 40, 80, 60), 230), size=(320, 240))))
    bench.run(observation)
    assert bench.detector.shapes == [(240, 320, 3)]
    assert _near(_one(bench, observation.id).findings[0].box, 50, 40, 80, 60)


def test_an_empty_street_is_screened_and_said_too(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street()))
    assert [fact.fact_id for fact in bench.run(observation)] == [observation.id]
    seen = _one(bench, observation.id)
    assert (seen.findings, seen.problem, seen.width) == ((), None, 1280)
    assert bench.look.batches == []


def test_draining_twice_adds_nothing(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(observation)
    first = _one(bench, observation.id)
    assert bench.run(observation) == []
    assert bench.run(observation, observation) == []
    assert _one(bench, observation.id) == first
    assert (_rows(bench, ScreenedRow), _rows(bench, FindingRow)) == (1, 1)
    assert len(bench.detector.shapes) == 1  # not even looked at again


def test_a_fact_named_twice_in_one_batch_counts_once(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    assert len(bench.run(observation, observation)) == 1
    assert _rows(bench, FindingRow) == 1


def test_a_batch_with_old_and_new_looks_at_the_new_only(bench: Any) -> None:
    old = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(old)
    new = bench.observe(bench.jpeg(bench.street(PERSON)))
    assert [fact.fact_id for fact in bench.run(old, new)] == [new.id]
    assert len(bench.detector.shapes) == 2


def test_a_damaged_picture_is_screened_with_its_problem_and_the_rest_goes_on(bench: Any) -> None:
    good = bench.jpeg(bench.street(MACHINE))
    bad = bench.observe(good[: len(good) // 2] + b"\xff\xd9")
    fine = bench.observe(good)
    facts = bench.run(bad, fine)
    assert [fact.fact_id for fact in facts] == [bad.id, fine.id]
    seen = _one(bench, bad.id)
    assert (seen.findings, seen.width, seen.height) == ((), None, None)
    assert seen.problem is not None
    assert "frame-0.jpg" in seen.problem
    assert _one(bench, fine.id).problem is None
    assert len(_one(bench, fine.id).findings) == 1


def test_a_picture_that_is_gone_from_the_store_is_a_problem_a_person_sees(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.blobs.path(observation.picture).unlink()
    assert len(bench.run(observation)) == 1
    assert "Restore" in str(_one(bench, observation.id).problem)


def test_a_model_that_fails_leaves_the_batch_waiting_and_nothing_written(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.detector.broken = True
    with pytest.raises(UnavailableError):
        bench.run(observation)
    assert bench.work.take_facts() == []
    assert _rows(bench, ScreenedRow) == 0
    bench.detector.broken = False
    assert len(bench.run(observation)) == 1


def test_a_decoder_that_is_down_is_not_the_pictures_fault(bench: Any) -> None:
    class Down:
        def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> Any:
            raise UnavailableError(field="decoder", problem=f"{name}: {len(picture)} bytes {wanted}", fix="Wait.")

    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    drain = make_drain(bench.detector, bench.look, None, Down(), bench.blobs)  # type: ignore[arg-type]
    fact = FactRef(kind="sense.observed", partition="cam-1", tenant_id=bench.work.tenant_id, fact_id=observation.id)
    with pytest.raises(UnavailableError):
        drain(bench.work, [fact])
    assert _rows(bench, ScreenedRow) == 0


def test_an_observation_that_does_not_exist_is_an_error_not_a_silence(bench: Any) -> None:
    fact = FactRef(
        kind="sense.observed", partition="cam-1", tenant_id=bench.work.tenant_id, fact_id=bench.work.ids.new()
    )
    with pytest.raises(RuntimeError, match=str(fact.fact_id)):
        bench.drain(bench.work, [fact])


def _statements(bench: Any, count_statements: list[str], pictures: int) -> int:
    observations = [bench.observe(bench.jpeg(bench.street(MACHINE, PERSON))) for _ in range(pictures)]
    count_statements.clear()
    bench.run(*observations)
    return len([one for one in count_statements if not one.startswith(("SAVEPOINT", "RELEASE"))])


def test_a_batch_takes_as_many_statements_as_one(bench: Any, count_statements: list[str]) -> None:
    one = _statements(bench, count_statements, 1)
    many = _statements(bench, count_statements, MOST_PICTURES)
    assert many == one
    assert one <= 8  # observations, known, switches, screened, findings, three models' calls


def test_pictures_are_taken_a_few_at_a_time_and_words_by_the_dozen(bench: Any) -> None:
    pictures = [bench.observe(bench.jpeg(bench.street(MACHINE))) for _ in range(MOST_PICTURES + 2)]
    words = [bench.say(f"w{n}") for n in range(40)]
    mixed = [*words[:20], *pictures[:MOST_PICTURES], *words[20:], *pictures[MOST_PICTURES:]]
    facts = [FactRef("sense.observed", "cam-1", one.tenant_id, one.id) for one in mixed]
    assert bench.drain(bench.work, facts) == 40 + MOST_PICTURES  # up to the picture that is one too many
    assert _rows(bench, ScreenedRow) == 40 + MOST_PICTURES
    assert bench.drain(bench.work, facts[40 + MOST_PICTURES :]) == 2
    assert _rows(bench, ScreenedRow) == len(mixed)


def test_the_same_observation_told_twice_in_a_batch_counts_twice(bench: Any) -> None:
    one, two = (bench.observe(bench.jpeg(bench.street(MACHINE))) for _ in range(2))
    facts = [FactRef("sense.observed", "cam-1", each.tenant_id, each.id) for each in (one, two, one)]
    assert bench.drain(bench.work, facts) == 3
    assert _rows(bench, ScreenedRow) == 2


def test_reading_takes_two_statements(bench: Any, count_statements: list[str]) -> None:
    observations = [bench.observe(bench.jpeg(bench.street(MACHINE))) for _ in range(4)]
    bench.run(*observations)
    count_statements.clear()
    assert len(screened(bench.work, [one.id for one in observations])) == 4
    assert len(count_statements) == 2


def test_reading_nothing_asks_nothing(bench: Any, count_statements: list[str]) -> None:
    count_statements.clear()
    assert screened(bench.work, []) == {}
    assert count_statements == []


def test_what_was_not_screened_yet_is_absent(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    assert screened(bench.work, [observation.id]) == {}


def test_findings_come_back_best_first_and_as_they_were(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(SECOND_MACHINE, CONE, PERSON, MACHINE)))
    bench.run(observation)
    scores = [one.score for one in _one(bench, observation.id).findings]
    assert scores == sorted(scores, reverse=True)
    assert len({one.id for one in _one(bench, observation.id).findings}) == 4


def test_another_tenant_sees_nothing(bench: Any, clock: SetClock) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(observation)
    other = people.ensure_tenant(bench.work.session, clock, bench.work.ids, "other")
    theirs = Work(session=bench.work.session, clock=clock, ids=bench.work.ids, tenant_id=other.id)
    assert screened(theirs, [observation.id]) == {}


def test_calls_are_recorded_once_per_model_and_batch(bench: Any) -> None:
    observations = [bench.observe(bench.jpeg(bench.street(MACHINE, PERSON))) for _ in range(3)]
    bench.run(*observations)
    calls = {row.model: row for row in bench.work.session.scalars(select(CallRow))}
    assert {name: row.items for name, row in calls.items()} == {"screen": 3, "look": 3, "type": 3}
    assert calls["screen"].ms == pytest.approx(3.0)  # the scripted stopwatch ticks a millisecond at each look
    assert calls["screen"].sha256 == "a" * 64


def test_evidence_is_a_jpeg_with_the_box_at_its_own_aspect(bench: Any) -> None:
    picture = bench.jpeg(bench.street(size=(1280, 720)))
    made = draw_evidence(
        bench.decoder, picture, name="frame.jpg", box=Box(x=400, y=200, w=300, h=200), label="excavator 0.71"
    )
    pixels = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (720, 1280, 3)
    line = pixels[300, 396:405].astype(int)
    assert (line[:, 2] - line[:, 0]).max() > 100  # amber
    assert line.max(axis=1).min() < 90  # its dark casing
    assert np.abs(pixels[600, 600].astype(int) - 120).max() < 8


def test_evidence_of_a_large_picture_is_smaller_and_the_box_moves_with_it(bench: Any) -> None:
    picture = bench.jpeg(bench.street(size=(3840, 2160)))
    made = draw_evidence(bench.decoder, picture, name="x", box=Box(x=1920, y=1080, w=960, h=540), label="machine 0.5")
    pixels = cv2.imdecode(np.frombuffer(made, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (1080, 1920, 3)
    changed = np.abs(pixels.astype(int) - 120).max(axis=2) > 60
    columns = np.flatnonzero(changed[700])
    assert 950 <= columns.min() <= 965
    assert 1435 <= columns.max() <= 1450


def test_evidence_of_a_bad_picture_names_it(bench: Any) -> None:
    with pytest.raises(InputError) as caught:
        draw_evidence(bench.decoder, b"nonsense", name="frame.jpg", box=Box(x=0, y=0, w=1, h=1), label="x")
    assert caught.value.field == "frame.jpg"
