"""Anchors of the audit chain: the checked end of it, signed and handed out, so that nobody can shorten the past."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.people.facts import Anchor, Anchored, AuditBreak, ChainState, ScopedRow, SignedAnchor
from pipewarden.people.rules import anchors as rules
from pipewarden.people.rules import chain
from pipewarden.people.service.access import require_row
from pipewarden.people.service.audit import anchor, verify
from pipewarden.people.service.views import verify_views
from pipewarden.people.store import anchors as store
from pipewarden.people.store.anchors import AnchorRow

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.people.ports import Signer


def anchor_chain(work: Work, signer: Signer) -> Anchored:
    """Walk what came to the tenant's chain since its last anchor and, where that holds, sign the new end.

    A chain that does not hold gets no anchor: an anchor says that the house saw it whole.
    """
    before = last_anchor(work)
    start = Anchor(work.tenant_id, 0, chain.FIRST) if before is None else before.end
    end = anchor(work)
    broken = verify(work, start, after=start)
    if broken is not None:
        return Anchored(None, broken)
    if end.seq <= start.seq:
        return Anchored(None, None)
    made = signed(end, work.now(), signer)
    store.add(work.session, work.ids.new(), made)
    return Anchored(made, None)


def signed(end: Anchor, at: datetime, signer: Signer) -> SignedAnchor:
    """Return an end of a chain, signed."""
    bare = SignedAnchor(end.tenant_id, end.seq, end.hash, at, signer.public, b"")
    return replace(bare, signature=signer.sign(rules.message(end, at)))


def last_anchor(work: Work) -> SignedAnchor | None:
    """Return the tenant's newest anchor: up to there the chain was whole when it was signed."""
    found = store.anchors(work.session, AnchorRow.tenant_id == work.tenant_id, limit=1, newest=True)
    return found[0] if found else None


def anchors(work: Work) -> list[SignedAnchor]:
    """Return the house's own copies of the tenant's anchors, oldest first."""
    return store.anchors(work.session, AnchorRow.tenant_id == work.tenant_id)


def verify_record(
    work: Work,
    actor: Actor,
    outside: Collection[SignedAnchor] = (),
    *,
    genuine: Callable[[bytes, bytes, bytes], bool],
) -> ChainState:
    """Walk the tenant's whole chain against every anchor there is, then its views against the chain.

    Where:
        outside: anchors that were kept outside the database; those of other tenants are passed over.
        genuine: whether a raw public key, a message and a signature belong together.

    Raises:
        ForbiddenError, NotFoundError: the actor must not check this chain.
    """
    require_row(actor, "audit:verify", ScopedRow(work.tenant_id), "tenant")
    own = anchors(work)
    held = [*own, *(one for one in outside if one.tenant_id == work.tenant_id)]
    false = [one for one in held if not rules.genuine(one, genuine)]
    if false:
        problem = f"its anchor of {false[0].at:%Y-%m-%d %H:%M} UTC has a false signature"
        broken: AuditBreak | None = AuditBreak(seq=false[0].seq, problem=problem)
    else:
        broken = verify(work, *(one.end for one in held)) or verify_views(work)
    return ChainState(work.tenant_id, anchor(work), len(held), own[-1] if own else None, broken)
