"""Every query on rewards, their events and what persons owe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import TypeAdapter
from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.pay import PayKind
from pipewarden.market.facts.rewards import COUNTED_STATES, Reward, RewardBody, RewardEvent, RewardState
from pipewarden.market.rules.rewarding import bonus_case, day_of, month_of
from pipewarden.market.store.tables import RewardEventRow, RewardRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select

    from pipewarden.kit.work import Work

_BODY: TypeAdapter[RewardBody] = TypeAdapter(RewardBody)
_COUNTED = sorted(one.value for one in COUNTED_STATES)
_CHANGES = ("person_id", "since", "budget_id", "hold_id", "paid_id", "pay_at", "reason", "owed", "version")


def lock(work: Work, names: Collection[str]) -> None:
    """Let one transaction at a time do what each name says; taken in one order, so that two cannot wait in a ring."""
    for name in sorted(set(names)):
        work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"market:{name}", 0))))


def add(work: Work, reward: Reward) -> bool:
    """Write a new reward; return whether its key was free: a second one of it is never written."""
    values: dict[str, object] = {name: getattr(reward, name) for name in Reward.__slots__}
    values |= {"kind": reward.kind.value, "asset": reward.asset.value, "state": reward.state.value}
    values |= {"day": day_of(reward.earned_at), "month": month_of(reward.earned_at)}
    made = insert(RewardRow).values(**values).on_conflict_do_nothing(index_elements=["key"]).returning(RewardRow.id)
    return work.session.scalar(made) is not None


def write(work: Work, reward: Reward, events: Sequence[RewardEvent]) -> None:
    """Write what happened to a reward, and how it stands after it."""
    work.session.execute(
        insert(RewardEventRow),
        [
            {
                "id": one.id,
                "tenant_id": one.tenant_id,
                "reward_id": one.reward_id,
                "seq": one.seq,
                "at": one.at,
                "actor": one.actor,
                "kind": one.body.kind,
                "body": _BODY.dump_python(one.body, mode="json"),
            }
            for one in events
        ],
    )
    values = {name: getattr(reward, name) for name in _CHANGES} | {"state": reward.state.value}
    work.session.execute(update(RewardRow).where(RewardRow.id == reward.id).values(**values))


def counted(work: Work, person_id: UUID, rule: str, at: datetime) -> int:
    """Return how many rewards of a rule the tenant gave a person on the day of ``at``, or is about to."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.person_id == person_id, RewardRow.rule == rule)
    asked = select(func.count()).where(*mine, RewardRow.day == day_of(at), RewardRow.state.in_(_COUNTED))
    return work.session.scalar(asked) or 0


def paid_in_month(work: Work, person_id: UUID, month: str) -> int:
    """Return for how many cases of a month the tenant paid a person for a clue."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.person_id == person_id, RewardRow.month == month)
    paid = (RewardRow.kind == PayKind.CLUE.value, RewardRow.state == RewardState.PAID.value)
    return work.session.scalar(select(func.count(RewardRow.case.distinct())).where(*mine, *paid)) or 0


def bonuses(work: Work, person_id: UUID, month: str) -> list[Reward]:
    """Return the bonuses that the tenant gave a person for a month, whenever that was, the first first, locked."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.person_id == person_id)
    about = (RewardRow.kind == PayKind.BONUS.value, RewardRow.case.startswith(f"{bonus_case(person_id, month)}:"))
    return _locked(work, select(RewardRow).where(*mine, *about).order_by(RewardRow.id))


def hold_bonuses(work: Work, person_ids: Collection[UUID]) -> None:
    """Lock what may still become of the tenant's bonuses of these persons."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.person_id.in_(set(person_ids)))
    about = (RewardRow.kind == PayKind.BONUS.value, RewardRow.state.in_(_COUNTED))
    if person_ids:
        _locked(work, select(RewardRow).where(*mine, *about).order_by(RewardRow.id))


def due(work: Work, state: RewardState, *, limit: int) -> list[Reward]:
    """Return rewards of the tenant in a state whose time has come, locked; what others hold is left out."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.state == state.value, RewardRow.pay_at <= work.now())
    return _locked(
        work, select(RewardRow).where(*mine).order_by(RewardRow.pay_at, RewardRow.id).limit(limit), skip=True
    )


