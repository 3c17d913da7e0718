"""The second factor: who owes one, what a session lacks without it, what a person is shown of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime, timedelta
    from uuid import UUID

    from pipewarden.people.facts.who import Role


class Lack(StrEnum):
    """What a session lacks before its person may do what their roles permit."""

    FACTOR = "factor"  # a second factor is set up and was not given
    PASSWORD = "password"  # the first password waits to be changed  # noqa: S105  a word, no secret
    ENROLMENT = "enrolment"  # the roles owe a second factor and the time to set one up is over


@dataclass(frozen=True, slots=True)
class FactorPolicy:
    """Who owes a second factor and which permissions ask for it anew: one dated version.

    Attributes:
        acts: whoever may do one of these acts on anything (the half after the colon) owes one.
        roles: who owes one besides.
        grace: from the first sign-in that owes one to the moment without which nothing works.
        step_up: permissions that a session has only while its second factor is fresh, each with the reason.
    """

    effective_from: date
    acts: frozenset[str]
    roles: frozenset[Role]
    grace: timedelta
    step_up: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands with the second factor.

    Attributes:
        owes: a role of theirs owes one.
        confirmed_at: since when one is set up.
        enrol_by: until when one must be; None where none is owed or nobody signed in yet.
        given_at: when this session last gave it.
        codes_left: recovery codes that were not used.
    """

    owes: bool
    confirmed_at: datetime | None
    enrol_by: datetime | None
    given_at: datetime | None = None
    codes_left: int = 0


@dataclass(frozen=True, slots=True)
class NewFactor:
    """A secret to be taken into an authenticator: shown once, good for nothing before it was confirmed.

    Attributes:
        text: base32, for typing.
        uri: ``otpauth://totp/…`` (Key Uri Format of the Google Authenticator wiki, which every app reads).
        picture: the same as a QR code, SVG.
    """

    text: str = field(repr=False)
    uri: str = field(repr=False)
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FactorOf:
    """How another person stands, for those who look after sign-ins."""

    person_id: UUID
    login: str
    name: str
    roles: tuple[Role, ...]
    standing: Standing
