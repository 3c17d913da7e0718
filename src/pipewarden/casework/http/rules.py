"""What the supervision rules say of a site, over HTTP: each with its result and every fact that it read."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from pipewarden.casework.facts import FactType, Result, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipewarden.casework.facts import RuleSaid


class FactSaidOut(BaseModel):
    """A fact that a rule read."""

    name: str
    type: FactType
    unit: str
    source: Annotated[str, Field(description="Where it comes from.")]
    value: Annotated[str | None, Field(description="In words; empty where it is not known.")]
    events: Annotated[list[UUID], Field(description="The events of the site that say it.")]


class RuleSaidOut(BaseModel):
    """One rule and what it says of the site."""

    code: str
    result: Annotated[Result, Field(description="Unknown is not compliant: something that matters is not known.")]
    zh: str
    en: str
    clause: str
    severity: Severity
    since: Annotated[date, Field(description="In force from this day on.")]
    who: Annotated[str, Field(description="The role that must put it right.")]
    by_h: Annotated[float, Field(description="Hours until it must be put right.")]
    remedy_zh: str
    remedy_en: str
    facts: list[FactSaidOut]


class RulesOut(BaseModel):
    """What every rule in force says of the site as it stands."""

    version: Annotated[str, Field(description="Of the rules.")]
    rules: list[RuleSaidOut]


def rules_out(version: str, said: Iterable[RuleSaid]) -> RulesOut:
    """Return rules as they are answered."""
    return RulesOut(version=version, rules=[_rule(one) for one in said])


def _rule(one: RuleSaid) -> RuleSaidOut:
    return RuleSaidOut(
        code=one.code,
        result=one.result,
        zh=one.zh,
        en=one.en,
        clause=one.clause,
        severity=one.severity,
        since=one.since,
        who=one.who,
        by_h=one.by.total_seconds() / 3600,
        remedy_zh=one.remedy_zh,
        remedy_en=one.remedy_en,
        facts=[FactSaidOut.model_validate(fact, from_attributes=True) for fact in one.facts],
    )
