"""Work done offline (线下方式): a ZIP is delivered, the server draws a sample, the client judges it, and it is paid."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.commissions import Delivery, DeliveryState, EngagementState, Sampled
from pipewarden.market.rules import deliveries as rules
from pipewarden.market.service import commissions, engagements, engaging
from pipewarden.market.service.experts_joining import policy
from pipewarden.market.service.rights import name
from pipewarden.market.store import commissions as whole_store
from pipewarden.market.store import deliveries as store
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.market.facts.commissions import Commission
    from pipewarden.people.facts import Actor

FOLDER = "deliveries"  # below the blobs: nobody but the two sides reads one
_BATCH = 10_000
_LAPSED = 20


def deliver(
    work: Work,
    blobs: BlobStore,
    actor: Actor,
    engagement_id: UUID,
    pack: bytes,
    *,
    early: bool = False,
    words: str = "",
) -> Delivery:
    """Deliver a ZIP for a part of one's own; a sample of it is drawn at once. The same file again is the first one.

    Args:
        work: of whoever asks.
        blobs: of the house.
        actor: the expert.
        engagement_id: whose part.
        pack: the ZIP.
        early: nothing more will come (提前交付): once it is accepted, the part is done.
        words: for the client.

    Raises:
        ForbiddenError, NotFoundError: the actor is no expert, or there is no such part of theirs.
        RefusedError: the part does not run, the work is not offline, or a delivery of it waits.
        InputError: the file is no ZIP that can be taken.
    """
    part, expert = engagements.reach(work, actor, engagement_id)
    if not expert:
        raise RefusedError(field="engagement", problem="is another's", fix="Whoever did the work delivers it.")
    commission = people.visible(whole_store.held(work, whole_store.anywhere(), part.commission_id), "commission")
    part, _ = engagements.reach(work, actor, engagement_id)
    if commission.online:
        raise RefusedError(field="commission", problem="is online work", fix="Answer its items with the tool.")
    before = store.of_file(work, part.id, hashlib.sha256(pack).hexdigest())
    if before is not None:
        return before
    if part.state is not EngagementState.BEGUN:
        raise RefusedError(field="engagement", problem=f"is {part.state}", fix="Only a part that runs delivers.")
    if whole_store.waiting_deliveries(work, commission.id, part.id):
        raise RefusedError(field="deliveries", problem="wait for the client's word", fix="Wait for it.")
    names = rules.items_of(pack)
    there = work.of(commission.tenant_id)
    sha256 = apart(blobs).put(pack)
    made = Delivery(
        id=work.ids.new(),
        tenant_id=commission.tenant_id,
        commission_id=commission.id,
        engagement_id=part.id,
        person_id=actor.id,
        sha256=sha256,
        size=len(pack),
        names=names,
        early=early,
        words=words,
        state=DeliveryState.SAMPLED,
        at=work.now(),
    )
    store.add(there, made)
    sample = rules.drawn(names, commission.acceptance, work.ids.new().int)
    store.draw(there, made, sample)
    body: dict[str, object] = {"items": len(names), "sample": len(sample), "early": early}
    commissions.tell(there, commission, name(actor), "delivered", body, part=part.id)
    return made


def judge(
    work: Work, actor: Actor, which: tuple[UUID, UUID], words: Mapping[str, tuple[bool, str]]
) -> tuple[Delivery, list[Sampled]]:
    """Say of every drawn item whether it is right: by the rule the whole is accepted and paid, or goes back.

    Of an accepted delivery everything is paid but the items that were found wrong. A rejected one goes back to the same
    person with the reasons; items that were paid before are not paid again.

    Args:
        work: of the client.
        actor: the client.
        which: part and delivery.
        words: by item: right or not, and why not.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none here.
        RefusedError: it was judged already.
        InputError: an item was not drawn, is left out, or is wrong without a reason.
    """
    people.require(actor, commissions.MANAGE)
    commission = commissions.held(work, actor, _of(work, which).commission_id)
    delivery = _of(work, which)
    if delivery.state is not DeliveryState.SAMPLED:
        raise RefusedError(field="delivery", problem=f"is {delivery.state}", fix="Its word stands.")
    drawn = store.sample(work, delivery.id)
    given = [_word(each, words) for each in drawn]
    if extra := sorted(set(words) - {each.name for each in drawn}):
        raise InputError(field="items", problem=f"{extra[0]!r} was not drawn", fix="Judge the sample.")
    store.judge(work, given)
    wrong = [each.name for each in given if not each.right]
    good = len(wrong) <= rules.allowed(commission.acceptance, len(drawn))
    charged = _charge(work, delivery, frozenset(wrong)) if good else 0
    state = DeliveryState.ACCEPTED if good else DeliveryState.REJECTED
    done = replace(delivery, state=state, ended_at=work.now(), charged=charged)
    store.change(work, done)
    body: dict[str, object] = {"wrong": len(wrong), "of": len(drawn), "charged": charged}
    commissions.tell(work, commission, name(actor), f"delivery_{state}", body, part=delivery.engagement_id)
    if good:
        _end_early(work, name(actor), commission, delivery)
    return done, given


def lapse(work: Work) -> int:
    """Accept and pay the tenant's deliveries whose sample the client let lie too long; return how many."""
    since = work.now() - timedelta(days=policy(work).judge_days)
    found = store.silent(work, since, limit=_LAPSED)
    for delivery in found:
        commission = people.visible(
            whole_store.held(work, whole_store.mine(work), delivery.commission_id), "commission"
        )
        charged = _charge(work, delivery, frozenset())
        store.change(work, replace(delivery, state=DeliveryState.ACCEPTED, ended_at=work.now(), charged=charged))
        body: dict[str, object] = {"charged": charged, "silent": True}
        commissions.tell(work, commission, None, "delivery_accepted", body, part=delivery.engagement_id)
        _end_early(work, None, commission, delivery)
    return len(found)


