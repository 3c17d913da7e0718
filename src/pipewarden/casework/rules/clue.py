"""Where the clue stands from which a site grew: derived from the judge's verdict and the site, kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework.facts import ClueState, SiteState
from pipewarden.judge.facts import Verdict

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site

_UNTAKEN = {
    Verdict.PERSON: ClueState.NEW,
    Verdict.CONFIRMED: ClueState.AI_CONFIRMED,
    Verdict.REJECTED: ClueState.AI_REJECTED,
}


def clue_state(site: Site, verdict: Verdict | None, *, late: bool) -> ClueState:
    """Return the state of a site's clue (domain.md 4.2).

    Args:
        site: as it stands.
        verdict: the judge's on its alarm; None while nobody has judged it. It speaks only until somebody is sent.
        late: a deadline of the site has passed; it escalates a clue until somebody has said what is there.
    """
    states = (
        (site.merged_into is not None, ClueState.DUPLICATE),
        (site.state is SiteState.FALSE, ClueState.VERIFIED_FALSE),
        (not site.open, ClueState.CLOSED),
        (site.verified is True, ClueState.VERIFIED_TRUE),
        (site.verified is False, ClueState.VERIFIED_FALSE),
        (late, ClueState.ESCALATED),
        (site.arrived_at is not None, ClueState.ON_SITE),
        (site.accepted_at is not None, ClueState.ACCEPTED),
        (site.owner_id is not None, ClueState.DISPATCHED),
    )
    untaken = ClueState.NEW if verdict is None else _UNTAKEN[verdict]
    return next((state for holds, state in states if holds), untaken)
