"""Kill switches by the words people say: each names a door that really asks it, and what happens when it is off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.act.facts import CLOUDEVENTS
from pipewarden.inference.service import SWITCH as VISION
from pipewarden.judge.service import VERIFIER_SWITCH
from pipewarden.kit.errors import InputError
from pipewarden.market.service.payouts_cashier import SWITCH as PAYOUTS
from pipewarden.people import service as people
from pipewarden.people.facts import ContactKind
from pipewarden.perceive.service import SCREEN_SWITCH
from pipewarden.sense.service import PUBLIC_PICTURES

if TYPE_CHECKING:
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Switch

_MODEL = re.compile(r"model:[a-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Door:
    """One door that a switch closes.

    Attributes:
        said: what people say on the command line.
        name: the switch's name on record.
        off: what happens while it is off, in English; the desk has its own words.
    """

    said: str
    name: str
    off: str


DOORS: tuple[Door, ...] = (
    Door("screen", SCREEN_SWITCH, "no picture is looked at: send patrols; words of people go on"),
    Door("verifier", VERIFIER_SWITCH, "what no rule decides goes to people"),
    Door("vision", VISION, "no question leaves for a vision endpoint: people are asked"),
    Door("public-upload", PUBLIC_PICTURES, "reports keep their words, their pictures are refused with the reason"),
    *(
        Door(kind.value, f"channel:{kind.value}", "messages take the next channel")
        for kind in ContactKind
        if kind is not ContactKind.INAPP
    ),
    Door(CLOUDEVENTS, f"channel:{CLOUDEVENTS}", "events for subscriptions wait, in order"),
    Door("payout", PAYOUTS, "nothing is withdrawn and no bill is made; what was sent is followed to its end"),
)


def door_of(said: str) -> Door:
    """Return the door that people mean: its word, its switch's name, or ``model:NAME`` of a vision model.

    Raises:
        InputError: no door asks such a switch; the fix lists those that there are.
    """
    for one in DOORS:
        if said in {one.said, one.name}:
            return one
    if _MODEL.fullmatch(said):
        return Door(said, said, "no question goes to this vision model: people are asked")
    raise InputError(
        field="WHAT",
        problem=f"{said!r} is nothing that can be switched",
        fix=f"Use one of {', '.join(one.said for one in DOORS)}, or model:NAME of a vision model.",
    )


def kill(work: Work, actor: Actor, said: str, *, on: bool, why: str, everywhere: bool = False) -> tuple[Door, Switch]:
    """Close a door, or open it again, on record.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: there is no such door, or no reason is given.
    """
    door = door_of(said)
    return door, people.set_switch(work, actor, door.name, on=on, reason=why, everywhere=everywhere)


def switches_known(work: Work) -> list[tuple[Door, Switch | None]]:
    """Return every door with the switch that closes it now for the tenant worked for; None while it is open."""
    board = people.Switchboard(work)
    named = {one.name for one in DOORS}
    more = [door_of(one.name) for one in people.switches(work) if one.name not in named and _MODEL.fullmatch(one.name)]
    return [(one, board.off(one.name)) for one in (*DOORS, *dict.fromkeys(more))]
