"""Who is let in from outside: identity providers of a tenant, subjects bound to persons, handles; all on record.

Nothing here gives a role. A provider of one tenant opens no door of another: whoever holds a membership elsewhere, or
for the whole platform, signs in by the platform's own providers or by a password.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people.facts import (
    PLATFORM,
    Binding,
    BoundBy,
    ContactKind,
    Handle,
    HandleKind,
    NewContact,
    Provider,
    ScopedRow,
)
from pipewarden.people.rules import codes, contact, oidc
from pipewarden.people.service.access import require_row, visible
from pipewarden.people.service.audit import record
from pipewarden.people.service.persons import in_reach
from pipewarden.people.store import outside as store
from pipewarden.people.store import people as people_store
from pipewarden.people.store.outside import BindingRow, HandleRow, ProviderRow
from pipewarden.people.store.people import MembershipRow

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.vault import Sealer
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor, Membership, NewProvider
    from pipewarden.people.ports import CodeMessenger, IdentityProviders

MOST = 10  # providers of one tenant
_LONGEST_SUBJECT = 255


@dataclass(frozen=True, slots=True)
class Outside:
    """What signing in from outside needs from the world, chosen once by ``main``.

    Attributes:
        handle_key: keys the hashes of addresses and codes; derived from the service's secret.
        public_url: how browsers reach this house; without it no provider can send anybody back.
    """

    identity: IdentityProviders
    messenger: CodeMessenger
    sealer: Sealer
    handle_key: bytes = field(repr=False)
    public_url: str = ""


def redirect_of(outside: Outside, provider_id: UUID) -> str:
    """Return where a provider sends browsers back: an address of its own, so that no other's answer lands there.

    Raises:
        RefusedError: the house does not know its own address.
    """
    if not outside.public_url:
        raise RefusedError(
            field="PIPEWARDEN_PUBLIC_URL",
            problem="is not set, so that no provider can send anybody back",
            fix="Ask the operator to set it to this house's own address.",
        )
    return f"{outside.public_url}/v1/sign-in/oidc/{provider_id}/callback"


def add_provider(work: Work, outside: Outside, actor: Actor, wanted: NewProvider) -> Provider:
    """Let an identity provider sign in persons of the tenant worked for who are bound to it; nobody is, yet.

    Raises:
        ForbiddenError, NotFoundError: the actor must not.
        InputError: a field cannot be used.
        RefusedError: the tenant has ten already, or this one.
    """
    require_row(actor, "person:manage", ScopedRow(tenant_id=work.tenant_id), "provider")
    good = oidc.check_provider(wanted)
    store.lock(work.session, f"providers:{work.tenant_id}")
    had = [one for one, _ in store.providers(work.session, ProviderRow.tenant_id == work.tenant_id)]
    if len(had) >= MOST:
        raise RefusedError(field="providers", problem=f"are {MOST} already", fix="Remove one that nobody uses.")
    if any((one.issuer, one.client_id) == (good.issuer, good.client_id) for one in had):
        raise RefusedError(field="issuer", problem="is a provider here already", fix="Remove that one first.")
    made = Provider(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        name=good.name,
        issuer=good.issuer,
        client_id=good.client_id,
        confidential=bool(good.client_secret),
        by_email=good.by_email,
        domains=good.domains,
        created_at=work.now(),
    )
    sealed = outside.sealer.seal(good.client_secret, _purpose(made.id)) if good.client_secret else None
    store.add_provider(work.session, made, sealed, actor.id)
    details = {"issuer": made.issuer, "by_email": made.by_email, "domains": list(made.domains)}
    record(work, actor, "provider.added", ("provider", made.id), details)
    return made


def providers(work: Work, actor: Actor) -> list[Provider]:
    """Return the providers of the tenant worked for.

    Raises:
        ForbiddenError, NotFoundError: the actor must not see them.
    """
    require_row(actor, "person:read", ScopedRow(tenant_id=work.tenant_id), "provider")
    return [one for one, _ in store.providers(work.session, ProviderRow.tenant_id == work.tenant_id)]


def open_providers(work: Work, tenant_id: UUID | None) -> list[Provider]:
    """Return the providers that a sign-in page shows: the tenant's, if there is one, and the platform's."""
    whose = [PLATFORM] if tenant_id is None else [tenant_id, PLATFORM]
    return [one for one, _ in store.providers(work.session, ProviderRow.tenant_id.in_(whose))]


def remove_provider(work: Work, actor: Actor, provider_id: UUID) -> int:
    """End a provider with its bindings and return how many there were; sessions that it opened run on.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none.
    """
    require_row(actor, "person:manage", ScopedRow(tenant_id=work.tenant_id), "provider")
    provider = _provider(work, provider_id)
    ended = store.remove_provider(work.session, provider.id, work.now())
    record(work, actor, "provider.removed", ("provider", provider.id), {"bindings_ended": ended})
    return ended


def bind(work: Work, actor: Actor, provider_id: UUID, subject: str, person_id: UUID) -> Binding:
    """Say that a subject of a provider is a person, whom the actor must be able to manage altogether.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``.
        InputError: the subject cannot be one.
        RefusedError: the subject is somebody already.
    """
    person = in_reach(work, actor, person_id)
    provider = _provider(work, provider_id)
    if not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable() or subject != subject.strip():
        raise InputError(
            field="subject", problem="is empty, too long or not printable", fix="Copy the provider's `sub` exactly."
        )
    made = new_binding(work, provider, subject, person.id, BoundBy.ADMINISTRATOR)
    if not store.add_binding(work.session, made, actor.id):
        raise RefusedError(field="subject", problem="is bound already", fix="End that binding first.")
    record(work, actor, "binding.added", ("person", person.id), {"provider": str(provider.id), "how": made.how.value})
    return made


def bindings(work: Work, actor: Actor, person_id: UUID) -> list[Binding]:
    """Return what signs a person in from outside, by providers of the tenant worked for.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``.
    """
    in_reach(work, actor, person_id)
    return store.bindings(work.session, BindingRow.person_id == person_id, BindingRow.tenant_id == work.tenant_id)


def unbind(work: Work, actor: Actor, binding_id: UUID) -> None:
    """End a binding.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``, or there is none.
    """
    mine = (BindingRow.id == binding_id, BindingRow.tenant_id == work.tenant_id)
    require_row(actor, "person:manage", ScopedRow(tenant_id=work.tenant_id), "binding")
    found = visible(next(iter(store.bindings(work.session, *mine)), None), "binding")
    in_reach(work, actor, found.person_id)
    store.end_bindings(work.session, work.now(), *mine)
    record(work, actor, "binding.ended", ("person", found.person_id), {"binding": str(binding_id)})


def add_handle(
    work: Work, outside: Outside, actor: Actor, person_id: UUID, *, kind: HandleKind, address: str
) -> Handle:
    """Let a person be recognised by an address: a phone gets codes, a mail address may bind a provider's subject.

    It is no contact point: whoever may change how somebody is reached must not thereby become them.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``.
        InputError: it is no such address.
        RefusedError: it is somebody's already.
    """
    person = in_reach(work, actor, person_id)
    plain = normal_address(kind, address)
    shown = contact.masked(ContactKind.EMAIL if kind is HandleKind.EMAIL else ContactKind.SMS, plain)
    made = Handle(work.ids.new(), work.tenant_id, person.id, kind, shown, work.now())
    if not store.add_handle(work.session, made, address_mac(outside, kind, plain), actor.id):
        raise RefusedError(field=kind.value, problem="is somebody's already", fix="End that one first.")
    record(work, actor, "handle.added", ("person", person.id), {"kind": kind.value})
    return made


def handles(work: Work, actor: Actor, person_id: UUID) -> list[Handle]:
    """Return by what a person is recognised in the tenant worked for, masked.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``.
    """
    in_reach(work, actor, person_id)
    return store.handles(work.session, HandleRow.person_id == person_id, HandleRow.tenant_id == work.tenant_id)


def end_handle(work: Work, actor: Actor, handle_id: UUID) -> None:
    """End a handle.

    Raises:
        ForbiddenError, NotFoundError, RefusedError: as for ``reset_password``, or there is none.
    """
    mine = (HandleRow.id == handle_id, HandleRow.tenant_id == work.tenant_id)
    require_row(actor, "person:manage", ScopedRow(tenant_id=work.tenant_id), "handle")
    found = visible(next(iter(store.handles(work.session, *mine)), None), "handle")
    in_reach(work, actor, found.person_id)
    store.end_handles(work.session, work.now(), *mine)
    record(work, actor, "handle.ended", ("person", found.person_id), {"kind": found.kind.value})


def normal_address(kind: HandleKind, address: str) -> str:
    """Return an address in the one form in which it is compared.

    Raises:
        InputError: it is none; the error never repeats it.
    """
    if kind is HandleKind.PHONE:
        return codes.normal_phone(address)
    plain, _ = contact.address_of(NewContact(ContactKind.EMAIL, address.strip().lower()), "email")
    return plain


def address_mac(outside: Outside, kind: HandleKind, plain: str) -> bytes:
    """Return the keyed hash that stands for an address: without the service's secret nobody can try all numbers."""
    return hmac.new(outside.handle_key, f"{kind.value}:{plain}".encode(), hashlib.sha256).digest()


