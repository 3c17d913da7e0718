"""What the market asks of the slices before it: facts that are said once, and read by whose they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from duty_town import NORTH
from market_town import MarketTown, decided_case
from PIL import Image

from pipewarden.casework import service as casework
from pipewarden.field import service as field
from pipewarden.field.facts.standby import Stood
from pipewarden.field.facts.tasks import POINTS_EARNED, NewAnswer, Seen
from pipewarden.field.service import captures, tasks
from pipewarden.judge import service as judge
from pipewarden.judge.facts import JUDGED, ReviewCode
from pipewarden.kit.blobs import BlobStore
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.jobs import facts
from pipewarden.market.store import rewards as store
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import FactRef
    from pipewarden.people.facts import Actor


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def jpeg() -> bytes:
    out = BytesIO()
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(out, "JPEG")
    return out.getvalue()


def answered(town: MarketTown, blobs: BlobStore, who: Actor, seen: Seen, *, proved: bool = True) -> list[FactRef]:
    """Let somebody answer a task there, and return the facts about points."""
    task = tasks.ask(town.work, town.manager, "看看有没有挖机", place=(NORTH, 10.0))
    nonce = captures.issue(town.work, str(who.id)).nonce if proved else None
    new = NewAnswer(town.work.ids.new(), Stood(*NORTH, 8.0), nonce, seen, "", jpeg())
    town.work.take_facts()
    tasks.answer(town.work, blobs, who, task.id, new)
    return [one for one in town.work.take_facts() if one.kind == POINTS_EARNED]


def test_a_verified_answer_says_its_points_and_they_are_booked(town: MarketTown, blobs: BlobStore) -> None:
    worker = town.actor_of(Role.GRID_WORKER)
    (said,) = answered(town, blobs, worker, Seen.NOTHING)
    (points,) = field.points_by_id(town.work, [said.fact_id])
    assert (points.person_id, points.points) == (worker.id, 5)
    facts.points(town.work, [said])
    assert store.counts(town.work) == {RewardState.HELD: 1}
    town.pay()
    assert town.wallet(worker.id, Asset.PTS) == 5


@pytest.mark.parametrize(("seen", "proved"), [(Seen.CANNOT_TELL, True), (Seen.WORKS, False)])
def test_an_answer_that_brings_no_points_says_nothing(
    town: MarketTown, blobs: BlobStore, seen: Seen, *, proved: bool
) -> None:
    assert answered(town, blobs, town.actor_of(Role.GRID_WORKER), seen, proved=proved) == []


def test_points_are_read_by_whose_tenant_they_are(town: MarketTown, blobs: BlobStore) -> None:
    (said,) = answered(town, blobs, town.actor_of(Role.GRID_WORKER), Seen.NOTHING)
    elsewhere = replace(town.work, tenant_id=town.work.ids.new())
    assert field.points_by_id(elsewhere, [said.fact_id]) == []
    assert field.points_by_id(town.work, [town.work.ids.new()]) == []


def test_wishes_are_read_by_id_and_by_whose_they_are(town: MarketTown) -> None:
    site = town.confirmed()
    wish = town.wished(site.id, town.person(Role.RESIDENT).id)
    assert field.rewards_by_id(town.work, [wish.id]) == [wish]
    elsewhere = replace(town.work, tenant_id=town.work.ids.new())
    assert field.rewards_by_id(elsewhere, [wish.id]) == []


def test_sites_are_read_by_id_and_by_whose_they_are(town: MarketTown) -> None:
    one, other = town.confirmed(), town.confirmed(level=1)
    found = casework.sites_by_id(town.work, [one.id, other.id])
    assert {found[one.id].level, found[other.id].level} == {2, 1}
    assert casework.sites_by_id(town.work, []) == {}
    assert casework.sites_by_id(replace(town.work, tenant_id=town.work.ids.new()), [one.id]) == {}


def test_everything_that_people_decided_is_read_in_order(town: MarketTown) -> None:
    first, second = (f"person:{town.person(Role.PATROLLER).id}" for _ in range(2))
    town.work.take_facts()
    alarm = decided_case(town.work, [(first, ReviewCode.PASSING), (second, ReviewCode.DIGGING)])
    assert any(one.kind == JUDGED and one.fact_id == alarm for one in town.work.take_facts())
    said = judge.words(town.work, [alarm])
    assert [(one.actor, one.said.code) for one in said] == [
        (first, ReviewCode.PASSING),
        (second, ReviewCode.DIGGING),
    ]
    assert judge.words(town.work, []) == []
    assert judge.words(replace(town.work, tenant_id=town.work.ids.new()), [alarm]) == []


def test_the_drains_take_batches_with_repeats(town: MarketTown) -> None:
    patroller = town.person(Role.PATROLLER)
    alarm = decided_case(town.work, [(f"person:{patroller.id}", ReviewCode.DIGGING)])
    ref = next(one for one in town.work.take_facts() if one.kind == JUDGED)
    facts.reviews(town.work, [ref, ref, ref])
    assert store.counts(town.work) == {RewardState.HELD: 1}
    site = town.confirmed()
    wish = town.wished(site.id, town.person(Role.RESIDENT).id)
    clue = replace(ref, kind="field.reward_wanted", fact_id=wish.id)
    facts.clues(town.work, [clue, clue])
    assert store.counts(town.work) == {RewardState.HELD: 3}
    town.clock.advance(timedelta(minutes=1))
    town.refute(site)
    town.end_false(site)
    events = [replace(ref, kind="casework.changed", fact_id=one.id) for one in casework.happened(town.work, site.id)]
    facts.sites(town.work, events)
    assert store.counts(town.work) == {RewardState.HELD: 1, RewardState.REFUSED: 2}
    assert alarm
