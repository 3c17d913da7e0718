"""How a person, or a group of a tenant, is reached from outside: contact points without their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time  # noqa: TC003  pydantic reads the types where a contact crosses the API
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class ContactKind(StrEnum):
    """By what a message goes."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    WEBHOOK = "webhook"
    INAPP = "inapp"  # the message centre; everybody has it, and nobody is woken by it


ROBOTS = frozenset({ContactKind.WECOM, ContactKind.DINGTALK, ContactKind.FEISHU})


class Language(StrEnum):
    """What a message is written in."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours, by the wall clock of Asia/Shanghai, in which what may wait does wait; they may pass midnight."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact point as somebody asks for it.

    Attributes:
        address: robot's key or its whole address, mail address, phone number, URL; empty keeps that of contact ``id``.
        secret: what a DingTalk or Feishu robot signs with, or the ``whsec_`` key of a webhook.
        id: the contact point that is changed; None makes a new one.
    """

    kind: ContactKind
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    id: UUID | None = None
    name: str = ""
    language: Language = Language.ZH
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact point of one tenant: a person's, or a group's when ``person_id`` is None (a robot in a group chat).

    Attributes:
        position: 0 is tried first.
        shown: the address with all but a hint of it masked.
        verified_at: when an acknowledgement came back by it.
    """

    id: UUID
    tenant_id: UUID
    person_id: UUID | None
    kind: ContactKind
    name: str
    shown: str
    position: int
    language: Language
    quiet: Quiet | None
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Address:
    """Where a contact point leads: read by whoever sends, shown to nobody."""

    contact_id: UUID
    address: str = field(repr=False)
    secret: str = field(repr=False)
