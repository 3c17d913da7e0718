"""An expert's own page (专家主页), and what clients read of experts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.market.service.engagements import mine
from pipewarden.market.service.experts_joining import READ, standing
from pipewarden.market.store import commissions
from pipewarden.market.store import experts as store
from pipewarden.market.store import metering as meters
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import EngagementState
    from pipewarden.market.facts.experts import Expert, ExpertEvent, Grade, Skill
    from pipewarden.people.facts import Actor

_MOST = 1000


@dataclass(frozen=True, slots=True)
class Home:
    """What an expert reads of themselves.

    Attributes:
        missing: what stands between them and each higher grade.
        parts: engagements by state.
        earned: their share of every call that was charged for a commission, units of 0.0001 yuan.
    """

    expert: Expert
    skills: list[Skill]
    missing: Mapping[Grade, list[tuple[str, str]]]
    parts: Mapping[EngagementState, int]
    earned: int
    events: list[ExpertEvent]


def home(work: Work, actor: Actor) -> Home:
    """Return the actor's own page.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or did not register.
    """
    found = mine(work, actor)
    parts = commissions.engagement_page(work, commissions.of_person(actor.id), states=(), limit=_MOST, before=None)
    demands = [one.demand_id for one in parts if one.demand_id is not None]
    return Home(
        expert=found,
        skills=store.skills(work, [actor.id])[actor.id],
        missing=standing(work, actor.id),
        parts=Counter(one.state for one in parts),
        earned=sum(meters.earned(work, demands).values()),
        events=store.events(work, actor.id),
    )


def listed(
    work: Work, actor: Actor, grade: Grade | None, *, limit: int, after: UUID | None
) -> list[tuple[Expert, str]]:
    """Return experts with their names, the first who registered first: they work for every tenant.

    Raises:
        ForbiddenError: the actor reads no experts.
    """
    people.require(actor, READ)
    found = store.page(work, grade, limit=limit, after=after)
    names = people.person_names(work, [one.person_id for one in found])
    return [(one, names.get(one.person_id, "")) for one in found]


def one(work: Work, actor: Actor, person_id: UUID) -> tuple[Expert, str]:
    """Return an expert with their name.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no experts, or there is none.
    """
    people.require(actor, READ)
    found = people.visible(store.one(work, person_id), "expert")
    return found, people.person_names(work, [person_id]).get(person_id, "")