def unfunded(work: Work, *, limit: int) -> list[Reward]:
    """Return what waits for money, ``limit`` of an asset, in the order in which it was earned.

    Locked at once and by id, as everybody locks rewards: a case may wait for money of both assets.
    """
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.state == RewardState.UNFUNDED.value)
    first = (RewardRow.earned_at, RewardRow.id)
    turns = (
        select(RewardRow.id).where(*mine, RewardRow.asset == asset.value).order_by(*first).limit(limit)
        for asset in Asset
    )
    wanted = select(RewardRow).where(*mine, or_(*(RewardRow.id.in_(one) for one in turns)))
    return sorted(_locked(work, wanted.order_by(RewardRow.id)), key=lambda one: (one.earned_at, one.id))


def waits_for_money(work: Work, asset: Asset) -> bool:
    """Return whether a reward of the asset waits for money: a later one waits behind it."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.state == RewardState.UNFUNDED.value)
    asked = select(RewardRow.id).where(*mine, RewardRow.asset == asset.value).limit(1)
    return work.session.scalar(asked) is not None


def tenants_with(work: Work, *states: RewardState) -> list[UUID]:
    """Return the tenants that have rewards in one of the states, of whatever time."""
    asked = select(RewardRow.tenant_id).where(RewardRow.state.in_([one.value for one in states])).distinct()
    return sorted(work.session.scalars(asked))


def of_sites(work: Work, site_ids: Collection[UUID]) -> list[Reward]:
    """Return the tenant's rewards for sites, locked."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.site_id.in_(set(site_ids)))
    return _locked(work, select(RewardRow).where(*mine).order_by(RewardRow.id)) if site_ids else []


def pays(work: Work, site_id: UUID, rule: str) -> bool:
    """Return whether a rule pays for a site, or is about to; nothing is locked: who asks holds other rewards."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.site_id == site_id, RewardRow.rule == rule)
    asked = select(RewardRow.id).where(*mine, RewardRow.state.in_(_COUNTED)).limit(1)
    return work.session.scalar(asked) is not None


def of_cases(work: Work, cases: Collection[str]) -> list[Reward]:
    """Return the tenant's rewards for cases, locked."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.case.in_(set(cases)))
    return _locked(work, select(RewardRow).where(*mine).order_by(RewardRow.id)) if cases else []


def rules_of_report(work: Work, report_id: UUID) -> set[str]:
    """Return by which rules something can be claimed by a report's link, or could."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.claim_key == report_id)
    return set(work.session.scalars(select(RewardRow.rule).where(*mine)))


def of_report(work: Work, report_id: UUID) -> list[Reward]:
    """Return what can be claimed by a report's link, or could, locked; whoever has the link may."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.claim_key == report_id)
    return _locked(work, select(RewardRow).where(*mine).order_by(RewardRow.id))


def held(work: Work, scope: ColumnElement[bool], reward_id: UUID) -> Reward | None:
    """Return a reward within ``scope``, locked."""
    found = _locked(work, select(RewardRow).where(scope, RewardRow.id == reward_id))
    return found[0] if found else None


def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Reward]:
    """Return rewards of the tenant by id."""
    asked = select(RewardRow).where(RewardRow.tenant_id == work.tenant_id, RewardRow.id.in_(set(ids)))
    return {row.id: _reward(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))}


def page(
    work: Work, scope: ColumnElement[bool], state: RewardState | None, *, limit: int, before: UUID | None = None
) -> list[Reward]:
    """Return rewards within ``scope``, the newest first."""
    more = [] if state is None else [RewardRow.state == state.value]
    older = [] if before is None else [RewardRow.id < before]
    asked = select(RewardRow).where(scope, *more, *older).order_by(RewardRow.id.desc()).limit(limit)
    return [_reward(row) for row in work.session.scalars(asked.execution_options(populate_existing=True))]


