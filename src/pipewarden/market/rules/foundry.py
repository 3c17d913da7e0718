"""A version's life, which version answers a call, and how a call's price is shared among three."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import Act, Contract, Life
from pipewarden.market.facts.metering import Split
from pipewarden.market.rules.foundry_file import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.market.facts.foundry import Version, VersionEvent
    from pipewarden.market.rules.foundry_file import CanaryPolicy, ContractPolicy

_HUNDRED = 100
_STEPS: Mapping[Act, tuple[frozenset[Life], Life]] = {
    Act.EVALUATED: (frozenset({Life.DRAFT, Life.EVALUATED}), Life.EVALUATED),
    Act.ASKED: (frozenset({Life.EVALUATED}), Life.EVALUATED),
    Act.ACCEPTED: (frozenset({Life.EVALUATED}), Life.EVALUATED),
    Act.REVIEWED: (frozenset({Life.EVALUATED}), Life.REVIEWED),
    Act.REFUSED: (frozenset({Life.EVALUATED}), Life.REFUSED),
    Act.PRICED: (frozenset({Life.REVIEWED, Life.PRICED}), Life.PRICED),
    Act.CANARY: (frozenset({Life.PRICED, Life.CANARY}), Life.CANARY),
    Act.LIVE: (frozenset({Life.CANARY}), Life.LIVE),
    Act.REPLACED: (frozenset({Life.LIVE}), Life.REPLACED),
    Act.RESTORED: (frozenset({Life.REPLACED}), Life.LIVE),
    Act.ROLLED_BACK: (frozenset({Life.CANARY, Life.LIVE, Life.REPLACED}), Life.ROLLED_BACK),
}
_NEXT: Mapping[Life, str] = {
    Life.DRAFT: "Evaluate it first.",
    Life.EVALUATED: "Others must review it first.",
    Life.REVIEWED: "Set its price first.",
    Life.PRICED: "Try it as a canary first.",
    Life.CANARY: "Make it live, or roll it back.",
    Life.LIVE: "Make another version.",
    Life.REPLACED: "A newer version is live.",
    Life.ROLLED_BACK: "Make another version.",
    Life.REFUSED: "Make another version.",
}


def step(state: Life, act: Act) -> Life:
    """Return the state after an act.

    Raises:
        RefusedError: the act is not possible from there; the fix names what is.
    """
    froms, to = _STEPS.get(act, (frozenset(), state))
    if state not in froms:
        raise RefusedError(field="version", problem=f"is {state.value}: it cannot be {act.value}", fix=_NEXT[state])
    return to


def state_of(events: Iterable[VersionEvent]) -> Life:
    """Return what a version's events add up to.

    Raises:
        RefusedError: they do not follow from each other.
    """
    state = Life.DRAFT
    for one in events:
        state = state if one.act is Act.MADE else step(state, one.act)
    return state


def accepted_by(events: Iterable[VersionEvent]) -> tuple[UUID, ...]:
    """Return who accepted a version since it was last evaluated, each once, in order: other figures need other eyes."""
    found: list[UUID] = []
    for one in events:
        if one.act is Act.EVALUATED:
            found = []
        elif one.act is Act.ACCEPTED and one.actor_id is not None and one.actor_id not in found:
            found.append(one.actor_id)
    return tuple(found)


def asked_for(events: Iterable[VersionEvent]) -> bool:
    """Return whether a version's author asked for a review since it was last evaluated."""
    found = False
    for one in events:
        found = (found or one.act is Act.ASKED) and one.act is not Act.EVALUATED
    return found


def answering(versions: Sequence[Version], request_id: str) -> Version:
    """Return the version that answers a call: a canary its share of requests, the live one the rest.

    Which requests are a canary's follows from their ids, so that a retry meets the same version. Where nothing is live
    yet, the canary answers all.

    Raises:
        RefusedError: nothing is for sale.
    """
    live = next((one for one in versions if one.state is Life.LIVE), None)
    canary = max((one for one in versions if one.state is Life.CANARY), key=lambda one: one.number, default=None)
    if canary is not None and (live is None or bucket(request_id) < canary.percent):
        return canary
    if live is None:
        raise RefusedError(field="capability", problem="has no live version", fix="Ask for another, or wait for it.")
    return live


def bucket(request_id: str) -> int:
    """Return 0 to 99, even over request ids and the same for one id for ever."""
    return int.from_bytes(hashlib.sha256(request_id.encode()).digest()[:8], "big") % _HUNDRED


def ripe(policy: CanaryPolicy, answered: int, failed: int) -> None:
    """Refuse to make a canary live that was hardly tried, or failed too often.

    Raises:
        RefusedError: it is one of them.
    """
    if answered < policy.least_calls:
        problem = f"has answered {answered} calls of {policy.least_calls}"
        raise RefusedError(field="version", problem=problem, fix="Let it answer more calls first.")
    if failed > policy.most_failed * (answered + failed):
        problem = f"failed {failed} of {answered + failed} calls"
        raise RefusedError(field="version", problem=problem, fix="Roll it back and make another one.")


def contract_at(contracts: Sequence[Contract], at: datetime) -> Contract | None:
    """Return the contract of a moment: the newest that had begun; None where none had."""
    return max((one for one in contracts if one.since <= at), key=lambda one: one.since, default=None)


def check_contract(made: Contract, before: Contract | None, now: datetime, policy: ContractPolicy) -> None:
    """Refuse a contract that does not share the whole price, begins in the past, or takes an expert by surprise.

    Raises:
        InputError: it is one of them.
    """
    parts = (made.expert, made.house, made.reviewers)
    if sum(parts) != WHOLE or min(parts) < 0:
        raise InputError(field="parts", problem=f"sum to {sum(parts)}", fix=f"Share {WHOLE} parts, none below 0.")
    if made.since < now:
        raise InputError(field="since", problem="lies in the past", fix="Calls of before keep their contract.")
    if before is not None and made.expert < before.expert and (made.since - now).days < policy.notice_days:
        problem = f"is sooner than {policy.notice_days} days, and the expert would get less"
        raise InputError(field="since", problem=problem, fix="Let it begin later.")


def shared(units: int, contract: Contract, reviewers: int) -> Split:
    """Return how the price of one call is shared by contract, each part rounded down and the rest named.

    The reviewers' part is cut to a multiple of their number, so that each of them gets the same of every call, however
    calls are gathered. Without reviewers their part is the house's.

    Args:
        units: of 0.0001 yuan.
        contract: in force when the call was admitted.
        reviewers: who accepted the version that answers.
    """
    expert = units * contract.expert // WHOLE
    house_parts = contract.house + (0 if reviewers else contract.reviewers)
    house = units * house_parts // WHOLE
    review = 0 if not reviewers else units * contract.reviewers // WHOLE // reviewers * reviewers
    return Split(expert, house, units - expert - house - review, review)


def frozen_set(rows: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of a frozen set: of its (what, wanted) pairs, whatever their order."""
    digest = hashlib.sha256()
    for what, wanted in sorted(rows):
        digest.update(f"{len(what)}:{what}{len(wanted)}:{wanted}".encode())
    return digest.hexdigest()
