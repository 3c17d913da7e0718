"""Rewards over HTTP: one's own, the tenant's, what a person decides about them, and the claim by a report's link."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field

from pipewarden.kit.web import CursorsHere, Paged, PageQuery, WorkHere, actor_of, router
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import RewardState
from pipewarden.market.http.shapes import AmountOut, ReasonIn, out
from pipewarden.market.service import deciding as service
from pipewarden.market.service import pay_rules
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.rewards import Reward, RewardEvent

routes = router(tags=["rewards"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Token = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class MyRewardOut(BaseModel):
    """One of your rewards."""

    id: UUID
    kind: PayKind
    zh: str
    en: str
    value: AmountOut
    state: RewardState
    earned_at: datetime
    since: Annotated[datetime, Field(description="Of this state.")]
    pay_at: Annotated[datetime | None, Field(description="Of one on hold.")]
    reason: str


class MyRewardPage(BaseModel):
    """A page of your rewards, the newest first."""

    items: list[MyRewardOut]
    next: str | None


class RewardOut(MyRewardOut):
    """One reward as who manages them sees it."""

    case: Annotated[str, Field(description="What it was earned for, as `site:{id}`.")]
    site_id: UUID | None
    rule: str
    edition: Annotated[str, Field(description="Version of the rules by which it was earned.")]
    person_id: UUID | None
    person: Annotated[str | None, Field(description="Empty while nobody has claimed it.")]
    budget_id: UUID | None
    owed: Annotated[AmountOut, Field(description="What a claw-back did not find in the wallet.")]


class RewardPage(BaseModel):
    """A page of rewards, the newest first."""

    items: list[RewardOut]
    next: str | None


class RewardEventOut(BaseModel):
    """One thing that happened to a reward."""

    at: datetime
    kind: str
    actor: Annotated[str | None, Field(description="Who did it; empty for the house's own rules.")]
    reason: str


class RewardFullOut(RewardOut):
    """A reward with its history, oldest first."""

    events: list[RewardEventOut]


class RewardQuery(PageQuery):
    """Which rewards."""

    state: RewardState | None = None


@routes.get("/me/rewards")
def list_my_rewards(work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Paged) -> MyRewardPage:
    """List what you earned, with when it is paid, or why it is not."""
    before = cursors.read("my-rewards", page.cursor)
    seen = None if before is None else UUID(before)
    found = service.my_rewards(work, actor, limit=page.limit + 1, before=seen)
    rows = found[: page.limit]
    more = cursors.write("my-rewards", str(rows[-1].id)) if len(found) > page.limit else None
    return MyRewardPage(items=[_mine(work, one) for one in rows], next=more)


@routes.post("/reports/links/{token}/claim")
def claim_reward(work: WorkHere, actor: ActorHere, token: Token) -> MyRewardPage:
    """Take what waits for whoever reported: the report's link proves that it was you; a second time is the same."""
    return MyRewardPage(items=[_mine(work, one) for one in service.claim(work, actor, token)], next=None)


@routes.get("/rewards")
def list_rewards(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, asked: Annotated[RewardQuery, Query()]
) -> RewardPage:
    """List who is rewarded for what, and how it stands."""
    before = cursors.read("rewards", asked.cursor)
    seen = None if before is None else UUID(before)
    found = service.rewards(work, actor, asked.state, limit=asked.limit + 1, before=seen)
    rows = found[: asked.limit]
    more = cursors.write("rewards", str(rows[-1].id)) if len(found) > asked.limit else None
    people.listed(work, actor, "rewards", {"state": asked.state}, [(one.tenant_id, one.person_id) for one in rows])
    names = people.person_names(work, {one.person_id for one in rows if one.person_id is not None})
    return RewardPage(items=[_reward(work, one, names) for one in rows], next=more)


@routes.get("/rewards/{reward_id}")
def get_reward(work: WorkHere, actor: ActorHere, reward_id: UUID) -> RewardFullOut:
    """Return one reward with what happened to it."""
    found, events = service.history(work, actor, reward_id)
    people.listed(work, actor, "rewards", {"reward": reward_id}, [(found.tenant_id, found.person_id)])
    who = people.names(work, {one.actor for one in events if one.actor is not None})
    told = [_event(one, who) for one in events]
    return RewardFullOut(**_one(work, found).model_dump(), events=told)


@routes.post("/rewards/{reward_id}/refuse")
def refuse_reward(work: WorkHere, actor: ActorHere, reward_id: UUID, asked: ReasonIn) -> RewardOut:
    """Refuse what is not paid yet; what is on hold goes back to its budget, and the person is told why."""
    return _one(work, service.refuse(work, actor, reward_id, asked.reason))


@routes.post("/rewards/{reward_id}/claw-back")
def claw_back_reward(work: WorkHere, actor: ActorHere, reward_id: UUID, asked: ReasonIn) -> RewardOut:
    """Take back what was paid, by an entry of its own; what is gone from the wallet is owed and earned off."""
    return _one(work, service.claw_back(work, actor, reward_id, asked.reason))


def _one(work: Work, found: Reward) -> RewardOut:
    return _reward(work, found, people.person_names(work, [] if found.person_id is None else [found.person_id]))


def _mine(work: Work, one: Reward) -> MyRewardOut:
    rule = pay_rules.edition_of(work, one.tenant_id, one.earned_at).rules.get(one.rule)
    return MyRewardOut(
        id=one.id,
        kind=one.kind,
        zh=one.kind.value if rule is None else rule.zh,
        en=one.kind.value if rule is None else rule.en,
        value=out(one.units, one.asset),
        state=one.state,
        earned_at=one.earned_at,
        since=one.since,
        pay_at=one.pay_at if one.state is RewardState.HELD else None,
        reason=one.reason,
    )


def _reward(work: Work, one: Reward, names: Mapping[UUID, str]) -> RewardOut:
    return RewardOut(
        **_mine(work, one).model_dump(),
        case=one.case,
        site_id=one.site_id,
        rule=one.rule,
        edition=one.edition,
        person_id=one.person_id,
        person=None if one.person_id is None else names.get(one.person_id),
        budget_id=one.budget_id,
        owed=out(one.owed, one.asset),
    )


def _event(one: RewardEvent, who: Mapping[str, str]) -> RewardEventOut:
    actor = None if one.actor is None else who.get(one.actor)
    return RewardEventOut(at=one.at, kind=one.body.kind, actor=actor, reason=getattr(one.body, "reason", ""))
