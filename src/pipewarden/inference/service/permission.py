"""What a tenant permits a vision endpoint, and how it stands with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference.facts import VisionPolicy, VisionState
from pipewarden.inference.rules import day_of, origin_of
from pipewarden.inference.store import vision as store
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import ScopedRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from pipewarden.inference.facts import VisionCall, VisionModel, VisionUsage
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_MOST_ENDPOINTS, _MOST_BUDGET, _MOST_PER_MINUTE = 10, 10**12, 6000


def set_vision_policy(work: Work, actor: Actor, policy: VisionPolicy) -> VisionPolicy:
    """Say which endpoints may be sent pictures, and for how much money; no endpoints: nothing leaves. On record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: an endpoint, the budget or the rate cannot be used.
    """
    people.require_row(actor, "policy:edit", ScopedRow(tenant_id=work.tenant_id), "policy")
    if len(policy.endpoints) > _MOST_ENDPOINTS:
        raise InputError(
            field="endpoints", problem=f"are more than {_MOST_ENDPOINTS}", fix="Allow only those that are asked."
        )
    for field, value, least, most in (
        ("budget", policy.budget, 0, _MOST_BUDGET),
        ("per_minute", policy.per_minute, 1, _MOST_PER_MINUTE),
    ):
        if not least <= value <= most:
            raise InputError(field=field, problem=f"{value} is out of range", fix=f"Give {least} to {most}.")
    kept = VisionPolicy(
        endpoints=tuple(dict.fromkeys(origin_of(one, "endpoints") for one in policy.endpoints)),
        budget=policy.budget,
        per_minute=policy.per_minute,
    )
    store.add_policy(work, kept, actor.name)
    details = {"endpoints": list(kept.endpoints), "budget": kept.budget, "per_minute": kept.per_minute}
    people.record(work, actor, "vision.permitted", ("vision_policy", work.tenant_id), details)
    return kept


def vision_policy(work: Work) -> VisionPolicy | None:
    """Return what the tenant permits; None when it never said, and then nothing leaves."""
    return store.policy(work)


def vision_state(work: Work, model: VisionModel) -> VisionState:
    """Return how the tenant stands with a model behind an endpoint now."""
    policy, gate = store.policy(work), store.gate(work, model)
    spent, reserved = store.spending(work, day_of(work.now()))
    return VisionState(
        allowed=policy is not None and model.endpoint in policy.endpoints,
        budget=0 if policy is None else policy.budget,
        spent=spent,
        reserved=reserved,
        failures=0 if gate is None else gate.failures,
        open_until=None if gate is None else gate.open_until,
    )


def vision_calls(work: Work, *, after: UUID | None = None, limit: int = 100) -> list[VisionCall]:
    """Return up to ``limit`` recorded questions that follow ``after``, oldest first."""
    return store.calls(work, after, limit)


def vision_totals(work: Work, since: datetime) -> dict[str, tuple[int, int]]:
    """Return by outcome how many questions were asked since a moment, and their cost in 0.0001 yuan."""
    return store.totals(work, since)


def vision_usage(work: Work, since: datetime, until: datetime) -> list[VisionUsage]:
    """Return what the tenant's questions of a time came to, by day and outcome, the first day first."""
    return store.usage(work, since, until)


def vision_spending(work: Work) -> tuple[int, int]:
    """Return what is spent and what is reserved of today's budget, in 0.0001 yuan."""
    return store.spending(work, day_of(work.now()))