def events(work: Work, ids: Collection[UUID]) -> list[RewardEvent]:
    """Return events of the tenant's rewards by id, in the order in which they happened."""
    asked = select(RewardEventRow).where(RewardEventRow.tenant_id == work.tenant_id, RewardEventRow.id.in_(set(ids)))
    return [_event(row) for row in work.session.scalars(asked.order_by(RewardEventRow.at, RewardEventRow.seq))]


def unfunded_since(work: Work, since: datetime, *, apart: Collection[UUID]) -> bool:
    """Return whether money was short for a reward of the tenant since a moment, apart from these events."""
    mine = (RewardEventRow.tenant_id == work.tenant_id, RewardEventRow.kind == "unfunded", RewardEventRow.at > since)
    asked = select(RewardEventRow.id).where(*mine, RewardEventRow.id.not_in(set(apart))).limit(1)
    return work.session.scalar(asked) is not None


def history(work: Work, reward_id: UUID) -> list[RewardEvent]:
    """Return what happened to a reward, oldest first; the caller has seen that it is in reach."""
    asked = select(RewardEventRow).where(RewardEventRow.reward_id == reward_id)
    return [_event(row) for row in work.session.scalars(asked.order_by(RewardEventRow.seq))]


def sums(work: Work, *states: RewardState) -> dict[Asset, int]:
    """Return units of the tenant's rewards in the states, by asset."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.state.in_([one.value for one in states]))
    rows = work.session.execute(select(RewardRow.asset, func.sum(RewardRow.units)).where(*mine).group_by("asset"))
    return dict.fromkeys(Asset, 0) | {Asset(name): int(units) for name, units in rows}


def counts(work: Work) -> dict[RewardState, int]:
    """Return how many rewards of the tenant stand in each state."""
    rows = work.session.execute(
        select(RewardRow.state, func.count()).where(RewardRow.tenant_id == work.tenant_id).group_by("state")
    )
    return {RewardState(name): count for name, count in rows}


def promised(work: Work, person_id: UUID) -> dict[Asset, int]:
    """Return the units that are on hold for a person, of every tenant, by asset."""
    mine = (RewardRow.person_id == person_id, RewardRow.state == RewardState.HELD.value)
    rows = work.session.execute(select(RewardRow.asset, func.sum(RewardRow.units)).where(*mine).group_by("asset"))
    return dict.fromkeys(Asset, 0) | {Asset(name): int(units) for name, units in rows}


def earned_for(work: Work, person_id: UUID, kind: PayKind) -> dict[Asset, int]:
    """Return what a person has been given for one kind of work, of every tenant, paid or on its way."""
    mine = (RewardRow.person_id == person_id, RewardRow.kind == kind.value, RewardRow.state.in_(_COUNTED))
    rows = work.session.execute(select(RewardRow.asset, func.sum(RewardRow.units)).where(*mine).group_by("asset"))
    return dict.fromkeys(Asset, 0) | {Asset(name): int(units) for name, units in rows}


def earned_by_person(work: Work) -> dict[tuple[UUID, Asset], int]:
    """Return what persons were paid for rewards of the tenant, less what was found when it was taken back."""
    mine = (RewardRow.tenant_id == work.tenant_id, RewardRow.state == RewardState.PAID.value)
    rows = work.session.execute(
        select(RewardRow.person_id, RewardRow.asset, func.sum(RewardRow.units))
        .where(*mine, RewardRow.person_id.is_not(None))
        .group_by(RewardRow.person_id, RewardRow.asset)
    )
    return {(one, Asset(asset)): int(units) for one, asset, units in rows if one is not None}


def _locked(work: Work, asked: Select[RewardRow], *, skip: bool = False) -> list[Reward]:
    rows = work.session.scalars(asked.with_for_update(skip_locked=skip).execution_options(populate_existing=True))
    return [_reward(row) for row in rows]


def _reward(row: RewardRow) -> Reward:
    values = {name: getattr(row, name) for name in Reward.__slots__}
    values |= {"kind": PayKind(row.kind), "asset": Asset(row.asset), "state": RewardState(row.state)}
    return Reward(**values)


def _event(row: RewardEventRow) -> RewardEvent:
    body = _BODY.validate_python(row.body)
    return RewardEvent(row.id, row.tenant_id, row.reward_id, row.seq, row.at, row.actor, body)
