"""Act's own calls: what it has to tell people itself, by the same channels as casework's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.service.planning import plan
from pipewarden.casework.facts import Call, Urgency
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Role


def tell(work: Work, post: Post, role: Role, text: str, params: Mapping[str, str]) -> int:
    """Send a note to everybody who holds a role in the tenant worked for, and return how many they are."""
    held = people.memberships(work, people.operator(work.tenant_id), role=role)
    persons = sorted({one.person_id for _, one in held if one.tenant_id == work.tenant_id})
    tell_persons(work, post, persons, text, params)
    return len(persons)


def tell_persons(
    work: Work,
    post: Post,
    persons: Iterable[UUID],
    text: str,
    params: Mapping[str, str],
    *,
    urgency: Urgency = Urgency.NOTE,
) -> None:
    """Send the same words to each of the persons."""
    plan(work, post, [_call(work, one, urgency, text, params) for one in persons], own=True)


def _call(work: Work, person_id: UUID, urgency: Urgency, text: str, params: Mapping[str, str]) -> Call:
    return Call(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        person_id=person_id,
        urgency=urgency,
        site_ids=(),
        duty_id=None,
        step=0,
        loop=0,
        text=text,
        params=dict(params),
        at=work.now(),
    )
