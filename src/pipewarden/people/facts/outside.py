"""Signing in by what lies outside the house: identity providers, bindings to their subjects, and a phone's codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class NewProvider:
    """An OpenID Connect provider as an administrator describes it.

    Attributes:
        name: what stands on the button of the sign-in page.
        issuer: its issuer identifier, exactly as its own metadata and tokens write it.
        client_secret: empty for a public client, which has PKCE alone.
        by_email: whether an e-mail address that the provider has verified may bind a person by itself.
        domains: the domains of such addresses; by_email needs at least one.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    by_email: bool = False
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider of a tenant, without its secret.

    Attributes:
        tenant_id: whose persons it signs in; ``PLATFORM`` for the platform's own, which signs in anybody bound to it.
        confidential: whether a client secret is kept for it.
    """

    id: UUID
    tenant_id: UUID
    name: str
    issuer: str
    client_id: str
    confidential: bool
    by_email: bool
    domains: tuple[str, ...]
    created_at: datetime


class BoundBy(StrEnum):
    """Who said that a subject of a provider is this person."""

    ADMINISTRATOR = "administrator"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Binding:
    """A subject of a provider is a person: the pair (issuer, subject), never a name or an address."""

    id: UUID
    tenant_id: UUID
    provider_id: UUID
    subject: str
    person_id: UUID
    how: BoundBy
    bound_at: datetime


class HandleKind(StrEnum):
    """By what somebody is recognised from outside."""

    EMAIL = "email"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Handle:
    """An address by which a person of a tenant may sign in; the address itself is kept only as a keyed hash.

    Attributes:
        shown: a hint of the address.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID
    kind: HandleKind
    shown: str
    bound_at: datetime


@dataclass(frozen=True, slots=True)
class Metadata:
    """What of a provider's discovery document is used, checked against the issuer that was asked.

    Attributes:
        says_issuer: whether its answers to the browser name it (RFC 9207), so that one without is refused.
        basic: whether the client secret goes by HTTP Basic, else in the body.
    """

    issuer: str
    authorization: str
    token: str
    jwks: str
    says_issuer: bool
    basic: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a verified ID token says.

    Attributes:
        email: empty unless the provider says that it has verified it.
    """

    issuer: str
    subject: str
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that goes on at the provider.

    Attributes:
        token: 256 random bits for a cookie of this browser; state, nonce and PKCE verifier derive from it.
        address: where the browser goes.
    """

    token: str = field(repr=False)
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What one sign-in at a provider is held together by; each derives from the browser's cookie, so none is stored."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that came back from its provider, taken once; ``tenant_id`` is the provider's."""

    id: UUID
    tenant_id: UUID
    provider: Provider
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Returned:
    """What a provider sends back by the browser; nobody has vouched for any of it.

    Attributes:
        error: the provider's own word where it refused.
        issuer: whose answer it says it is (RFC 9207).
    """

    state: str = field(repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Browser:
    """Who knocks, before anybody is known.

    Attributes:
        source: the network address as the server saw it.
        agent: the browser's own words.
        previous_token: a session's token that it still carried; that session ends, so that none can be planted.
    """

    source: str
    agent: str = ""
    previous_token: str | None = field(default=None, repr=False)


class WhyRefused(StrEnum):
    """What the browser is told of a sign-in that failed; the record has the particulars."""

    EXPIRED = "expired"  # unknown, too old, used already, or begun in another browser
    DENIED = "denied"  # the provider, or the person at it, said no
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"  # the answer or the token does not hold
    UNKNOWN = "unknown"  # proved, and nobody here


@dataclass(frozen=True, slots=True)
class OutsideRefused:
    """A sign-in by a provider that failed; returned, not raised, so that its use and its count are committed.

    Attributes:
        problem: the particulars, for the record: never a token, a code or an address.
    """

    why: WhyRefused
    problem: str


@dataclass(frozen=True, slots=True)
class CodeAsked:
    """The answer to whoever asks for a code, the same whether or not the number is known.

    Attributes:
        challenge: names the code; it goes back with the six digits.
        valid: how long the code may be used.
        again: after how long another one may be asked for.
    """

    challenge: UUID
    valid: timedelta
    again: timedelta
