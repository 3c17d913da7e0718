"""Whether what happened to a site later takes back the word for which somebody is rewarded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import Ended, Reopened, SiteState, Verified
from pipewarden.market.rules.rewarding import ENDED_FALSE, OWN_WORD, REFUTED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from pipewarden.casework.facts import SiteEvent


def refuted(events: Sequence[SiteEvent], earned_at: datetime) -> str | None:
    """Return why a clue was none after all; None where it stands.

    What is said after the site was reopened is about other works, and takes nothing back.

    Args:
        events: of the site, oldest first.
        earned_at: when it was confirmed.
    """
    why = None
    for event in events:
        if event.at < earned_at:
            continue
        match event.body:
            case Reopened():
                break
            case Verified(true=False):
                why = REFUTED
            case Verified(true=True):
                why = None
            case Ended(to=SiteState.FALSE):
                why = why or ENDED_FALSE
            case _:
                pass
    return why


def own_word(events: Sequence[SiteEvent], person_id: UUID | None) -> str | None:
    """Return that only the reporter confirmed the works; None where somebody else did (safety.md T8)."""
    said = {event.actor for event in events if isinstance(event.body, Verified) and event.body.true}
    return OWN_WORD if person_id is not None and said == {f"person:{person_id}"} else None
