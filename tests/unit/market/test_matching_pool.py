"""待您鉴别: who agreed has their picture shown, masked, to experts who suit it; the first word ends it, and is paid."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from expert_town import ExpertTown

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import RefusedError
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.experts import Skill
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import Wish
from pipewarden.market.facts.talks import PoolState
from pipewarden.market.jobs import facts as jobs
from pipewarden.market.service import matching_pool as pool
from pipewarden.market.service import taking, wishes
from pipewarden.market.store import experts as expert_store
from pipewarden.market.store import talks as store
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.perceive import store as perceive_store
from pipewarden.perceive.facts import AnsweredBy, IndoorAnswer, Says

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.facts import IndoorCheck


@pytest.fixture
def town(work: Work, clock: SetClock) -> ExpertTown:
    return ExpertTown(work, clock)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def agreed(town: ExpertTown, *, given: bool = True) -> Actor:
    """Make somebody who has their pictures shown to experts, or has not."""
    sender = town.proved(town.person(Role.RESIDENT))
    if given:
        people.say_consent(town.work, sender, Purpose.EXPERTS, 1, given=True)
    return sender


def sent(town: ExpertTown, blobs: BlobStore, sender: Actor, *, seen: str = "", rendered: bool = False) -> IndoorCheck:
    """Let somebody have sent a picture, and a model have said what it sees."""
    content = town.work.ids.new().bytes
    with mock.patch.object(perceive.indoor.sense, "check_picture"):
        made = perceive.take_indoor(town.work, blobs, sender, content, rendered=rendered).check
    if seen:
        answer = IndoorAnswer(AnsweredBy.MODEL, hazards=((seen, Says.YES),))
        perceive_store.indoor.answer(town.work, made.id, answer, None, ())
    return made


def waiting(town: ExpertTown, expert: Any) -> list[Any]:
    return pool.pool(town.work, town.signed(expert), limit=9)


def hazard() -> tuple[str, str]:
    """Return an item of the list and its words."""
    one = perceive.hazards().hazards[0]
    return one.id, one.words.zh


def test_a_picture_goes_to_who_has_proved_that_they_know_it(town: ExpertTown, blobs: BlobStore) -> None:
    item, words = hazard()
    best = [town.expert() for _ in range(3)]
    for one in best:
        expert_store.prove(town.work, Skill(one.person_id, item, 60, 0))
    named, other = town.expert(tags=frozenset({words})), town.expert(tags=frozenset({"开挖沟槽"}))
    check = sent(town, blobs, agreed(town), seen=item)
    assert pool.push(town.work) == 3
    assert [[each.check_id for each in waiting(town, one)] for one in best] == [[check.id]] * 3
    assert waiting(town, named) == waiting(town, other) == []
    assert any(each.part == "skill" for each in waiting(town, best[0])[0].reasons)
    assert pool.push(town.work) == 0, "a picture is shown once"


def test_only_photographs_of_who_agreed_leave_the_house(town: ExpertTown, blobs: BlobStore) -> None:
    town.expert()
    sent(town, blobs, agreed(town, given=False))
    sent(town, blobs, agreed(town), rendered=True)
    took_back = agreed(town)
    sent(town, blobs, took_back)
    people.say_consent(town.work, took_back, Purpose.EXPERTS, 1, given=False)
    assert pool.push(town.work) == 0


def test_nobody_is_shown_their_own_or_too_many_or_what_they_would_pay(town: ExpertTown, blobs: BlobStore) -> None:
    sender = agreed(town)
    own, full, manages, free = (town.expert() for _ in range(4))
    expert_store.add(town.work, replace(own, person_id=sender.id))
    people_row: Any = type("P", (), {"id": manages.person_id})()
    town.hold(people_row, Role.SAFETY_MANAGER)
    check = sent(town, blobs, sender)
    with mock.patch.object(store, "waiting", lambda _work, ids: dict.fromkeys(ids, 0) | {full.person_id: 20}):
        pool.push(town.work)
    shown = {
        one.person_id
        for one in (own, full, manages, free)
        if check.id in {each.check_id for each in waiting(town, one)}
    }
    assert shown == {own.person_id, free.person_id}
    assert store.pool(town.work, sender.id, limit=9, before=None) == [], "it is their own"


def test_without_experts_nothing_is_looked_at(town: ExpertTown, blobs: BlobStore) -> None:
    sent(town, blobs, agreed(town))
    with mock.patch.object(expert_store, "available", return_value=[]):
        assert pool.push(town.work) == 0


def test_the_first_word_ends_it_and_is_paid_as_a_review(town: ExpertTown, blobs: BlobStore) -> None:
    item, _ = hazard()
    anna, ben = town.expert(), town.expert()
    check = sent(town, blobs, agreed(town))
    assert pool.push(town.work) >= 2
    (first,), (second,) = waiting(town, anna), waiting(town, ben)
    done = pool.answer(town.work, town.signed(anna), first.id, matches=True, seen=[item], words="接头漏气")
    assert done.review is not None
    assert (done.review.actor, done.review.hazards) == (f"person:{anna.person_id}", (item,))
    assert waiting(town, anna) == waiting(town, ben) == []
    with pytest.raises(NotFoundError):
        pool.answer(town.work, town.signed(ben), second.id, matches=True, seen=[])
    rewards = wishes.indoor_reviewed(town.work, [check.id])
    assert {(one.person_id, one.asset) for one in rewards} == {(anna.person_id, one) for one in Asset}


def test_how_many_were_judged_and_what_for_is_told(town: ExpertTown, blobs: BlobStore) -> None:
    """The deck's 已审核 and 审核激励: of oneself alone, and no other work's rewards."""
    item, _ = hazard()
    anna, ben = town.expert(), town.expert()
    checks = [sent(town, blobs, agreed(town)) for _ in range(2)]
    pool.push(town.work)
    before = pool.judged(town.work, town.signed(anna))
    assert (before.waiting, before.done, dict(before.earned)) == (2, 0, dict.fromkeys(Asset, 0))
    first = next(one for one in waiting(town, anna) if one.check_id == checks[0].id)
    pool.answer(town.work, town.signed(anna), first.id, matches=True, seen=[item])
    wishes.indoor_reviewed(town.work, [checks[0].id])
    alarm = Wish(PayKind.REVIEW, f"review:{town.work.ids.new()}", anna.person_id, town.clock.now())
    assert [one.units for one in taking.take(town.work, [(alarm, None)])] == [5], "it is rewarded, and counts not here"
    now, hers = pool.judged(town.work, town.signed(anna)), pool.judged(town.work, town.signed(ben))
    assert (now.waiting, now.done, dict(now.earned)) == (1, 1, {Asset.CNY: 5_000, Asset.PTS: 50})
    assert (hers.waiting, hers.done, dict(hers.earned)) == (1, 0, dict.fromkeys(Asset, 0)), "it left Ben's list, too"
    with pytest.raises(ForbiddenError):
        pool.judged(town.work, agreed(town))


def test_whoever_comes_after_somebody_of_the_company_is_told(town: ExpertTown, blobs: BlobStore) -> None:
    anna = town.expert()
    check = sent(town, blobs, agreed(town))
    pool.push(town.work)
    (one,) = waiting(town, anna)
    perceive.review_indoor(town.work, town.manager, check.id, matches=False, seen=[])
    with pytest.raises(RefusedError, match="somebody else"):
        pool.answer(town.work, town.signed(anna), one.id, matches=True, seen=[])
    assert waiting(town, anna) == [one], "a refused act changes nothing"
    other = sent(town, blobs, agreed(town))
    pool.push(town.work)
    facts: list[Any] = [SimpleNamespace(fact_id=each.id) for each in (check, other)]
    jobs.indoor(town.work, facts)
    assert [each.check_id for each in waiting(town, anna)] == [other.id], "nobody judged that one"


def test_a_picture_is_put_aside_without_a_word(town: ExpertTown, blobs: BlobStore) -> None:
    anna = town.expert()
    sent(town, blobs, agreed(town))
    pool.push(town.work)
    (one,) = waiting(town, anna)
    pool.put_aside(town.work, town.signed(anna), one.id)
    assert waiting(town, anna) == []
    found = store.pooled(town.work, anna.person_id, one.id)
    assert found is not None
    assert (found.state, found.ended_at) == (PoolState.OVER, town.clock.now())
    with pytest.raises(NotFoundError):
        pool.put_aside(town.work, town.signed(anna), one.id)


def test_nobody_opens_what_was_shown_to_another(town: ExpertTown, blobs: BlobStore) -> None:
    anna = town.expert()
    sent(town, blobs, agreed(town))
    pool.push(town.work)
    (one,) = waiting(town, anna)
    late = town.signed(town.expert())
    showing: Any = None
    with pytest.raises(NotFoundError):
        pool.picture(town.work, late, blobs, showing, one.id)
    with pytest.raises(NotFoundError):
        pool.answer(town.work, late, one.id, matches=True, seen=[])
    with pytest.raises(ForbiddenError):
        pool.pool(town.work, town.actor_of(Role.RESIDENT), limit=9)
    with mock.patch.object(perceive, "indoor_picture", return_value=b"jpeg") as drawn:
        assert pool.picture(town.work, town.signed(anna), blobs, showing, one.id) == b"jpeg"
    assert drawn.call_args.args[3] is showing, "through the mask, never the original"


def test_the_right_that_is_lent_is_for_that_tenant_alone(town: ExpertTown) -> None:
    anna = town.signed(town.expert())
    lent = pool._lent(anna, town.work.tenant_id)
    given = [one for one in lent.grants if one not in anna.grants]
    assert {(one.permission, one.scope.value, one.tenant_id) for one in given} == {
        ("indoor:read", "tenant", town.work.tenant_id),
        ("indoor:review", "tenant", town.work.tenant_id),
    }
