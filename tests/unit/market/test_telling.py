"""People are told of their rewards in plain words, once; who manages the money, when it is short."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import yaml
from market_town import YUAN
from sqlalchemy import select, text

from pipewarden.act import service as act
from pipewarden.act.store.tables import CallRow
from pipewarden.kit.settings import Settings
from pipewarden.ledger.facts import Asset
from pipewarden.main.act import open_post
from pipewarden.market.facts.rewards import REWARD_CHANGED
from pipewarden.market.jobs import facts
from pipewarden.market.service import budgets, deciding, refuting, telling
from pipewarden.people.facts import Role
from pipewarden.policy import __path__ as policy_path

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from market_town import MarketTown

    from pipewarden.act.service import Post


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return open_post(Settings(home=tmp_path), b"a secret of this test alone, 32 b")


def told(town: MarketTown, post: Post) -> int:
    """Tell what happened since the last time, as the drain does."""
    said = [one for one in town.work.take_facts() if one.kind == REWARD_CHANGED]
    before = len(heads(town))
    facts.make_telling(post)(town.work, said)
    return len(heads(town)) - before


def heads(town: MarketTown, person_id: UUID | None = None) -> list[str]:
    mine = [] if person_id is None else [CallRow.person_id == person_id]
    asked = select(CallRow.title).where(CallRow.tenant_id == town.work.tenant_id, *mine).order_by(CallRow.id)
    return list(town.work.session.scalars(asked))


def test_a_reporter_hears_when_it_is_held_and_when_it_is_paid(town: MarketTown, post: Post) -> None:
    resident = town.person(Role.RESIDENT)
    town.clue(resident.id)
    assert told(town, post) == 1, "points and yuan of one clue are one message"
    town.pay()
    assert told(town, post) == 1
    held, paid = heads(town, resident.id)
    assert "线索属实" in held
    assert "5.0000 元" in held
    assert "50 积分" in held
    assert "11-23 09:00" in held, "72 hours after 11-20 09:00 in China"
    assert "已到账" in paid


def test_who_is_refused_or_pays_back_hears_why(town: MarketTown, post: Post) -> None:
    resident = town.person(Role.RESIDENT)
    _, first = town.clue(resident.id)
    refuting.refuse_one(town.work, town.again(first[0]), "图片来自别处", None)
    told(town, post)
    assert any("图片来自别处" in one and "不予发放" in one for one in heads(town, resident.id))
    town.pay()
    deciding.claw_back(town.work, town.manager, first[1].id, "查实为摆拍")
    told(town, post)
    assert any("查实为摆拍" in one and "已追回" in one for one in heads(town, resident.id))


def test_two_clues_that_read_the_same_are_two_messages(town: MarketTown, post: Post) -> None:
    resident = town.person(Role.RESIDENT)
    town.clue(resident.id)
    town.clue(resident.id)
    assert told(town, post) == 2


def test_managers_hear_once_a_day_that_money_is_short(town: MarketTown, post: Post) -> None:
    budgets.release(town.work, town.admin, town.budgets[Asset.CNY].id, None, str(uuid4()))
    resident = town.person(Role.RESIDENT)
    town.take(town.wish(resident.id), town.wish(resident.id))
    told(town, post)
    for who in (town.admin, town.manager):
        (one,) = heads(town, who.id)
        assert "奖励预算不足" in one
        assert "2 笔" in one
        assert "10.0000 元" in one
    town.clock.advance(timedelta(hours=2))
    town.take(town.wish(resident.id))
    told(town, post)
    assert len(heads(town, town.admin.id)) == 1
    town.clock.advance(timedelta(hours=25))
    town.take(town.wish(resident.id))
    told(town, post)
    assert len(heads(town, town.admin.id)) == 2


def test_where_nobody_ever_made_a_budget_nobody_is_told(town: MarketTown, post: Post) -> None:
    town.work.session.execute(text("DELETE FROM market_budgets"))
    town.take(town.wish(town.person(Role.RESIDENT).id))
    assert told(town, post) == 0


def test_a_person_reads_it_in_the_message_centre(town: MarketTown, post: Post) -> None:
    resident = town.actor_of(Role.RESIDENT)
    town.clue(resident.id)
    told(town, post)
    listed, unread = act.messages(town.work, resident, before=None, limit=9)
    assert (len(listed), unread) == (1, 1)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_there_are_words_for_each_kind_of_news(language: str) -> None:
    with open(f"{policy_path[0]}/messages/{language}.yaml", encoding="utf-8") as file:  # noqa: PTH123
        texts = yaml.safe_load(file)["texts"]
    wanted = {f"reward.{one.__dataclass_fields__['kind'].default}" for one in telling._TOLD}
    assert wanted | {"reward.unfunded"} <= set(texts)


def test_yuan_and_points_stand_side_by_side(town: MarketTown) -> None:
    made = town.take(town.wish(town.person(Role.RESIDENT).id))
    assert telling._amounts(made) == "5.0000 元，50 积分"
    assert sum(one.units for one in made if one.asset is Asset.CNY) == 5 * YUAN
