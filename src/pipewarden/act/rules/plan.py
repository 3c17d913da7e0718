"""Whom a call takes which way: channels in order, what may wait for a digest, and what was said a moment ago."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipewarden.casework.facts import Urgency
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipewarden.casework.facts import Call
    from pipewarden.people.facts import Contact, Quiet

LOCAL = ZoneInfo("Asia/Shanghai")
RANK = {Urgency.ALARM: 0, Urgency.DUE: 1, Urgency.NOTE: 2}
NUDGE = timedelta(seconds=60)  # an alarm that was taken and not acknowledged tries the next channel then
_DIGEST = timedelta(minutes=30)
_COOL = {Urgency.ALARM: timedelta(minutes=1), Urgency.DUE: timedelta(minutes=10), Urgency.NOTE: timedelta(hours=4)}
GROUP_COOL = timedelta(minutes=5)  # between two copies of one matter into the same group chat


def routes(
    contacts: Sequence[Contact], urgency: Urgency, off: Callable[[ContactKind], bool]
) -> list[tuple[int, Contact]]:
    """Return the contact points that a call takes with their turns; turn 0 begins at once.

    An alarm rings by voice at once, beside the first choice. The message centre is no way to reach somebody.

    Args:
        contacts: of the person, first choice first.
        urgency: of the call.
        off: whether a kind of channel cannot be used now.
    """
    usable = [one for one in contacts if one.kind is not ContactKind.INAPP and not off(one.kind)]
    ringing = [one for one in usable if urgency is Urgency.ALARM and one.kind is ContactKind.VOICE]
    in_turn = [one for one in usable if one not in ringing]
    return [(0, one) for one in ringing] + list(enumerate(in_turn))


def group_of(call: Call) -> str:
    """Return the name of what a call is about: urgency, words, and its sites in whatever order or what fills it.

    What has become more urgent is another matter: it is never kept back because it was said before. So is each further
    word on a strike, whoever it goes to.
    """
    about = "\0".join(sorted(str(one) for one in call.site_ids)) or repr(sorted(call.params.items()))
    news = f"{call.params['strike']}\0{call.params['news']}" if "strike" in call.params else ""
    return hashlib.sha256(f"{call.urgency}\0{call.text}\0{about}\0{news}".encode()).hexdigest()[:32]


def cool_since(call: Call) -> datetime | None:
    """Return from when on the same call to the same person stands for this one; None where each is brought.

    A chain that climbs or comes round again rings again: that is what it is for.
    """
    return None if call.loop or call.step else call.at - _COOL[call.urgency]


def digest_at(now: datetime, quiet: Quiet | None) -> datetime:
    """Return when a note goes out: with the next half hour, after the quiet hours if it falls into them."""
    since = datetime(2026, 1, 1, tzinfo=now.tzinfo)
    at = since + ((now - since) // _DIGEST + 1) * _DIGEST
    return at if quiet is None else _after(at, quiet)


def _after(at: datetime, quiet: Quiet) -> datetime:
    here = at.astimezone(LOCAL)
    wall = here.time()
    if quiet.begins <= quiet.ends:
        inside, tomorrow = quiet.begins <= wall < quiet.ends, False
    else:
        inside, tomorrow = wall >= quiet.begins or wall < quiet.ends, wall >= quiet.begins
    if not inside:
        return at
    day = here.date() + timedelta(days=1 if tomorrow else 0)
    return datetime.combine(day, quiet.ends, LOCAL).astimezone(at.tzinfo)