def new_binding(work: Work, provider: Provider, subject: str, person_id: UUID, how: BoundBy) -> Binding:
    """Return a binding as it is to be written."""
    return Binding(work.ids.new(), provider.tenant_id, provider.id, subject, person_id, how, work.now())


def let_in(work: Work, person_id: UUID, tenant_id: UUID) -> list[Membership]:
    """Return the memberships with which a person may come in by something of a tenant; empty for not at all."""
    held = people_store.memberships(
        work.session, MembershipRow.person_id == person_id, people_store.not_over(work.now())
    )
    if tenant_id != PLATFORM and any(one.tenant_id != tenant_id for one in held):
        return []
    return [one for one in held if one.begins_at <= work.now()]


def secret_of(outside: Outside, provider_id: UUID, sealed: bytes | None) -> str:
    """Return a provider's client secret; empty for a public client.

    Raises:
        UnavailableError: it was sealed under another secret of the service.
    """
    return "" if sealed is None else outside.sealer.open(sealed, _purpose(provider_id))


def _purpose(provider_id: UUID) -> str:
    return f"client secret:{provider_id}"


def _provider(work: Work, provider_id: UUID) -> Provider:
    mine = (ProviderRow.id == provider_id, ProviderRow.tenant_id == work.tenant_id)
    found = store.providers(work.session, *mine)
    return visible(found[0][0] if found else None, "provider")
