"""A commission's whole life, with its money: drafted, published, worked for, accepted, settled; or cancelled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from expert_town import PRICE, RULE, ExpertTown
from hypothesis import given
from hypothesis import strategies as st
from market_town import YUAN

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.ledger.facts import LedgerError
from pipewarden.market.facts.commissions import Acceptance, CommissionState, Engagement, EngagementState, Tool
from pipewarden.market.facts.experts import Grade
from pipewarden.market.rules import commissions as rules
from pipewarden.market.service import (
    booking,
    budgets,
    commissions,
    engagements,
    engaging,
    experts_home,
    matching,
    talks,
)
from pipewarden.market.store import budgets as budget_store
from pipewarden.market.store import commissions as store
from pipewarden.market.store import experts as expert_store
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work

C, E = CommissionState, EngagementState


@pytest.fixture
def town(work: Work, clock: SetClock) -> Iterator[ExpertTown]:
    made = ExpertTown(work, clock)
    yield made
    assert made.whole()
    found = booking.check_meters(work)
    assert (found.difference, found.problems) == (0, ())


def kinds(town: ExpertTown, commission: Any) -> list[str]:
    return [one.kind for one in store.events(town.work, commission.id)]


def part_now(town: ExpertTown, part: Engagement) -> Engagement:
    found = store.engagement(town.work, store.anybodys(), part.id)
    assert found is not None
    return found


def test_from_draft_to_settled_every_unit_is_somewhere(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish())
    town.deposit(20 * YUAN)
    assert (draft.state, town.purse()) == (C.DRAFT, 20 * YUAN)
    published = commissions.publish(town.work, town.admin, draft.id)
    assert (published.state, town.purse(), town.in_budget(published.budget_id)) == (C.PUBLISHED, 7 * YUAN, 13 * YUAN)
    anna, ben = town.expert(), town.expert()
    first = engagements.apply(town.work, town.signed(anna), draft.id, volume=60)
    assert (first.state, town.now(draft).state) == (E.APPLIED, C.MATCHING)
    second = engagements.offer(town.work, town.manager, draft.id, ben.person_id)
    assert engagements.agree(town.work, town.manager, first.id).state is E.BEGUN
    assert engagements.agree(town.work, town.signed(ben), second.id).volume == 40
    assert town.now(draft).state is C.RUNNING
    engaging.charge(town.work, first.id, [f"a{one}" for one in range(55)])
    engaging.charge(town.work, second.id, [f"b{one}" for one in range(40)])
    assert commissions.progress(town.work, draft).calls == 95
    accepted = commissions.accept(town.work, town.manager, draft.id, "很好")
    assert accepted.state is C.ACCEPTED
    assert town.settle(hours=71) == 0, "what waits may still be charged"
    engaging.charge(town.work, first.id, ["a55"])
    assert town.settle(hours=2) == 1
    over = town.now(draft)
    assert (over.state, over.ended_at) == (C.SETTLED, town.clock.now())
    assert [town.wallet(one.person_id) for one in (anna, ben)] == [56 * PRICE, 40 * PRICE]
    assert town.in_budget(over.budget_id) == 0
    assert town.purse() == 20 * YUAN - 96 * PRICE
    assert kinds(town, draft) == [
        "drafted", "published", "applied", "offered", "begun", "begun", "accepted", "settled",
    ]  # fmt: skip


def test_nobody_but_who_manages_money_sets_it_aside(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish())
    town.deposit(13 * YUAN)
    with pytest.raises(ForbiddenError):
        commissions.publish(town.work, town.manager, draft.id)
    with pytest.raises(ForbiddenError):
        commissions.draft(town.work, town.actor_of(Role.DISPATCHER), town.wish())
    with pytest.raises(ForbiddenError):
        commissions.draft(town.work, town.signed(town.expert()), town.wish())


def test_a_purse_that_has_less_publishes_nothing(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish())
    town.deposit(13 * YUAN - 1)
    with pytest.raises(LedgerError), town.work.session.begin_nested():
        commissions.publish(town.work, town.admin, draft.id)
    assert town.now(draft).state is C.DRAFT
    town.deposit(1)
    assert commissions.publish(town.work, town.admin, draft.id).state is C.PUBLISHED


def test_a_draft_is_edited_and_what_is_published_is_not(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish())
    changed = commissions.edit(town.work, town.manager, draft.id, town.wish(price=1800, title="隐患标注"))
    assert (changed.price, changed.title, changed.made_at) == (1800, "隐患标注", draft.made_at)
    town.deposit(13 * YUAN)
    commissions.publish(town.work, town.admin, draft.id)
    with pytest.raises(RefusedError, match="is published"):
        commissions.edit(town.work, town.manager, draft.id, town.wish())
    with pytest.raises(RefusedError, match="is published"):
        commissions.publish(town.work, town.admin, draft.id)


def test_a_draft_whose_day_has_passed_is_not_published(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish(due=town.clock.now() + timedelta(hours=1)))
    town.deposit(13 * YUAN)
    town.clock.advance(timedelta(hours=1))
    with pytest.raises(RefusedError, match="has passed"):
        commissions.publish(town.work, town.admin, draft.id)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": 0}, "price"),
        ({"volume": 0}, "price"),
        ({"budget": PRICE - 1}, "budget"),
        ({"overlap": 0}, "overlap"),
        ({"overlap": 10}, "overlap"),
        ({"tags": frozenset()}, "tags"),
        ({"tool": Tool.OFFLINE}, "tool"),
        ({"online": False}, "tool"),
        ({"acceptance": replace(RULE, wrong=10)}, "acceptance.wrong"),
        ({"acceptance": replace(RULE, share=0.0)}, "acceptance.share"),
    ],
)
def test_a_wish_that_is_none_is_named(town: ExpertTown, change: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        commissions.draft(town.work, town.manager, town.wish(**change))
    assert caught.value.field == field


def test_cancelling_what_nobody_took_returns_everything_at_once(town: ExpertTown) -> None:
    commission = town.published()
    part = engagements.apply(town.work, town.signed(town.expert()), commission.id)
    before = town.purse()
    over = commissions.cancel(town.work, town.manager, commission.id, "不需要了")
    assert town.purse() == before + 13 * YUAN
    assert part_now(town, part).state is E.LEFT
    assert town.settle(seconds=1) == 1
    budget = budget_store.held(town.work, over.budget_id) if over.budget_id else None
    assert budget is not None
    assert budget.closed_at is not None
    assert town.now(commission).state is C.CANCELLED
    with pytest.raises(RefusedError, match="is cancelled"):
        commissions.cancel(town.work, town.manager, commission.id, "again")


def test_cancelling_what_runs_pays_what_was_done(town: ExpertTown) -> None:
    commission = town.published()
    anna = town.expert()
    part = town.engaged(commission, anna, volume=50)
    engaging.charge(town.work, part.id, list("abc"))
    before = town.purse()
    commissions.cancel(town.work, town.manager, commission.id, "项目停了")
    assert town.purse() == before + 13 * YUAN - 50 * PRICE, "the part's money waits for the hold"
    assert part_now(town, part).state is E.DONE
    engaging.charge(town.work, part.id, ["d"])
    assert town.settle() >= 1
    assert town.wallet(anna.person_id) == 4 * PRICE
    assert town.purse() == before + 13 * YUAN - 4 * PRICE
    with pytest.raises(RefusedError, match="closed"):
        engaging.charge(town.work, part.id, ["e"])


def test_a_draft_is_cancelled_without_any_money(town: ExpertTown) -> None:
    draft = commissions.draft(town.work, town.manager, town.wish())
    over = commissions.cancel(town.work, town.manager, draft.id, "写错了")
    assert (over.state, over.ended_at, over.settle_at) == (C.CANCELLED, town.clock.now(), None)


def test_less_than_the_rule_asks_is_not_accepted(town: ExpertTown) -> None:
    commission = town.published()
    part = town.engaged(commission, town.expert())
    engaging.charge(town.work, part.id, [str(one) for one in range(49)])
    with pytest.raises(RefusedError, match=r"49\.0%"):
        commissions.accept(town.work, town.manager, commission.id)
    engaging.charge(town.work, part.id, ["49"])
    assert commissions.accept(town.work, town.manager, commission.id).state is C.ACCEPTED


def test_what_was_finished_early_is_free_for_others(town: ExpertTown) -> None:
    commission = town.published()
    anna, ben = town.expert(), town.expert()
    part = town.engaged(commission, anna)
    engaging.charge(town.work, part.id, list("abcdefghij"))
    late = engagements.apply(town.work, town.signed(ben), commission.id)
    with pytest.raises(RefusedError, match="shared out"):
        engagements.agree(town.work, town.manager, late.id)
    done = engagements.finish(town.work, town.signed(anna), part.id, "提前交付")
    assert (done.state, done.why) == (E.DONE, "提前交付")
    assert town.settle() == 1, "its money returns after the hold"
    assert part_now(town, part).settled
    begun = engagements.agree(town.work, town.manager, late.id)
    assert begun.volume == 90
    assert engaging.free(town.work, commission) == 13 * YUAN - 100 * PRICE


def test_money_of_a_commission_is_not_released_past_it(town: ExpertTown) -> None:
    commission = town.published()
    assert commission.budget_id is not None
    with pytest.raises(RefusedError, match="is a commission's"):
        budgets.release(town.work, town.admin, commission.budget_id, 1, "k")
    with pytest.raises(RefusedError, match="is a commission's"):
        budgets.fund(town.work, town.admin, commission.budget_id, 1, "k")


def test_each_side_says_its_own_word(town: ExpertTown) -> None:
    commission = town.published()
    anna, ben = town.expert(), town.expert()
    applied = engagements.apply(town.work, town.signed(anna), commission.id)
    with pytest.raises(RefusedError) as caught:
        engagements.agree(town.work, town.signed(anna), applied.id)
    assert "client must agree" in caught.value.fix
    offered = engagements.offer(town.work, town.manager, commission.id, ben.person_id)
    with pytest.raises(RefusedError) as caught:
        engagements.agree(town.work, town.manager, offered.id)
    assert "expert must agree" in caught.value.fix
    with pytest.raises(NotFoundError):
        engagements.agree(town.work, town.signed(ben), applied.id)
    with pytest.raises(ForbiddenError):
        engagements.agree(town.work, town.actor_of(Role.PATROLLER), applied.id)


def test_no_is_said_by_either_and_another_time_is_another_word(town: ExpertTown) -> None:
    commission = town.published()
    anna = town.expert()
    offered = engagements.offer(town.work, town.manager, commission.id, anna.person_id)
    with pytest.raises(RefusedError, match="has a part that is offered"):
        engagements.apply(town.work, town.signed(anna), commission.id)
    refused = engagements.refuse(town.work, town.signed(anna), offered.id, "没时间")
    assert (refused.state, refused.why) == (E.LEFT, "没时间")
    again = engagements.apply(town.work, town.signed(anna), commission.id, price=1500)
    assert (again.id, again.state, again.price) == (offered.id, E.APPLIED, 1500)
    engagements.refuse(town.work, town.manager, again.id, "太贵")
    with pytest.raises(RefusedError, match="is left"):
        engagements.refuse(town.work, town.manager, again.id, "again")


def test_who_is_bound_to_the_client_does_not_work_for_it(town: ExpertTown) -> None:
    commission = town.published()
    bound = town.expert(conflicts=frozenset({str(town.work.tenant_id)}))
    away = town.expert(available=False)
    manages = town.expert()
    town.hold(SimpleNamespace(id=manages.person_id), Role.SAFETY_MANAGER)  # type: ignore[arg-type]
    for one, why in ((bound, "bound to the client"), (away, "takes no work"), (manages, "bound to the client")):
        with pytest.raises(RefusedError, match=why):
            engagements.offer(town.work, town.manager, commission.id, one.person_id)
    with pytest.raises(RefusedError, match="bound to the client"):
        engagements.apply(town.work, town.signed(bound), commission.id)


def test_cards_say_how_well_and_whether_somebody_was_asked(town: ExpertTown) -> None:
    commission = town.published(tags=frozenset({"软管老化"}))
    best = town.expert(tags=frozenset({"软管老化"}))
    town.expert(tags=frozenset({"开挖沟槽"}))
    barred = town.expert(tags=frozenset({"软管老化"}), conflicts=frozenset({str(town.work.tenant_id)}))
    engagements.offer(town.work, town.manager, commission.id, best.person_id)
    cards = matching.cards(town.work, town.manager, commission.id, limit=1000)
    assert cards[0].expert.person_id == best.person_id
    assert cards[0].name
    assert cards[0].part is not None
    last = next(one for one in cards if one.expert.person_id == barred.person_id)
    assert (last.match.score, last.match.against[0].part) == (0.0, "conflict")
    hall = matching.hall_one(town.work, town.signed(best), commission.id)
    assert hall.part is not None
    assert hall.part.reasons == cards[0].part.reasons, "both sides read the same"


def test_the_hall_shows_what_is_published_and_nothing_else(town: ExpertTown) -> None:
    anna = town.signed(town.expert())
    commission = town.published(tags=frozenset({"甲"}))
    draft = commissions.draft(town.work, town.manager, town.wish())
    seen = matching.hall(town.work, anna, tag=None, limit=50, before=None)
    assert commission.id in {one.commission.id for one in seen}
    assert draft.id not in {one.commission.id for one in seen}
    assert [one.commission.id for one in matching.hall(town.work, anna, tag="甲", limit=50, before=None)] == [
        commission.id
    ]
    with pytest.raises(NotFoundError):
        matching.hall_one(town.work, anna, draft.id)
    with pytest.raises(NotFoundError):
        engagements.apply(town.work, anna, draft.id)


def test_a_rating_is_given_once_and_counts_for_the_expert(town: ExpertTown) -> None:
    commission = town.published()
    anna = town.expert()
    part = town.engaged(commission, anna)
    with pytest.raises(RefusedError, match="is begun"):
        engagements.rate(town.work, town.manager, part.id, 5, "")
    with pytest.raises(RefusedError, match="is running"):
        commissions.rate(town.work, town.manager, commission.id, 5, "")
    engaging.charge(town.work, part.id, [str(one) for one in range(50)])
    commissions.accept(town.work, town.manager, commission.id)
    engagements.rate(town.work, town.manager, part.id, 4, "认真")
    commissions.rate(town.work, town.manager, commission.id, 5, "好")
    after = expert_store.one(town.work, anna.person_id)
    assert after is not None
    assert (after.stars, after.ratings, after.rating) == (4, 1, 4.0)
    for again in (engagements.rate, commissions.rate):
        target = part.id if again is engagements.rate else commission.id
        with pytest.raises(RefusedError, match="are given"):
            again(town.work, town.manager, target, 1, "")


def test_a_grade_rises_when_a_commission_is_settled(town: ExpertTown) -> None:
    anna = town.expert(verified_at=town.clock.now())
    expert_store.prove(town.work, expert_store.Skill(anna.person_id, "软管老化", 60, 0))
    commission = town.published()
    part = town.engaged(commission, anna)
    engaging.charge(town.work, part.id, [str(one) for one in range(50)])
    commissions.accept(town.work, town.manager, commission.id)
    town.settle()
    after = expert_store.one(town.work, anna.person_id)
    assert after is not None
    assert after.grade is Grade.B
    assert [one.kind for one in expert_store.events(town.work, anna.person_id)] == ["promoted"]


def test_the_clients_list_is_the_clients(town: ExpertTown) -> None:
    commission = town.published()
    draft = commissions.draft(town.work, town.manager, town.wish())
    listed = commissions.listed(town.work, town.manager, state=None, limit=10, before=None)
    assert [one.id for one in listed] == [draft.id, commission.id]
    drafts = commissions.listed(town.work, town.manager, state=C.DRAFT, limit=10, before=None)
    assert [one.id for one in drafts] == [draft.id]
    with pytest.raises(ForbiddenError):
        commissions.listed(town.work, town.signed(town.expert()), state=None, limit=10, before=None)
    other = town.work.of(town.work.ids.new())
    with pytest.raises(NotFoundError):
        commissions.held(other, town.manager, commission.id)


def test_ones_own_parts_are_listed_with_their_commissions(town: ExpertTown) -> None:
    anna = town.expert()
    parts = [town.engaged(town.published(), anna) for _ in range(2)]
    own = engagements.own(town.work, town.signed(anna), states=(), limit=10, before=None)
    assert [one.part.id for one in own] == [parts[1].id, parts[0].id]
    assert own[0].commission.id == parts[1].commission_id
    assert [(one.worked.calls, one.worked.earned, one.unread) for one in own] == [(0, 0, 0)] * 2
    assert engagements.own(town.work, town.signed(anna), states=(E.DONE,), limit=10, before=None) == []


def test_what_came_of_a_part_is_told_to_whom_it_belongs(town: ExpertTown) -> None:
    """Hall and own list say the same: calls and money of one's own part, calls of all parts together."""
    commission = town.published(overlap=2)
    anna, ben, carl = (town.expert() for _ in range(3))
    part, other = (town.engaged(commission, one, volume=50) for one in (anna, ben))
    engaging.charge(town.work, part.id, ["a", "b", "c"])
    engaging.charge(town.work, other.id, ["a"])
    talks.say_as_client(town.work, town.manager, commission.id, anna.person_id, "图片补好了")
    (own,) = engagements.own(town.work, town.signed(anna), states=(E.BEGUN,), limit=10, before=None)
    assert (own.worked.calls, own.worked.earned, own.unread) == (3, 3 * PRICE, 1)
    halls = [matching.hall_one(town.work, town.signed(one), commission.id) for one in (anna, ben, carl)]
    assert [one.calls for one in halls] == [4, 4, 4]
    assert [(one.worked.calls, one.worked.earned) for one in halls] == [(3, 3 * PRICE), (1, PRICE), (0, 0)]
    assert [one.unread for one in halls] == [1, 0, 0], "each talks apart"
    assert own.client == halls[0].client
    home = experts_home.home(town.work, town.signed(anna))
    assert home.earned == own.worked.earned
    talks.read_as_expert(town.work, town.signed(anna), commission.id, limit=9)
    assert matching.hall_one(town.work, town.signed(anna), commission.id).unread == 0


