"""Subscriptions: other systems that want a tenant's site events: signed, retried, paused when they do not answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import CLOUDEVENTS, Delivery, DeliveryState, Hook, HookState
from pipewarden.act.rules import cloud, retry, sign
from pipewarden.act.service.calling import tell
from pipewarden.act.store import DeliveryRow, HookRow
from pipewarden.act.store.tables import HOOKS
from pipewarden.casework.facts import Urgency
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import Address, ContactKind, NewContact, Role, ScopedRow
from pipewarden.people.service import contact_address, masked_address

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.act.facts import Attempt, Receipt
    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, SignedAnchor

SECRET_BYTES = 32
_MOST = 20  # subscriptions of one tenant
_LONGEST_NAME = 60
_GONE = "410"


def hooks(work: Work, actor: Actor) -> list[Hook]:
    """Return the tenant's subscriptions.

    Raises:
        ForbiddenError: the actor reads no channels.
    """
    return store.hooks.of(work, people.scope_filter(actor, "channel:read", HOOKS), HookRow.tenant_id == work.tenant_id)


def _hook(work: Work, actor: Actor, permission: str, hook_id: UUID) -> Hook:
    seen = people.scope_filter(actor, permission, HOOKS)
    found = store.hooks.of(work, seen, HookRow.tenant_id == work.tenant_id, HookRow.id == hook_id)
    return people.visible(next(iter(found), None), "webhook")


def add_hook(
    work: Work, actor: Actor, *, name: str, url: str, kinds: Sequence[str], entropy: bytes, batch: bool = False
) -> tuple[Hook, str]:
    """Subscribe a system and return the key that signs what it gets; the key is shown this once.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: the address or a kind cannot be.
        RefusedError: the tenant has 20 already.
    """
    people.require_row(actor, "channel:manage", ScopedRow(work.tenant_id), "webhook")
    store.hooks.lock_all(work)
    if len(store.hooks.of(work, HookRow.tenant_id == work.tenant_id)) >= _MOST:
        raise RefusedError(field="webhooks", problem=f"are {_MOST} already", fix="Remove one that nobody needs.")
    secret = sign.webhook_secret(entropy)
    address, _ = contact_address(NewContact(ContactKind.WEBHOOK, url, secret), "url")
    made = Hook(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        name=_name(name),
        shown=masked_address(ContactKind.WEBHOOK, address),
        kinds=_kinds(kinds),
        state=HookState.ACTIVE,
        failures=0,
        problem="",
        created_at=work.now(),
        batch=batch,
    )
    store.hooks.add(work, made, Address(made.id, address, secret), actor.id)
    people.record(work, actor, "webhook.added", ("webhook", made.id), {"name": made.name, "kinds": list(made.kinds)})
    return made, secret


def change_hook(work: Work, actor: Actor, hook_id: UUID, *, name: str, kinds: Sequence[str], active: bool) -> Hook:
    """Rename a subscription, choose its kinds, pause it or let it go on; what waited when it was paused goes out.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        InputError: a kind cannot be.
    """
    _hook(work, actor, "channel:manage", hook_id)
    store.outbox.lock_subject(work, hook_id)
    before = _hook(work, actor, "channel:manage", hook_id)
    state = HookState.ACTIVE if active else HookState.PAUSED
    values: dict[str, object] = {"name": _name(name), "kinds": list(_kinds(kinds)), "state": state.value}
    if active and before.state is HookState.PAUSED:
        values |= {"failures": 0, "problem": ""}
        _turn(work, hook_id, DeliveryState.SPARE, DeliveryState.WAITING)
    if not active:
        _turn(work, hook_id, DeliveryState.WAITING, DeliveryState.SPARE)
    store.hooks.change(work, hook_id, **values)
    people.record(work, actor, "webhook.changed", ("webhook", hook_id), {"state": state.value})
    return _hook(work, actor, "channel:manage", hook_id)


def remove_hook(work: Work, actor: Actor, hook_id: UUID) -> None:
    """End a subscription; its address is forgotten.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
    """
    _hook(work, actor, "channel:manage", hook_id)
    store.outbox.lock_subject(work, hook_id)
    for state in (DeliveryState.WAITING, DeliveryState.SPARE):
        _turn(work, hook_id, state, DeliveryState.DROPPED)
    store.hooks.forget(work, hook_id)
    people.record(work, actor, "webhook.removed", ("webhook", hook_id))


def try_hook(work: Work, post: Post, actor: Actor, hook_id: UUID) -> Delivery:
    """Put one test event into the outbox of a subscription.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
        RefusedError: it is paused.
    """
    hook = _hook(work, actor, "channel:manage", hook_id)
    if hook.state is not HookState.ACTIVE:
        raise RefusedError(field="webhook", problem="is paused", fix="Let it go on first.")
    subject = work.ids.new()
    document: dict[str, object] = {
        "specversion": "1.0",
        "id": str(subject),
        "source": _source(post),
        "type": cloud.TEST,
        "time": work.now().isoformat(),
        "datacontenttype": "application/json",
        "data": {"tenant_id": str(work.tenant_id)},
    }
    made = _delivery(work, hook, subject, [document] if hook.batch else document)
    store.outbox.add(work, [made])
    return made


def hook_deliveries(
    work: Work, actor: Actor, hook_id: UUID, *, before: UUID | None, limit: int
) -> tuple[list[Delivery], list[Attempt]]:
    """Return what went to a subscription, the newest first, with every attempt.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no channels, or there is none.
    """
    _hook(work, actor, "channel:read", hook_id)
    mine = (DeliveryRow.tenant_id == work.tenant_id, DeliveryRow.target_id == hook_id)
    found = store.outbox.page(work, *mine, before=before, limit=limit)
    return found, store.outbox.attempts(work, [one.id for one in found])


def announce(work: Work, post: Post, event_ids: Sequence[UUID]) -> None:
    """Put sites' events into the outboxes of who wants them; who is paused fetches them from the API later."""
    wanting = store.hooks.of(work, HookRow.tenant_id == work.tenant_id, HookRow.state == HookState.ACTIVE.value)
    if not wanting:
        return
    events = post.casework.events(work, event_ids)
    _tell_hooks(work, wanting, [(one.body.kind, one.id, cloud.document(one, _source(post))) for one in events])


