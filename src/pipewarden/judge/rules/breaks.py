"""What ends a silence: it holds for what was seen, where it was seen, and only as long as its reason holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.judge.facts import Basis, Case, Code, Reason, Source
from pipewarden.judge.rules.law import STANDING
from pipewarden.judge.rules.views import alike, overlap
from pipewarden.network.facts import INSIDE, RANK, Zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipewarden.judge.facts import JudgePolicy
    from pipewarden.judge.rules.views import Sight, View

_SAME = 0.5
_TWICE = 2  # pictures in a row: one look at dusk or through rain proves nothing


def ends(
    case: Case,
    now: datetime,
    policy: JudgePolicy,
    basis: Basis,
    *,
    words: Code | None,
    against: Sequence[Reason],
    changed: bool,
) -> Code | None:
    """Return why a silence ends now that the alarm was seen again; None while it holds.

    Args:
        case: rejected.
        now: the present.
        policy: the numbers.
        basis: what is seen now.
        words: why a person is to hear of it again, come since one decided; None for nothing.
        against: what speaks against the alarm now.
        changed: it no longer looks like what was rejected.
    """
    if words is not None or case.basis is None or case.until is None or now >= case.until:
        return words or Code.OVER
    if RANK[basis.zone] < RANK[case.basis.zone]:
        return Code.GRAVER
    if basis.seen_s <= case.basis.seen_s and basis.frames <= case.basis.frames:
        return None  # nothing was seen since
    if case.by is Source.PERSON:
        return Code.CHANGED if changed else None
    held = {one.code for one in case.reasons} & {one.code for one in against}
    if not held & STANDING and basis.zone in INSIDE and _again(case.basis, basis, policy):
        return Code.PRESENT_AGAIN
    return None if held & STANDING or (held and not changed) else Code.CHANGED


def _again(then: Basis, now: Basis, policy: JudgePolicy) -> bool:
    """Tell whether it stood there over the rounds of the policy since it was silenced."""
    seen = now.frames - then.frames
    return seen >= policy.rounds and now.seen_s - then.seen_s >= policy.rounds * policy.round_s


def changed(then: Sight | None, views: Sequence[View], zone: Zone) -> bool:
    """Tell whether the two newest pictures show something else than what was judged.

    In the protection range another look or another box is enough, elsewhere it takes both: a machine that begins to dig
    swings, and light alone changes a look too.
    """
    if then is None:
        return False
    mine = next((view for view in views if any(one.finding_id == then.finding_id for one in view.sights)), None)
    if mine is None:
        return False
    newest = [one for one in mine.sights if one.seen_s > then.seen_s][-_TWICE:]
    if len(newest) < _TWICE:
        return False
    looks = [alike(then.features, one.features) is False for one in newest]
    boxes = [overlap(then.box, one.box) < _SAME for one in newest]
    if zone in INSIDE:
        return all(look or box for look, box in zip(looks, boxes, strict=True))
    return all(look and box for look, box in zip(looks, boxes, strict=True))
