"""A phone's authenticator, computed here from the RFC, and a person who has set one up: for every suite."""

from __future__ import annotations

import base64
import hmac
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from pipewarden.people import service as people
from pipewarden.people.facts import SignedIn, SignInRefused

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.kit.work import Work
    from pipewarden.people.service import Gate


@dataclass(slots=True)
class Authenticator:
    """RFC 6238 as everybody else computes it, from the base32 text that the person scans."""

    text: str
    recovery: tuple[str, ...] = ()

    def recovery_left(self) -> str:
        """Return a recovery code that was not used here yet."""
        one, *rest = self.recovery
        self.recovery = tuple(rest)
        return one

    def code(self, now: datetime, *, steps: int = 0) -> str:
        secret = base64.b32decode(self.text + "=" * (-len(self.text) % 8))
        counter = struct.pack(">Q", int(now.timestamp()) // 30 + steps)
        mac = hmac.digest(secret, counter, "sha1")
        at = mac[19] & 15
        return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def set_up(work: Work, gate: Gate, signed: SignedIn, source: str = "10.0.0.1") -> tuple[SignedIn, Authenticator]:
    """Set up a second factor as the person does, and go on with the session that follows."""
    actor = people.actor_by_token(work.session, signed.token, work.now(), gate.limits)
    assert actor is not None
    device = Authenticator(people.begin_factor(work, gate, actor).text)
    answer = people.confirm_factor(work, gate, actor, device.code(work.now()), source=source)
    assert not isinstance(answer, SignInRefused)
    device.recovery = answer[1]
    return answer[0], device


def given(work: Work, gate: Gate, signed: SignedIn, device: Authenticator, source: str = "10.0.0.1") -> SignedIn:
    """Give the second factor in a session that was just opened, as often as a story needs it in one half minute."""
    actor = people.actor_by_token(work.session, signed.token, work.now(), gate.limits)
    assert actor is not None
    used = text("UPDATE people_factors SET last_step = 0 WHERE person_id = :id")
    work.session.execute(used, {"id": signed.session.person_id})
    answer = people.give_factor(work, gate, actor, device.code(work.now()), source=source)
    assert isinstance(answer, SignedIn)
    return answer
