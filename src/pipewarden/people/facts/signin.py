"""Signing in: what a browser or a device gets, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from pipewarden.people.facts.factor import Lack


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to add.

    Attributes:
        login: the name typed at sign-in; compared without case and width.
        password: given by the caller, or a one-time one from ``people.service.one_time_password``; None for a person
            who cannot sign in (yet). There is no default.
        must_change: whether the first sign-in demands a new one.
    """

    login: str
    name: str
    password: str | None = field(repr=False)
    must_change: bool = True


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """One signed-in browser, without its secret.

    Attributes:
        tenant_id: the tenant acted for.
        expires_at: absolute end; the idle end comes earlier.
        source: network address it was opened from.
        agent: the browser's own words, at most 200 characters.
        how: the first factor: ``password``, ``oidc``, ``phone``.
        factor_at: when the second factor was last given in it; None for never.
    """

    id: UUID
    person_id: UUID
    tenant_id: UUID
    started_at: datetime
    seen_at: datetime
    proved_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    source: str
    agent: str
    how: str = "password"
    factor_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The answer to a right password: the only time the token is seen.

    Attributes:
        token: 256 random bits in URL-safe base64, for an HttpOnly, Secure, SameSite=Lax cookie.
        csrf: bound to this token; the page sends it back in a header.
        must_change: the session can do nothing but change the password.
        lacks: what the session must have before the roles count, and until when a second factor must be set up.
    """

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    session: SessionInfo
    must_change: bool
    lacks: Lack | None = None
    enrol_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The answer to everything else, the same whether or not the login exists.

    It is returned, not raised: raising would roll back the count of the failed attempt.
    """

    retry_after: timedelta


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A device's key, without its secret.

    Attributes:
        prefix: the public part, shown in lists and logs.
        permissions: what it may do, a subset of the role ``device``.
        area_path: where, for area scopes.
        person_id: whose own it is; it then reads maps as that person. None for a device's.
    """

    id: UUID
    tenant_id: UUID
    prefix: str
    name: str
    permissions: tuple[str, ...]
    area_id: UUID | None
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key with its text, which is shown once and kept nowhere."""

    key: ApiKey
    text: str = field(repr=False)
