"""Nonces for pictures: given before one is taken, redeemed with it. A bad one marks a picture and refuses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.facts.captures import Capture, CaptureKept, Redeemed
from pipewarden.field.rules import captures as rules
from pipewarden.field.store import captures as store
from pipewarden.kit.chance import SystemChance

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.kit.work import Work

_CHANCE = SystemChance().bytes


def issue(work: Work, holder: str, chance: Callable[[int], bytes] = _CHANCE) -> Capture:
    """Give a nonce to a holder: good for ten minutes, once, and for nobody else.

    Args:
        work: the tenant that the picture will be sent to.
        holder: a person's id as text, or what names a device without account.
        chance: where random bytes come from.
    """
    now = work.now()
    store.forget(work, now - rules.KEPT)
    nonce = rules.nonce_text(chance(rules.NONCE_BYTES))
    kept = CaptureKept(work.ids.new(), work.tenant_id, rules.digest(nonce), holder, now, now + rules.LIFE)
    store.add(work, kept)
    return Capture(nonce, kept.expires_at)


def redeem(work: Work, nonce: str | None, holder: str) -> Redeemed:
    """Return what the nonce of a picture is worth, and use it up; ``fresh`` is said once of each.

    It never raises for what was sent: the picture is kept whatever this says. Ask whether the draft came before first;
    the same draft sent twice would read as ``used``.
    """
    kept = store.by_digest(work, rules.digest(nonce)) if nonce else None
    found = rules.judged(kept, holder, work.now())
    if kept is not None and found in {Redeemed.FRESH, Redeemed.LATE}:
        store.use(work, kept.id)
    return found
