"""Identity providers, bindings and handles from the machine's own command line; on record as the operator."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pipewarden.kit.errors import InputError
from pipewarden.main.act import open_post
from pipewarden.main.home import open_home
from pipewarden.main.outside import open_outside
from pipewarden.main.web.secret import service_secret
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, HandleKind, NewProvider
from pipewarden.people.service import oidc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import Work
    from pipewarden.main.web.secret import WebSettings
    from pipewarden.people.facts import Actor, Binding, Handle, Provider
    from pipewarden.people.service import Outside


@contextmanager
def _at(settings: WebSettings, *, platform: bool) -> Iterator[tuple[Work, Outside, Actor]]:
    with open_home(settings) as home:
        secret = service_secret(settings, home.folder)
        outside = open_outside(settings, secret, open_post(settings, secret), home.factory.clock, home.factory.ids)
        with home.factory.begin(PLATFORM if platform else home.tenant_id) as work:
            yield work, outside, people.operator(work.tenant_id)


def add_provider(settings: WebSettings, wanted: NewProvider, *, platform: bool) -> dict[str, Any]:
    """Add a provider for the tenant of the settings, or for the whole platform.

    Raises:
        InputError: a field cannot be used.
        RefusedError: there are ten already, or this one.
    """
    with _at(settings, platform=platform) as (work, outside, root):
        return _provider(people.add_provider(work, outside, root, wanted), outside)


def list_providers(settings: WebSettings, *, platform: bool) -> list[dict[str, Any]]:
    """Return the providers of the tenant of the settings, or the platform's."""
    with _at(settings, platform=platform) as (work, outside, root):
        return [_provider(one, outside) for one in people.providers(work, root)]


def remove_provider(settings: WebSettings, provider: str, *, platform: bool) -> dict[str, Any]:
    """End a provider with its bindings.

    Raises:
        NotFoundError: there is no such one.
    """
    with _at(settings, platform=platform) as (work, _, root):
        ended = people.remove_provider(work, root, _id(provider, "PROVIDER_ID"))
    return {"provider": provider, "bindings_ended": ended}


def check_provider(settings: WebSettings, provider: str, *, platform: bool) -> dict[str, Any]:
    """Ask a provider for its metadata, through the guard, and return what a sign-in would use of it.

    Raises:
        NotFoundError: there is no such one.
        UnavailableError: it does not answer, or not as its issuer.
        RefusedError: this house does not know its own address.
    """
    with _at(settings, platform=platform) as (work, outside, root):
        named = _id(provider, "PROVIDER_ID")
        found = people.visible(next((one for one in people.providers(work, root) if one.id == named), None), "provider")
    return {"provider": provider, "redirect": people.redirect_of(outside, found.id)} | oidc.checked(outside, found)


def bind(settings: WebSettings, login: str, provider: str, subject: str, *, platform: bool) -> dict[str, Any]:
    """Say that a subject of a provider is the person of a login.

    Raises:
        NotFoundError: there is no such person or provider.
        RefusedError: the subject is somebody already.
    """
    with _at(settings, platform=platform) as (work, _, root):
        person = people.person_by_login(work, root, login)
        return _binding(people.bind(work, root, _id(provider, "--provider"), subject, person.id))


def add_handle(settings: WebSettings, login: str, kind: str, address: str, *, platform: bool) -> dict[str, Any]:
    """Let the person of a login be recognised by a phone number or a mail address.

    Raises:
        NotFoundError: there is no such person.
        InputError: it is no such address.
        RefusedError: it is somebody's already.
    """
    with _at(settings, platform=platform) as (work, outside, root):
        person = people.person_by_login(work, root, login)
        made = people.add_handle(work, outside, root, person.id, kind=HandleKind(kind), address=address)
    return _handle(made)


def show(settings: WebSettings, login: str, *, platform: bool) -> dict[str, Any]:
    """Return what signs the person of a login in from outside.

    Raises:
        NotFoundError: there is no such person.
    """
    with _at(settings, platform=platform) as (work, _, root):
        person = people.person_by_login(work, root, login)
        return {
            "login": login,
            "bindings": [_binding(one) for one in people.bindings(work, root, person.id)],
            "handles": [_handle(one) for one in people.handles(work, root, person.id)],
        }


def end(settings: WebSettings, kind: str, named: str, *, platform: bool) -> dict[str, Any]:
    """End a ``binding`` or a ``handle`` by its id.

    Raises:
        NotFoundError: there is no such one.
    """
    with _at(settings, platform=platform) as (work, _, root):
        (people.unbind if kind == "binding" else people.end_handle)(work, root, _id(named, f"{kind.upper()}_ID"))
    return {kind: named, "ended": True}


def _id(word: str, field: str) -> UUID:
    try:
        return UUID(word)
    except ValueError as error:
        fix = "Copy it from `pipewarden user oidc list` or `pipewarden user oidc show`."
        raise InputError(field=field, problem="is no id", fix=fix) from error


def _provider(one: Provider, outside: Outside) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "name": one.name,
        "issuer": one.issuer,
        "client_id": one.client_id,
        "confidential": one.confidential,
        "by_email": one.by_email,
        "domains": list(one.domains),
        "redirect": people.redirect_of(outside, one.id) if outside.public_url else None,
    }


def _binding(one: Binding) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "provider": str(one.provider_id),
        "subject": one.subject,
        "how": one.how.value,
        "bound_at": one.bound_at.isoformat(),
    }


def _handle(one: Handle) -> dict[str, Any]:
    return {"id": str(one.id), "kind": one.kind.value, "shown": one.shown, "bound_at": one.bound_at.isoformat()}