def test_a_list_of_the_hall_counts_each_commission_apart(town: ExpertTown) -> None:
    anna, ben = town.expert(), town.expert()
    tag = f"厅{town.work.ids.new()}"[:20]
    idle, busy = (town.published(tags=frozenset({tag})) for _ in range(2))
    engaging.charge(town.work, town.engaged(busy, ben).id, ["a", "b"])
    seen = matching.hall(town.work, town.signed(anna), tag=tag, limit=9, before=None)
    assert {one.commission.id: one.calls for one in seen} == {idle.id: 0, busy.id: 2}
    assert [one.part for one in seen] == [None, None], "another's part is not one's own"
    assert store.engagements_of(town.work, []) == {}


@given(
    volume=st.integers(1, 200),
    price=st.integers(1, 5000),
    budget=st.integers(1, 500_000),
    asked=st.lists(st.integers(1, 100), max_size=6),
)
def test_shares_never_pass_the_volume_or_the_budget(volume: int, price: int, budget: int, asked: list[int]) -> None:
    taken, left = 0, budget
    fake: Any = type("C", (), {"volume": volume})
    for each in asked:
        try:
            calls, units = rules.share_of(fake, price, each, left, taken)
        except RefusedError:
            assert taken >= volume or left < price
            continue
        assert 0 < calls <= each
        assert price <= units <= min(calls * price, left)
        taken, left = taken + calls, left - units
    assert taken <= volume
    assert left >= 0


@pytest.mark.parametrize("now", list(CommissionState))
def test_what_is_over_becomes_nothing_more(now: CommissionState) -> None:
    steps = []
    for to in CommissionState:
        try:
            rules.check_step(now, to)
        except RefusedError:
            continue
        else:
            steps.append(to)
    assert (not steps) == (now in rules.ENDED)
    assert now not in steps


def test_a_rule_of_acceptance_accepts_something_and_not_anything() -> None:
    rules.check_acceptance(Acceptance(1, 0, 1.0, ""))
    for wrong in (
        Acceptance(0, 0, 1.0, ""),
        Acceptance(5, 5, 1.0, ""),
        Acceptance(5, -1, 1.0, ""),
        Acceptance(5, 1, 1.1, ""),
    ):
        with pytest.raises(InputError):
            rules.check_acceptance(wrong)
