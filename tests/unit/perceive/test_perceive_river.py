"""Perceive in the river: between the log of facts before it and the one after it, and without taking the memory."""

import gc
import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from pipewarden.inference.facts import ModelRef
from pipewarden.kit.clock import SetClock
from pipewarden.kit.emit import Consumer, Registry
from pipewarden.kit.errors import UnavailableError
from pipewarden.kit.facts_log import FactRow
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import WorkFactory
from pipewarden.perceive import store
from pipewarden.perceive.facts import SCREENED
from pipewarden.perceive.jobs import make_drain
from pipewarden.perceive.service import screened
from pipewarden.perceive.store import ScreenedRow
from pipewarden.sense.facts import OBSERVED, Decoded

MACHINE = ("b", (200, 100, 240, 160), 230)


@pytest.fixture
def factory(bench: Any, session: Session, clock: SetClock) -> WorkFactory:
    """Return units of work on the test's rolled-back connection, with perceive as the only consumer."""
    registry = Registry(defer=lambda *_told, **_more: None)
    registry.add(Consumer(name="perceive.screen", kind=OBSERVED, drain=bench.drain, batch=2))

    def sessions() -> Session:
        return Session(bind=session.connection(), join_transaction_mode="create_savepoint")

    return WorkFactory(sessions=sessions, clock=clock, ids=Uuid7Source(clock), emitter=registry)


def _said(factory: WorkFactory, kind: str) -> list[Any]:
    with factory.sessions() as session:
        return list(session.scalars(select(FactRow.fact_id).where(FactRow.kind == kind).order_by(FactRow.seq)))


def _run(bench: Any, factory: WorkFactory) -> int:
    registry = factory.emitter
    assert isinstance(registry, Registry)
    return registry.run(factory, "perceive.screen", bench.work.own("cam-1"))


def _observe(bench: Any, factory: WorkFactory, count: int) -> list[Any]:
    observations = [bench.observe(bench.jpeg(bench.street(MACHINE))) for _ in range(count)]
    factory.emitter.write(bench.work, bench.work.take_facts())
    bench.work.session.flush()
    return observations


def test_every_observation_passes_once_and_in_order(bench: Any, factory: WorkFactory) -> None:
    observations = _observe(bench, factory, 5)
    assert _run(bench, factory) == 5
    assert _said(factory, SCREENED) == [one.id for one in observations]
    assert _run(bench, factory) == 0
    assert len(_said(factory, SCREENED)) == 5
    assert len(bench.detector.shapes) == 5


def test_a_model_that_is_down_keeps_everything_waiting_until_it_is_back(bench: Any, factory: WorkFactory) -> None:
    observations = _observe(bench, factory, 3)
    bench.detector.broken = True
    for _ in range(2):
        with pytest.raises(UnavailableError):
            _run(bench, factory)
    assert _said(factory, SCREENED) == []
    bench.detector.broken = False
    assert _run(bench, factory) == 3
    assert _said(factory, SCREENED) == [one.id for one in observations]


def test_whoever_comes_second_writes_and_says_nothing(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.run(observation)
    before = screened(bench.work, [observation.id])
    # the other worker had not committed yet when this one asked what is known
    monkeypatch.setattr(store, "known", lambda _work, _ids: set())
    assert bench.run(observation) == []
    assert screened(bench.work, [observation.id]) == before


def test_one_pictures_pixels_at_a_time(bench: Any) -> None:
    alive: list[weakref.ref[Any]] = []
    most = 0

    class Counting:
        def decode(self, picture: bytes, *, name: str, wanted: tuple[int, int]) -> Decoded:
            nonlocal most
            decoded: Decoded = bench.decoder.decode(picture, name=name, wanted=wanted)
            gc.collect()
            most = max(most, sum(one() is not None for one in alive))
            alive.append(weakref.ref(decoded.pixels))
            return decoded

    observations = [bench.observe(bench.jpeg(bench.street(MACHINE))) for _ in range(8)]
    bench.drain = make_drain(bench.detector, bench.look, _Types(), Counting(), bench.blobs)
    assert len(bench.run(*observations)) == 8
    assert len(alive) == 8
    assert most == 0


class _Types:
    ref = ModelRef(name="type", version="1", sha256="d" * 64)

    def classify(self, features: Any) -> list[tuple[str, float]]:
        return [("other", 0.4)] * len(features)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_machine_is_found_where_it_stands_in_pictures_of_any_size(bench: Any, data: st.DataObject) -> None:
    width = data.draw(st.integers(200, 2600))
    height = data.draw(st.integers(200, 2000))
    w = data.draw(st.integers(width // 8, width // 2))
    h = data.draw(st.integers(height // 8, height // 2))
    x = data.draw(st.integers(0, width - w))
    y = data.draw(st.integers(0, height - h))
    observation = bench.observe(bench.jpeg(bench.street(("b", (x, y, w, h), 230), size=(width, height))))
    bench.run(observation)
    seen = screened(bench.work, [observation.id])[observation.id]
    assert (seen.width, seen.height) == (width, height)
    box = seen.findings[0].box
    step = max(width, height) / max(bench.detector.shapes[-1][:2])
    assert np.allclose([box.x, box.y, box.w, box.h], [x, y, w, h], atol=2 * step + 2)


def test_a_problem_is_kept_word_by_word(bench: Any) -> None:
    observation = bench.observe(bench.jpeg(bench.street(MACHINE)))
    bench.blobs.path(observation.picture).write_bytes(b"something else")
    bench.run(observation)
    row = bench.work.session.get_one(ScreenedRow, observation.id)
    assert row.problem == screened(bench.work, [observation.id])[observation.id].problem
    assert "does not match its hash" in row.problem
    assert row.screened_at == bench.work.now()