def announce_filings(work: Work, post: Post, event_ids: Sequence[UUID]) -> None:
    """Put what happened to filings into the outboxes of who wants it, as ``announce`` does of sites."""
    wanting = store.hooks.of(work, HookRow.tenant_id == work.tenant_id, HookRow.state == HookState.ACTIVE.value)
    if not wanting:
        return
    told = post.casework.filing_changes(work, event_ids)
    made = [(one, cloud.filing_document(one, _source(post))) for one in told]
    _tell_hooks(work, wanting, [(f"filing.{one.kind}", one.event_id, doc) for one, doc in made if doc is not None])


def announce_anchor(work: Work, post: Post, anchor: SignedAnchor) -> None:
    """Put a signed end of the tenant's audit chain into the outboxes of who asks for it by name."""
    wanting = store.hooks.of(work, HookRow.tenant_id == work.tenant_id, HookRow.state == HookState.ACTIVE.value)
    asking = [one for one in wanting if cloud.ANCHORED in one.kinds]
    event_id = work.ids.new()
    said = people.anchor_line(anchor)
    _tell_hooks(
        work, asking, [(cloud.ANCHORED, event_id, cloud.anchor_document(anchor, said, event_id, _source(post)))]
    )


def tell_anchored(work: Work, post: Post, anchor: SignedAnchor) -> int:
    """Send the newest signed end of the tenant's chain to its auditors, by mail or whatever reaches them.

    What lies in their mailboxes lies outside the house: a chain that is another one later has another hash there.
    """
    params = {"seq": str(anchor.seq), "at": f"{anchor.at:%Y-%m-%d %H:%M} UTC", "hash": anchor.hash.hex()}
    return tell(work, post, Role.AUDITOR, "audit.anchored", params)


def _tell_hooks(work: Work, hooks_: Sequence[Hook], told: Sequence[tuple[str, UUID, dict[str, object]]]) -> None:
    """Write (kind, event, document) into the outboxes of who wants each: in order for each subject, or as one list."""
    deliveries: list[Delivery] = []
    for hook in hooks_:
        wanted = [(event_id, document) for kind, event_id, document in told if not hook.kinds or kind in hook.kinds]
        if hook.batch and wanted:
            whole = _delivery(work, hook, wanted[0][0], [document for _, document in wanted])
            deliveries.append(replace(whole, lane=str(hook.id)))
        elif not hook.batch:
            deliveries += [
                replace(_delivery(work, hook, event_id, document), lane=f"{hook.id}:{document['subject']}")
                for event_id, document in wanted
            ]
    store.outbox.add(work, deliveries)


def hook_served(work: Work, hook_id: UUID) -> None:
    """Note that a subscription took something."""
    store.hooks.change(work, hook_id, failures=0, problem="")


def hook_failed(work: Work, post: Post, hook_id: UUID, receipt: Receipt) -> None:
    """Count a failure; after ten in a row, or when it says that it is gone, pause it and tell the administrators."""
    failures = store.hooks.failed(work, hook_id, receipt.problem)
    found = store.hooks.of(work, HookRow.id == hook_id, HookRow.state == HookState.ACTIVE.value)
    if not found or (failures < retry.PAUSE_AFTER and receipt.word != _GONE):
        return
    store.hooks.change(work, hook_id, state=HookState.PAUSED.value)
    _turn(work, hook_id, DeliveryState.WAITING, DeliveryState.SPARE)
    people.record(work, people.system("act", work.tenant_id), "webhook.paused", ("webhook", hook_id))
    params = {"name": found[0].name, "failures": str(failures), "problem": receipt.problem}
    tell(work, post, Role.TENANT_ADMIN, "hook.paused", params)


def _turn(work: Work, hook_id: UUID, was: DeliveryState, now: DeliveryState) -> None:
    while found := store.outbox.of(work, DeliveryRow.target_id == hook_id, DeliveryRow.state == was.value):
        store.outbox.move(work, [one.id for one in found], now)


def _delivery(
    work: Work, hook: Hook, subject_id: UUID, document: dict[str, object] | list[dict[str, object]]
) -> Delivery:
    return Delivery(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        subject_id=subject_id,
        target_id=hook.id,
        channel=CLOUDEVENTS,
        person_id=None,
        part=1,
        parts=1,
        position=0,
        urgency=Urgency.DUE,
        title=str(document["type"]) if isinstance(document, dict) else f"{len(document)} events",
        body=json.dumps(document, ensure_ascii=False),
        state=DeliveryState.WAITING,
        due_at=work.now(),
        created_at=work.now(),
    )


def _source(post: Post) -> str:
    return post.public_url or "urn:pipewarden"


def _name(name: str) -> str:
    plain = name.strip()
    if not (0 < len(plain) <= _LONGEST_NAME and plain.isprintable()):
        raise InputError(field="name", problem="is empty, too long or not printable", fix="Give 1-60 characters.")
    return plain


def _kinds(kinds: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(kinds) - set(cloud.KINDS))
    if unknown:
        raise InputError(
            field="kinds", problem=f"has {unknown[0]!r}, which no site does", fix=f"Use {', '.join(cloud.KINDS)}."
        )
    return tuple(sorted(set(kinds)))
