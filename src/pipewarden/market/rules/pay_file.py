"""Reading ``policy/pay`` and a tenant's own edits of it: a slip is told by file and key, before anything is paid."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from pipewarden.kit.errors import InputError
from pipewarden.kit.written import checked
from pipewarden.ledger.facts import Asset
from pipewarden.market.facts.pay import PayEdition, PayKind, PayRule
from pipewarden.market.rules.amounts import units
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Time = Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=366))]
_Level = Annotated[int, Field(ge=1, le=4)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Rule(_Strict):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z_]{1,39}$")]
    kind: PayKind
    asset: Asset
    amount: str | int | None = None
    per_day: Annotated[int, Field(ge=1, le=10_000)]
    zh: Annotated[str, Field(min_length=1, max_length=40)]
    en: Annotated[str, Field(min_length=1, max_length=80)]
    verified: bool = True
    earners: frozenset[Role] = frozenset()
    barred: frozenset[Role] = frozenset()
    levels: frozenset[_Level] = frozenset()
    every: Annotated[int, Field(ge=0, le=1000)] = 0


class _Metering(_Strict):
    house_share: Annotated[int, Field(ge=0, le=5000)]
    admitted: _Time


class _Edition(_Strict):
    since: AwareDatetime
    hold: _Time
    claim: _Time
    claw_back: _Time
    metering: _Metering
    rules: Annotated[list[_Rule], Field(min_length=1, max_length=50)]


class _File(_Strict):
    version: Annotated[str, Field(min_length=2, max_length=60, pattern=r"^[A-Za-z0-9@._-]+$")]
    source: Annotated[str, Field(min_length=1)]
    editions: Annotated[list[_Edition], Field(min_length=1)]


class _Own(_Edition):
    version: Annotated[str, Field(min_length=2, max_length=60, pattern=r"^[A-Za-z0-9@._-]+$")]


def read_pay(body: object, name: str) -> tuple[PayEdition, ...]:
    """Return the editions of a shipped file, the oldest first.

    Raises:
        InputError: a key is wrong, two editions begin together, or the rules of one do not fit one another.
    """
    given = checked(_File, body, name)
    found = sorted(given.editions, key=lambda one: one.since)
    if len({one.since for one in found}) != len(found):
        raise _wrong(name, "has two editions that begin together")
    return tuple(_edition(given.version, one, name) for one in found)


def read_own(text: str, why: str, name: str = "text") -> PayEdition:
    """Return a tenant's own edition: one edition's keys, beside ``version``.

    Raises:
        InputError: it is no YAML, or as for ``read_pay``.
    """
    try:
        body = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _wrong(name, "is no YAML") from error
    given = checked(_Own, body, name)
    return _edition(given.version, given, name, why=why)


def in_force(editions: Sequence[PayEdition], own: Iterable[PayEdition], at: datetime) -> PayEdition:
    """Return what held at a moment: the tenant's newest edition that had begun, else the shipped one's."""
    mine = [one for one in own if one.since <= at]
    if mine:
        return max(mine, key=lambda one: one.since)
    return next((one for one in reversed(editions) if one.since <= at), editions[0])


def _edition(version: str, given: _Edition, name: str, why: str = "") -> PayEdition:
    rules = [_rule(one, f"{name}: rules.{one.key}") for one in given.rules]
    keys = {one.key: one for one in rules}
    if len(keys) != len(rules):
        raise _wrong(name, "has two rules of one key")
    pays = {(one.kind, one.asset) for one in rules}
    if len(pays) != len(rules):
        raise _wrong(name, "pays one kind twice in one asset")  # safety.md T7: one per case and kind
    return PayEdition(
        version=version,
        since=given.since,
        hold=given.hold,
        claim=given.claim,
        claw_back=given.claw_back,
        house_share=given.metering.house_share,
        admitted=given.metering.admitted,
        rules=keys,
        own=bool(why),
        why=why,
    )


def _rule(given: _Rule, field: str) -> PayRule:
    if (given.amount is None) is not (given.kind is PayKind.TASK):
        raise _wrong(f"{field}.amount", "is the task's own to say, and only a task's")
    if bool(given.levels) is not (given.kind is PayKind.PRIORITY):
        raise _wrong(f"{field}.levels", "belong to a priority, and only there")
    if bool(given.every) is not (given.kind is PayKind.BONUS):
        raise _wrong(f"{field}.every", "belongs to a bonus, and only there")
    if given.kind is PayKind.TASK and given.asset is not Asset.PTS:
        raise _wrong(f"{field}.asset", "is not points, which a task gives")
    if given.earners & given.barred:
        raise _wrong(f"{field}.barred", "names a role that earns it")
    amount = None if given.amount is None else units(str(given.amount), given.asset, f"{field}.amount")
    return PayRule(
        key=given.key,
        kind=given.kind,
        asset=given.asset,
        amount=amount,
        per_day=given.per_day,
        zh=given.zh,
        en=given.en,
        verified=given.verified,
        earners=given.earners,
        barred=given.barred,
        levels=given.levels,
        every=given.every,
    )


def _wrong(field: str, problem: str) -> InputError:
    return InputError(field=field, problem=problem, fix="Correct it.")