def tenants_waiting(work: Work) -> list[UUID]:
    """Return the tenants with a delivery that waits for the client's word."""
    return store.tenants_waiting(work)


def listed(work: Work, actor: Actor, engagement_id: UUID) -> list[tuple[Delivery, list[Sampled]]]:
    """Return what was delivered for a part, the newest first, with the drawn items; for either side.

    Raises:
        ForbiddenError, NotFoundError: the actor is neither side.
    """
    part, _ = engagements.reach(work, actor, engagement_id)
    found = store.of_commission(work, part.commission_id, part.id)
    return [(one, store.sample(work, one.id)) for one in found]


def file_of(work: Work, blobs: BlobStore, actor: Actor, which: tuple[UUID, UUID]) -> tuple[Delivery, bytes]:
    """Return a delivery with its ZIP, for either side.

    Raises:
        ForbiddenError, NotFoundError: the actor is neither side.
        InputError: the file is gone.
    """
    engagements.reach(work, actor, which[0])
    delivery = _of(work, which)
    return delivery, apart(blobs).get(delivery.sha256)


def apart(blobs: BlobStore) -> BlobStore:
    """Return where deliveries lie."""
    return type(blobs)(blobs.root / FOLDER)


def _of(work: Work, which: tuple[UUID, UUID]) -> Delivery:
    """Return a delivery of a part; the caller sees that the part is in reach."""
    found = people.visible(store.one(work, which[1]), "delivery")
    return people.visible(found if found.engagement_id == which[0] else None, "delivery")


def _end_early(work: Work, actor: str | None, commission: Commission, delivery: Delivery) -> None:
    """End the part whose expert said that nothing more will come."""
    part = whole_store.engagement(work, whole_store.of_tenant(work), delivery.engagement_id)
    if delivery.early and part is not None and part.state is EngagementState.BEGUN:
        engagements.end(work, actor, commission, part, "early")


def _word(one: Sampled, words: Mapping[str, tuple[bool, str]]) -> Sampled:
    if one.name not in words:
        raise InputError(field="items", problem=f"leave out {one.name!r}", fix="Judge every drawn item.")
    right, reason = words[one.name]
    if not right and not reason.strip():
        raise InputError(field="items", problem=f"say no reason for {one.name!r}", fix="Say what is wrong with it.")
    return replace(one, right=right, reason=reason.strip())


def _charge(work: Work, delivery: Delivery, wrong: frozenset[str]) -> int:
    """Charge every item but the wrong ones, once for ever by its name; return how many are new."""
    part = people.visible(
        whole_store.engagement(work, whole_store.of_tenant(work), delivery.engagement_id), "engagement"
    )
    before = engaging.calls_of(work, [part])[str(part.id)]
    paid = [each for each in delivery.names if each not in wrong]
    for batch in rules.batches(paid, _BATCH):
        engaging.charge(work, part.id, batch)
    return engaging.calls_of(work, [part])[str(part.id)] - before
