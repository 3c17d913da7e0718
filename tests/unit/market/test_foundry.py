"""A version's way from draft to live and back: who may do what, what stands against it, what is kept of pictures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from foundry_town import EXAMPLE, KNOWLEDGE, NEAR, RULE, Foundry, coloured, flat
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import Act, Ask, CallState, Kind, Life, Purpose
from pipewarden.market.rules.foundry import bucket
from pipewarden.market.service import foundry, foundry_examples, foundry_life, foundry_shop, invoking
from pipewarden.market.store import foundry as store
from pipewarden.market.store import foundry_examples as examples
from pipewarden.market.store.foundry_tables import (
    CallRow,
    ContractRow,
    ExampleRow,
    LineRow,
    SoldRow,
    VersionEventRow,
    VersionRow,
)
from pipewarden.people.facts import ForbiddenError, NotFoundError, Role

if TYPE_CHECKING:
    from market_town import MarketTown


@pytest.fixture
def here(town: MarketTown) -> Foundry:
    return Foundry(town)


def state(here: Foundry, slug: str, number: int = 1) -> Life:
    line = store.line(here.work, slug)
    assert line is not None
    return store.versions(here.work, line.id)[number - 1].state


def test_a_rule_card_goes_its_whole_way(here: Foundry) -> None:
    slug = here.build(Kind.RULE)
    measured, waiting = here.evaluate(slug)
    assert (measured.state, waiting) == (Life.EVALUATED, 0)
    assert measured.figures is not None
    frozen = measured.figures["frozen"]
    assert isinstance(frozen, dict)
    assert (frozen["right"]["hits"], frozen["right"]["of"], frozen["right"]["high"]) == (3, 3, 1.0)
    assert frozen["right"]["low"] == pytest.approx(0.4385, abs=1e-4), "three cases prove little, and the figure says so"
    assert measured.card is not None
    assert measured.card["name"] == f"{slug}@1"
    assert measured.card["frozen_set"] == measured.frozen
    assert here.review(slug, 1, here.reviewers[0]).state is Life.EVALUATED, "one is not two"
    assert here.review(slug, 1, here.reviewers[1]).state is Life.REVIEWED
    assert here.price(slug).state is Life.PRICED
    assert here.canary(slug).state is Life.CANARY
    here.demand(slug)
    with pytest.raises(RefusedError, match="0 calls of 20"):
        foundry_life.go_live(here.work, here.town.admin, slug, 1)
    for number in range(20):
        here.call(slug, f"r{number}")
    assert foundry_life.go_live(here.work, here.town.admin, slug, 1).state is Life.LIVE
    _, _, events = foundry.look_up_version(here.work, here.town.admin, slug, 1)
    assert [one.act for one in events] == [
        Act.MADE,
        Act.EVALUATED,
        Act.ACCEPTED,
        Act.ACCEPTED,
        Act.REVIEWED,
        Act.PRICED,
        Act.CANARY,
        Act.LIVE,
    ]


def test_a_newer_version_takes_over_and_goes_back(here: Foundry) -> None:
    slug = here.live()
    number = here.again(slug, RULE | {"otherwise": "fine", "cases": [*RULE["cases"], _far("fine")]})
    assert number == 2
    with pytest.raises(RefusedError, match="case 3: fine instead of nothing"):
        here.evaluate(slug, 2)
    number = here.again(slug, RULE | {"cases": [*RULE["cases"], _far("nothing")]})
    here.evaluate(slug, number)
    here.review(slug, number)
    here.price(slug, number, 2600)
    here.canary(slug, number, 30)
    assert (state(here, slug, 1), state(here, slug, number)) == (Life.LIVE, Life.CANARY)
    mine = [one for one in (f"mixed-{at}" for at in range(200)) if bucket(one) < 30][:20]
    assert {here.call(slug, one).units for one in mine} == {1300}, "the live one's price until it takes over"
    here.town.clock.advance(timedelta(seconds=1))
    foundry_life.go_live(here.work, here.town.admin, slug, number)
    assert (state(here, slug, 1), state(here, slug, number)) == (Life.REPLACED, Life.LIVE)
    assert here.call(slug, "dearer").units == 2600
    here.town.clock.advance(timedelta(seconds=1))
    foundry_life.roll_back(here.work, here.town.admin, slug, number, "wrong in winter")
    assert (state(here, slug, 1), state(here, slug, number)) == (Life.LIVE, Life.ROLLED_BACK)
    assert here.call(slug, "as before").units == 1300
    with pytest.raises(RefusedError, match="is rolled_back"):
        foundry_life.try_as_canary(here.work, here.town.admin, slug, number, 5)


def _far(then: str) -> dict[str, Any]:
    return {"given": {"distance": 50, "digging": False, "ground": "soil"}, "then": then}


def test_a_new_version_is_held_to_the_old_ones_cases(here: Foundry) -> None:
    slug = here.build(Kind.RULE)
    here.again(slug, RULE | {"cases": RULE["cases"][:1]})  # nothing was measured yet
    here.evaluate(slug, 1)
    with pytest.raises(InputError, match="version 1 was held to"):
        here.again(slug, RULE | {"cases": RULE["cases"][:2]})


def test_the_author_and_one_alone_are_not_enough(here: Foundry) -> None:
    slug = here.build(Kind.KNOWLEDGE)
    here.evaluate(slug)
    with pytest.raises(RefusedError, match="is the author"):
        here.review(slug, 1, here.author)
    here.review(slug, 1, here.reviewers[0])
    with pytest.raises(RefusedError, match="accepted it already"):
        here.review(slug, 1, here.reviewers[0])
    with pytest.raises(RefusedError, match="is evaluated"):
        here.price(slug)
    here.review(slug, 1, here.reviewers[1], accept=False)
    assert state(here, slug) is Life.REFUSED
    with pytest.raises(RefusedError, match="is refused"):
        here.review(slug, 1, here.town.actor_of(Role.EXPERT))


def test_who_must_not_may_not(here: Foundry) -> None:
    slug = here.build(Kind.RULE)
    other, patroller = here.town.actor_of(Role.EXPERT), here.town.actor_of(Role.PATROLLER)
    with pytest.raises(NotFoundError):
        foundry.make_version(here.work, other, slug, RULE)
    with pytest.raises(ForbiddenError):
        foundry.make_version(here.work, patroller, slug, RULE)
    with pytest.raises(ForbiddenError):
        here.review(slug, 1, patroller)
    with pytest.raises(ForbiddenError):
        foundry_life.try_as_canary(here.work, here.author, slug, 1, 5)
    with pytest.raises(ForbiddenError):
        foundry.make_line(here.work, here.author, slug="own", kind=Kind.MODEL, title="x", content={"model": "screen"})
    with pytest.raises(ForbiddenError):
        invoking.open_demand(here.work, here.author, slug, "mine", wanted=1, units=1)
    with pytest.raises(NotFoundError):
        foundry.look_up(here.work, here.author, "never-there")


def test_only_whom_it_concerns_sees_what_it_is_made_of(here: Foundry) -> None:
    slug = here.build(Kind.KNOWLEDGE)
    patroller = here.town.actor_of(Role.PATROLLER)
    for who, sees in ((here.author, True), (here.reviewers[0], True), (here.town.admin, True), (patroller, False)):
        _, versions = foundry.look_up(here.work, who, slug)
        assert bool(versions[0].content) is sees, who.name


def test_a_slug_is_taken_once_and_the_shop_lists_by_it(here: Foundry) -> None:
    for slug in ("b-card", "a-card", "c-card"):
        here.build(Kind.KNOWLEDGE, slug)
    with pytest.raises(InputError, match="a-card is taken"):
        here.build(Kind.RULE, "a-card")
    assert [one.line.slug for one in foundry_shop.shop(here.work, here.author, limit=2)] == ["a-card", "b-card"]
    assert [one.line.slug for one in foundry_shop.shop(here.work, here.author, limit=9, after="a-card")] == [
        "b-card",
        "c-card",
    ]
    listed = foundry_shop.shop(here.work, here.author, limit=1)[0]
    assert (listed.live, listed.newest.number, listed.calls) == (None, 1, 0)


def test_a_canary_takes_few_calls_and_alone(here: Foundry) -> None:
    slug = here.live()
    for number in (2, 3):
        here.again(slug, RULE)
        here.evaluate(slug, number)
        here.review(slug, number)
        here.price(slug, number)
    for percent in (0, 51, 100):
        with pytest.raises(InputError, match="is not 1 to 50"):
            here.canary(slug, 2, percent)
    here.canary(slug, 2)
    with pytest.raises(RefusedError, match="2 is a canary"):
        here.canary(slug, 3)
    assert here.canary(slug, 2, 10).percent == 10, "its share may be changed"
    with pytest.raises(DBAPIError, match="uq_market_versions_live"), here.work.session.begin_nested():
        here.work.session.execute(text("UPDATE market_versions SET state = 'live' WHERE number = 3"))


def test_a_price_that_is_a_slip_is_none(here: Foundry) -> None:
    slug = here.build(Kind.RULE)
    here.evaluate(slug)
    here.review(slug)
    for units in (0, -1, 10**9 + 1):
        with pytest.raises(InputError, match="price: is none"):
            here.price(slug, 1, units)
    here.price(slug, 1, 1)
    assert here.price(slug, 1, 2).price == 2, "until it is tried it may be changed"


def test_contracts_are_dated_and_the_usual_one_is_written_down(here: Foundry) -> None:
    slug, now = here.selling(), here.work.now()
    (usual,) = foundry_life.contracts(here.work, here.author, slug)
    assert (usual.expert, usual.house, usual.reviewers) == (7000, 2000, 1000)
    foundry_life.agree(here.work, here.town.admin, slug, (5000, 4000, 1000), now + timedelta(days=8))
    with pytest.raises(InputError, match="another contract"):
        foundry_life.agree(here.work, here.town.admin, slug, (5000, 4000, 1000), now + timedelta(days=8))
    with pytest.raises(InputError, match="sooner than 7 days"):
        foundry_life.agree(here.work, here.town.admin, slug, (6000, 3000, 1000), now + timedelta(days=1))
    with pytest.raises(ForbiddenError):
        foundry_life.agree(here.work, here.author, slug, (9000, 0, 1000), now + timedelta(days=8))


def test_the_platforms_own_models_earn_for_the_house(here: Foundry) -> None:
    slug = here.selling(Kind.MODEL)
    (contract,) = foundry_life.contracts(here.work, here.town.admin, slug)
    assert (contract.expert, contract.house, contract.reviewers) == (0, 9000, 1000)
    said = here.call(slug, "one", Ask(flat(200, 10, 10)))
    assert (said.answer, said.said_by, said.abstained) == ({"machine": 0.9, "gate": 0.5}, "verifier-9", False)
    _, version, _ = foundry.look_up_version(here.work, here.town.admin, slug, 1)
    assert version.card is not None
    data = version.card["data"]
    assert isinstance(data, dict)
    assert (data["model"], data["model_card"]) == ("verifier-1", "docs/models/verifier.md")


# --- pictures


def test_a_classifier_is_made_of_twenty_four_pictures(here: Foundry) -> None:
    slug = here.build(Kind.EXAMPLE)
    here.show_many(slug)
    version, _ = here.evaluate(slug)
    assert version.figures is not None
    assert version.figures["pictures"] == 24
    assert version.figures["folds"] == 5
    frozen = version.figures["frozen"]
    assert isinstance(frozen, dict)
    assert frozen["right"]["of"] + version.figures["frozen_left_out"] == 16  # type: ignore[operator]  # a count
    assert version.fitted is not None
    assert version.fitted["look"] == "look-9"
    tried = invoking.try_out(here.work, here.author, here.runners, (slug, 1), Ask(coloured(30, machine=True)))
    assert tried.state is CallState.ANSWERED
    assert tried.answer["label"] in {"machine", None}
    chances = tried.answer["chances"]
    assert isinstance(chances, dict)
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
    assert chances["machine"] > 0.5


def test_too_few_pictures_are_said(here: Foundry) -> None:
    slug = here.build(Kind.EXAMPLE)
    here.show_many(slug, each=9, frozen=8)
    with pytest.raises(RefusedError, match="of machine are 9"):
        here.evaluate(slug)
    other = here.build(Kind.EXAMPLE)
    here.show_many(other, each=12, frozen=4)
    with pytest.raises(RefusedError, match="frozen pictures: are 8"):
        here.evaluate(other)
    assert state(here, other) is Life.DRAFT


def test_a_picture_is_for_one_purpose_for_ever(here: Foundry) -> None:
    slug, picture = here.build(Kind.EXAMPLE), coloured(1, machine=True)
    assert here.show(slug, picture, "machine")
    assert not here.show(slug, picture, "machine"), "sent again it is the same"
    with pytest.raises(InputError, match="is there as machine, train"):
        here.show(slug, picture, "machine", Purpose.FROZEN)
    with pytest.raises(InputError, match="is there as machine, train"):
        here.show(slug, picture, "lookalike")
    with pytest.raises(InputError, match="none of the version's"):
        here.show(slug, coloured(2, machine=True), "crane")
    with pytest.raises(InputError, match="is no picture"):
        here.show(slug, b"nothing of the kind", "machine")
    with pytest.raises(InputError, match="larger than 8 MB"):
        here.show(slug, bytes(9 << 20), "machine")
    with pytest.raises(RefusedError, match="mean nothing to a rule"):
        here.show(here.build(Kind.RULE), picture, "machine")


def test_of_a_picture_a_masked_copy_and_features_are_kept(here: Foundry) -> None:
    slug, sent = here.build(Kind.EXAMPLE), flat(200, 30, 30, side=40)
    here.show(slug, sent, "machine", source="site 7")
    (one,) = foundry_examples.listed(here.work, here.reviewers[0], slug, limit=9)
    assert (one.source, one.look, one.features) == ("site 7", "look-9", ())
    shown = foundry_examples.shown(here.work, here.reviewers[0], slug, one.id)
    assert shown.startswith(b"\xff\xd8"), "a JPEG, encoded anew"
    assert shown != sent
    assert cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR).shape == (40, 40, 3)
    line = store.line(here.work, slug)
    assert line is not None
    (whole,) = examples.all_of(here.work, line.id)
    assert sum(value * value for value in whole.features) == pytest.approx(1, abs=1e-4)
    with pytest.raises(ForbiddenError):
        foundry_examples.shown(here.work, here.town.actor_of(Role.PATROLLER), slug, one.id)


def test_the_frozen_set_stays_while_figures_stand_on_it(here: Foundry) -> None:
    slug = here.build(Kind.EXAMPLE)
    here.show_many(slug)
    listed = foundry_examples.listed(here.work, here.author, slug, limit=99)
    frozen = next(one for one in listed if one.purpose is Purpose.FROZEN)
    train = next(one for one in listed if one.purpose is Purpose.TRAIN)
    extra = foundry_examples.add_example(
        here.work, here.author, here.runners, slug, flat(99, 99, 9), label="machine", purpose=Purpose.FROZEN, source=""
    )[0]
    foundry_examples.take_away(here.work, here.author, slug, extra.id)
    here.evaluate(slug)
    with pytest.raises(RefusedError, match="frozen set of version 1"):
        foundry_examples.take_away(here.work, here.author, slug, frozen.id)
    foundry_examples.take_away(here.work, here.author, slug, train.id)
    with pytest.raises(NotFoundError):
        foundry_examples.take_away(here.work, here.author, slug, train.id)
    here.review(slug, 1, here.reviewers[0], accept=False)
    foundry_examples.take_away(here.work, here.author, slug, frozen.id)


def test_copies_of_trained_pictures_leave_the_frozen_set(here: Foundry) -> None:
    slug = here.build(Kind.EXAMPLE)
    here.show_many(slug)
    before, _ = here.evaluate(slug)
    trained = here.build(Kind.EXAMPLE)
    here.show_many(trained)
    here.show(trained, coloured(3, machine=True) + b"\0", "machine", Purpose.FROZEN)  # other bytes, the same pixels
    after, _ = here.evaluate(trained)
    assert before.figures is not None
    assert after.figures is not None
    assert after.figures["frozen_left_out"] == before.figures["frozen_left_out"] + 1  # type: ignore[operator]  # counts


# --- questions


def questioned(here: Foundry) -> str:
    slug = here.build(Kind.QUESTIONS)
    for number in range(6):
        here.show(slug, coloured(number, machine=True), "rust=yes", Purpose.FROZEN)
        here.show(slug, coloured(number, machine=False), "rust=no,cover=no", Purpose.FROZEN)
    return slug


def test_a_question_list_is_measured_by_a_stranger(here: Foundry) -> None:
    slug = questioned(here)
    version, waiting = here.evaluate(slug)
    assert (version.state, waiting) == (Life.DRAFT, 12)
    assert here.evaluate(slug)[1] == 12, "asked again nothing is asked twice"
    assert here.answer() == 12
    version, waiting = here.evaluate(slug)
    assert (version.state, waiting, here.stranger.asked) == (Life.EVALUATED, 0, 12)
    assert version.figures is not None
    frozen = version.figures["frozen"]
    assert isinstance(frozen, dict)
    assert (frozen["right"]["hits"], frozen["right"]["of"]) == (12, 18), "unclear is no answer to cover"
    assert (frozen["answered"]["hits"], frozen["answered"]["of"]) == (12, 12)
    assert version.figures["wrong"] == ["cover: unclear instead of no"] * 6


def test_a_stranger_that_is_down_measures_nothing(here: Foundry) -> None:
    slug = questioned(here)
    here.stranger.down = True
    here.evaluate(slug)
    here.answer()
    with pytest.raises(RefusedError, match="were not answered: timeout"):
        here.evaluate(slug)
    here.stranger.down = False
    assert here.evaluate(slug, again=True)[1] == 12
    here.answer()
    assert here.evaluate(slug)[0].state is Life.EVALUATED


def test_a_question_list_learns_from_no_pictures(here: Foundry) -> None:
    slug = here.build(Kind.QUESTIONS)
    with pytest.raises(InputError, match="nothing is trained"):
        here.show(slug, coloured(1, machine=True), "rust=yes")
    for label in ("rust", "rust=maybe", "paint=yes"):
        with pytest.raises(InputError, match="is not right"):
            here.show(slug, coloured(1, machine=True), label, Purpose.FROZEN)


# --- what the database itself refuses


def test_the_database_keeps_shares_whole_and_pictures_short(here: Foundry) -> None:
    slug = here.selling()
    here.call(slug, "one")
    for statement, what in (
        ("UPDATE market_calls SET picture = 'x' WHERE state = 'answered'", "ck_market_calls_picture"),
        ("UPDATE market_calls SET units = -1", "ck_market_calls_units"),
        ("UPDATE market_versions SET price = 0 WHERE price > 0", "ck_market_versions_price"),
        ("UPDATE market_meters SET review = units", "ck_market_meters_units"),
        (
            "INSERT INTO market_contracts SELECT line_id, 'now', tenant_id, 1, 2, 3, '', 'now' FROM market_contracts",
            "ck_market_contracts_parts",
        ),
    ):
        with pytest.raises(DBAPIError, match=what), here.work.session.begin_nested():
            here.work.session.execute(text(statement))
    for row in (LineRow, VersionEventRow, ContractRow, SoldRow):
        assert row.__table__.info["append_only"], row.__tablename__
    for row in (VersionRow, ExampleRow, CallRow):
        assert not row.__table__.info.get("append_only"), row.__tablename__


def test_contents_are_read_strictly(here: Foundry) -> None:
    for kind, content, where in (
        (Kind.RULE, RULE | {"more": 1}, "content.more"),
        (Kind.KNOWLEDGE, KNOWLEDGE | {"clauses": []}, "content.clauses"),
        (Kind.EXAMPLE, {"labels": EXAMPLE["labels"][:1]}, "content.labels"),
        (Kind.MODEL, {"model": "teacher"}, "content.model"),
    ):
        with pytest.raises(InputError) as caught:
            here.build(kind, content=content)
        assert caught.value.field == where
    assert NEAR["distance"] == 0.3
