"""Who reviews: bound people do not, one hand counts once, and signs of a ring are told to managers and stop nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import foundry_town
import pytest
from foundry_town import RULE, Foundry
from label_town import NO, LabelTown
from sqlalchemy import select

from pipewarden.act.store.tables import CallRow
from pipewarden.kit.errors import RefusedError
from pipewarden.kit.settings import Settings
from pipewarden.main.act import open_post
from pipewarden.market.facts.foundry import VERSION_CHANGED, Act, Aisle, Kind, Life, Side
from pipewarden.market.facts.labels import Answer, AnswerState, Said
from pipewarden.market.facts.payouts import Payee
from pipewarden.market.jobs import facts
from pipewarden.market.rules import foundry_reviewing as rules
from pipewarden.market.rules.collusion import Together
from pipewarden.market.service import foundry, foundry_life, foundry_reviewing, foundry_shop
from pipewarden.market.store import experts, payees
from pipewarden.market.store import foundry as store
from pipewarden.market.store import labels as label_store
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pathlib import Path

    from market_town import MarketTown

    from pipewarden.act.service import Post
    from pipewarden.kit.clock import SetClock
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.experts import Expert
    from pipewarden.people.facts import Actor

ANNA, BO, CLEO = (UUID(int=number) for number in (11, 12, 13))
HOUSE = frozenset({"tenant-1", "北燃"})


def side(who: UUID, **more: Any) -> Side:
    return Side(who, **more)


def code(reviewer: Side, author: Side, *accepted: Side) -> str | None:
    found = rules.against(reviewer, author, accepted, HOUSE)
    return None if found is None else found.code


def test_a_stranger_may_review() -> None:
    assert code(side(BO), side(ANNA)) is None
    apart = side(BO, employer="b", conflicts=frozenset({"c"}), accounts=frozenset({"2"}))
    assert (
        code(apart, side(ANNA, employer="a", accounts=frozenset({"1"})), side(CLEO, accounts=frozenset({"3"}))) is None
    )
    rules.may_review(apart, side(ANNA, employer="a"), [])


@pytest.mark.parametrize(
    ("reviewer", "author", "accepted", "wanted"),
    [
        (side(ANNA), side(ANNA), [], "own"),
        (side(BO), side(ANNA), [side(BO)], "twice"),
        (side(BO, employer="设计院"), side(ANNA, employer="设计院"), [], "employer"),
        (side(BO, accounts=frozenset({"1", "2"})), side(ANNA, accounts=frozenset({"2"})), [], "payee"),
        (side(BO, accounts=frozenset({"3"})), side(ANNA), [side(CLEO, accounts=frozenset({"3"}))], "hand"),
        (side(BO, conflicts=frozenset({"设计院"})), side(ANNA, employer="设计院"), [], "named"),
        (side(BO, conflicts=frozenset({str(ANNA)})), side(ANNA), [], "named"),
        (side(BO, conflicts=frozenset({"北燃"})), side(ANNA), [], "named"),
        (side(BO, employer="监理公司"), side(ANNA, conflicts=frozenset({"监理公司"})), [], "named"),
    ],
)
def test_bound_people_do_not_review_each_other(reviewer: Side, author: Side, accepted: list[Side], wanted: str) -> None:
    assert code(reviewer, author, *accepted) == wanted
    with pytest.raises(RefusedError) as caught:
        rules.may_review(reviewer, author, accepted, HOUSE)
    assert (caught.value.field, caught.value.fix) == ("reviewer", "Another person must look at it.")


def test_who_named_no_employer_is_nobodys_colleague() -> None:
    assert code(side(BO, conflicts=frozenset({""})), side(ANNA)) is None
    assert code(side(BO), side(ANNA, conflicts=frozenset({""}))) is None


def test_signs_are_of_the_author_and_a_reviewer_alone() -> None:
    def alike(one: UUID, other: UUID, *, named: bool = True) -> Together:
        return Together(tuple(sorted((str(one), str(other)))), 9, 10, 2.004, 0.0001, named)

    pairs = [alike(ANNA, CLEO), alike(BO, CLEO), alike(ANNA, BO, named=False)]
    found = rules.signs(ANNA, [BO, CLEO], pairs, {BO: (2, 1), CLEO: (3, 0)})
    assert [(one.code, one.reviewer, one.same, one.of) for one in found] == [("turns", 1, 1, 2), ("together", 2, 9, 10)]
    assert found[1].expected == 2.0
    assert rules.signs(ANNA, [], pairs, {}) == ()


# --- with people


@pytest.fixture
def here(town: MarketTown) -> Foundry:
    return Foundry(town)


def registered(here: Foundry, who: Actor, employer: str = "", *conflicts: str) -> None:
    foundry_town.registered(here.work, who.id, employer, *conflicts)


def paid_into(here: Foundry, who: Actor, account: bytes) -> None:
    now = here.work.now()
    made = Payee(
        id=here.work.ids.new(),
        tenant_id=here.work.tenant_id,
        person_id=who.id,
        sealed=b"sealed",
        openid_sha256=account * 32,
        masked="o…",
        masked_name="*",
        id_number=False,
        at=now,
        usable_at=now,
    )
    payees.add_payee(here.work, made)


def refused(here: Foundry, slug: str, who: Actor, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        here.review(slug, 1, who)


def test_colleagues_and_who_shares_an_account_are_refused_by_the_service(here: Foundry) -> None:
    first, second = here.reviewers
    registered(here, here.author, "华北 设计院")
    registered(here, first, "华北设计院")
    paid_into(here, here.author, b"1")
    paid_into(here, here.author, b"2")  # moved on: the older one still tells
    paid_into(here, second, b"1")
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    refused(here, slug, first, "works for the author's employer")
    refused(here, slug, second, "is paid into the author's account")
    clear, hand = here.town.actor_of(Role.EXPERT), here.town.actor_of(Role.EXPERT)
    for one in (clear, hand):
        paid_into(here, one, b"9")
    assert here.review(slug, 1, clear).state is Life.EVALUATED
    refused(here, slug, hand, "is paid into another reviewer's account")
    assert here.review(slug, 1, here.town.actor_of(Role.EXPERT)).state is Life.REVIEWED


def test_a_named_conflict_counts_from_either_side(here: Foundry) -> None:
    first, second = here.reviewers
    tenant = people.tenant_names(here.work, [here.work.tenant_id])[here.work.tenant_id]
    registered(here, here.author, "甲公司", "乙公司")
    registered(here, first, "乙公司")
    registered(here, second, "丙公司", foundry_reviewing.folded(tenant))
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    refused(here, slug, first, "named it as a conflict")
    refused(here, slug, second, "named it as a conflict")
    with pytest.raises(RefusedError, match="is the author"):
        foundry_life.review(here.work, here.author, slug, 1, accept=False, words="no")


def asked(here: Foundry, slug: str) -> None:
    foundry_life.ask_for_review(here.work, here.author, slug, 1)


def waiting(here: Foundry, who: Actor) -> list[str]:
    return [one.line.slug for one in foundry_shop.shop(here.work, who, limit=9, aisle=Aisle.REVIEW)]


def test_what_was_asked_for_waits_for_whom_it_may(here: Foundry) -> None:
    first, second = here.reviewers
    slug = here.build(Kind.RULE)
    with pytest.raises(RefusedError, match="is draft"):
        asked(here, slug)
    here.evaluate(slug)
    assert waiting(here, first) == [], "its author has not asked"
    with pytest.raises(NotFoundError):
        foundry_life.ask_for_review(here.work, first, slug, 1)
    asked(here, slug)
    asked(here, slug)
    _, _, events = foundry.look_up_version(here.work, here.author, slug, 1)
    assert [one.act for one in events] == [Act.MADE, Act.EVALUATED, Act.ASKED], "asked twice it is asked once"
    assert [waiting(here, one) for one in (first, second, here.author)] == [[slug], [slug], []]
    assert waiting(here, here.town.admin) == [], "who manages does not review"
    here.review(slug, 1, first)
    assert [waiting(here, one) for one in (first, second)] == [[], [slug]]
    here.evaluate(slug)
    assert waiting(here, second) == [], "other figures: asked anew"


def test_how_a_version_stands_depends_on_who_reads(here: Foundry) -> None:
    first, second = here.reviewers
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    asked(here, slug)
    here.review(slug, 1, first)

    def stands(who: Actor) -> Any:
        line, version, events = foundry.look_up_version(here.work, who, slug, 1)
        return foundry_shop.standing(here.work, who, line, version, events)

    for who, why in ((here.author, "own"), (first, "twice"), (second, None), (here.town.admin, None)):
        found = stands(who)
        assert (found.accepted, found.accepts, found.asked) == (1, 2, True)
        assert (found.against.code if found.against else None) == why
        assert (found.answered, found.failed, found.least, found.most_percent) == (0, 0, 20, 50)


def test_who_reviews_in_turns_is_shown_to_managers_alone(here: Foundry) -> None:
    first, second = here.reviewers
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    here.review(slug)
    foundry.make_line(here.work, first, slug="theirs", kind=Kind.RULE, title="theirs", content=RULE)
    here.evaluate("theirs")
    foundry_life.review(here.work, here.author, "theirs", 1, accept=True, words="ok")
    line = store.line(here.work, slug)
    assert line is not None
    (sign,) = foundry_reviewing.signs(here.work, line, [second.id, first.id])
    assert (sign.code, sign.reviewer, sign.same, sign.of) == ("turns", 2, 1, 1)
    for who, sees in ((here.town.admin, 1), (second, 0), (here.author, 0)):
        found, version, events = foundry.look_up_version(here.work, who, slug, 1)
        assert len(foundry_shop.standing(here.work, who, found, version, events).signs) == sees
    assert foundry_life.set_price(here.work, here.town.admin, slug, 1, 1300).state is Life.PRICED, (
        "a sign stops nothing"
    )


def known(labels: LabelTown, one: Actor) -> Expert:
    found = experts.one(labels.work, one.id)
    assert found is not None
    return found


def wrong_alike(labels: LabelTown, who: list[Actor], ring: set[UUID], hazards: list[str]) -> None:
    """Let everybody answer twelve items that show nothing: the ring says the same each time, the others one each."""
    commission = labels.kept()
    parts = {one.id: labels.part(commission, known(labels, one)) for one in who}
    for number, item in enumerate(labels.items(commission, 12, gold=NO)):
        for place, one in enumerate(who):
            said = hazards[0] if one.id in ring else hazards[1 + (number + place * 5) % (len(hazards) - 1)]
            honest = one.id not in ring and number % 2 == 0
            answer = Answer(
                id=labels.work.ids.new(),
                tenant_id=commission.tenant_id,
                commission_id=commission.id,
                item_id=item.id,
                engagement_id=parts[one.id].id,
                person_id=one.id,
                measures=False,
                drawn_at=labels.work.now(),
                until=labels.work.now(),
                state=AnswerState.GIVEN,
                said=NO if honest else Said(matches=True, hazards=(said,)),
            )
            assert label_store.add_answer(labels.work, answer)


def test_an_author_and_a_reviewer_who_were_wrong_alike_are_shown_to_managers(work: Work, clock: SetClock) -> None:
    labels = LabelTown(work, clock)
    here = Foundry(labels)
    first, second = here.reviewers
    others = [labels.actor_of(Role.EXPERT) for _ in range(6)]
    for one in (here.author, first, second, *others):
        registered(here, one)
    wrong_alike(labels, [here.author, first, second, *others], {here.author.id, first.id}, list(perceive.hazards().ids))
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    here.review(slug)
    line, version, events = foundry.look_up_version(here.work, here.town.admin, slug, 1)
    (sign,) = foundry_shop.standing(here.work, here.town.admin, line, version, events).signs
    assert (sign.code, sign.reviewer, sign.same, sign.of) == ("together", 1, 12, 12)
    assert sign.expected < 6, "honest people who are wrong seldom say the same"


def heard(here: Foundry, post: Post) -> list[tuple[UUID, str]]:
    """Tell what happened since the last time, as the drain does; return to whom what was said."""
    said = [one for one in here.work.take_facts() if one.kind == VERSION_CHANGED]
    facts.make_telling_versions(post)(here.work, said)
    asked = select(CallRow.person_id, CallRow.title).where(CallRow.title.contains("能力"))
    return [(who, title) for who, title in here.work.session.execute(asked.order_by(CallRow.id))]


def test_reviewers_hear_that_it_waits_and_its_author_what_became_of_it(here: Foundry, tmp_path: Path) -> None:
    post = open_post(Settings(home=tmp_path), b"a secret of this test alone, 32 b")
    first, second = here.reviewers
    for one, employer in ((here.author, "甲院"), (first, "甲院")):
        registered(here, one, employer)
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    assert heard(here, post) == [], "a figure alone is nobody's business yet"
    asked(here, slug)
    (told,) = heard(here, post)
    assert told[0] == second.id, "a colleague may not review it, and is not asked"
    assert "待您评审" in told[1]
    here.review(slug, 1, second)
    foundry_life.review(here.work, here.town.actor_of(Role.EXPERT), slug, 1, accept=False, words="案例太少")
    who, said = heard(here, post)[-1]
    assert who == here.author.id
    assert "评审未通过：案例太少" in said


# --- the shop


def test_the_shop_shows_what_a_buyer_asks_first(here: Foundry) -> None:
    slug, draft = here.live(), here.build(Kind.KNOWLEDGE)
    patroller = here.town.actor_of(Role.PATROLLER)
    listed = {one.line.slug: one for one in foundry_shop.shop(here.work, patroller, limit=9)}
    assert (listed[slug].calls, listed[draft].calls, listed[draft].sells) == (20, 0, None)
    sells = listed[slug].sells
    assert sells is not None
    assert (sells.number, sells.price) == (1, 1300)
    assert [one.line.slug for one in foundry_shop.shop(here.work, patroller, limit=9, aisle=Aisle.SELLING)] == [slug]
    assert len(foundry_shop.shop(here.work, here.author, limit=9, aisle=Aisle.MINE)) == 2
    assert foundry_shop.shop(here.work, patroller, limit=9, aisle=Aisle.MINE) == []
    only = foundry_shop.shop(here.work, patroller, limit=9, kind=Kind.KNOWLEDGE)
    assert [one.line.slug for one in only] == [draft]


def test_what_was_bought_is_told_with_what_is_left(here: Foundry) -> None:
    slug = here.selling(wanted=5, budget=7000)
    here.call(slug, "one")
    (found,) = foundry_shop.bought(here.work, here.town.manager, slug)
    assert (found.demand.wanted, found.demand.taken, found.left) == (5, 1, 7000 - 1300)
    here.town.clock.advance(timedelta(seconds=1))
    here.demand(slug, wanted=9)
    assert [one.demand.wanted for one in foundry_shop.bought(here.work, here.town.admin, slug)] == [9, 5]
    assert foundry_shop.bought(here.work, here.town.admin, here.build(Kind.RULE)) == [], "nothing was bought of it"
    with pytest.raises(ForbiddenError):
        foundry_shop.bought(here.work, here.author, slug)


def test_a_buyer_is_told_what_to_give_and_not_how_it_decides(here: Foundry) -> None:
    patroller = here.town.actor_of(Role.PATROLLER)
    for kind, takes, count in (
        (Kind.RULE, "values", 3),
        (Kind.KNOWLEDGE, "question", 0),
        (Kind.EXAMPLE, "picture", 2),
        (Kind.QUESTIONS, "picture", 2),
    ):
        line, version, _ = foundry.look_up_version(here.work, patroller, here.build(kind), 1)
        found = foundry_shop.form(here.work, line, version)
        assert (found.takes, len(found.fields) + len(found.says)) == (takes, count)
        assert version.content == {}
