"""The public's pictures while their kill switch is off: the words are taken as ever, the picture is refused with why.

A flood of pictures, or one that breaks something, must never cost a report (safety.md decision 8). Who works for the
gas company, and devices, are not the public: their pictures come in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.kit.errors import RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, Scope
from pipewarden.sense import store
from pipewarden.sense.facts import ObservationKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.sense.facts import NewEvent

PUBLIC = "upload:public"


def pictures_closed(work: Work, actor: Actor, permission: str) -> str | None:
    """Return why the actor's pictures are not taken now; None while they are.

    Args:
        work: of the tenant that gets them.
        actor: one of the public has ``permission`` for what is their own only.
        permission: by which the picture comes.
    """
    scopes = {grant.scope for grant in actor.grants_for(permission)}
    if actor.kind is not ActorKind.PERSON or scopes - {Scope.OWN}:
        return None
    found = people.Switchboard(work).off(PUBLIC)
    return None if found is None else found.reason


def refuse_closed(work: Work, actor: Actor, permission: str) -> None:
    """Refuse a picture that is all there is to take.

    Raises:
        RefusedError: pictures of the public are switched off.
    """
    if (why := pictures_closed(work, actor, permission)) is not None:
        fix = "Report it in words; where gas smells, leave the building and ring the emergency number from outside."
        raise RefusedError(field="picture", problem=f"is not taken now: {why}", fix=fix)


def without_closed(work: Work, actor: Actor, events: Sequence[NewEvent]) -> list[NewEvent]:
    """Return the events without the pictures of reports that are not taken now, each with the reason.

    What was taken before with its picture is the same event when it comes again.
    """
    shown = [
        number
        for number, one in enumerate(events)
        if one.observation.picture and one.observation.kind is ObservationKind.REPORT
    ]
    why = pictures_closed(work, actor, "report:create") if shown else None
    if why is None:
        return list(events)
    kept = list(events)
    for number in shown:
        one = events[number].observation
        known = store.by_source(work.session, work.tenant_id, one.stream, one.source_id)
        if known is None or not known.picture:
            bare = replace(one, picture=b"")
            kept[number] = replace(events[number], observation=bare, picture_problem=f"is not taken now: {why}")
    return kept
