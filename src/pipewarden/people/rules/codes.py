"""One-time codes to a phone: six digits, five minutes, five tries; how often one may be asked for. No IO, no clock.

NIST SP 800-63B 5.1.3 (out-of-band): at most ten minutes, tries limited; it restricts codes by SMS, because a number
can be taken over, so that nobody who rules over others' access comes in by one (``GRAVE``).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from pipewarden.people.facts import Membership, RoleBook

DIGITS = 6
VALID = timedelta(minutes=5)
TRIES = 5
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
GRAVE = frozenset({"person:manage", "membership:grant", "role:edit", "audit:read", "api_key:manage", "session:revoke"})
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits
_MAINLAND = re.compile(r"1[3-9][0-9]{9}")


@dataclass(frozen=True, slots=True)
class Pace:
    """How often codes may be asked for.

    Attributes:
        minute: within a minute.
        day: within 24 hours.
    """

    minute: int
    day: int


PHONE = Pace(minute=1, day=10)
# a whole office, or a carrier's gateway, may share one network address
SOURCE = Pace(minute=5, day=100)


def normal_phone(text: str) -> str:
    """Return a phone number in E.164; eleven digits without a country are of mainland China.

    Raises:
        InputError: it is none; the error never repeats it.
    """
    plain = re.sub(r"[\s()./-]", "", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if _MAINLAND.fullmatch(plain):
        plain = "+86" + plain
    if not _PHONE.fullmatch(plain):
        raise InputError(field="phone", problem="is no phone number", fix="Write it like +8613800000000.")
    return plain


def code_of(entropy: bytes) -> str:
    """Return six digits from 128 random bits: all of a million as good as equally likely."""
    return f"{int.from_bytes(entropy[:16], 'big') % 10**DIGITS:0{DIGITS}d}"


def code_mac(key: bytes, challenge: UUID, code: str) -> bytes:
    """Return what is stored instead of a code: a million are soon tried, so the hash is keyed, and for this challenge.

    Args:
        key: from the service's secret, which the database does not hold.
        challenge: names the code.
        code: what was sent, or what somebody typed.
    """
    return hmac.new(key, b"code:" + challenge.bytes + code.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def pause(asked: Sequence[datetime], pace: Pace, now: datetime) -> timedelta:
    """Return how long to wait for the next code, given when others were asked for in the last 24 h, newest first."""
    wait = timedelta(0)
    for most, span in ((pace.minute, MINUTE), (pace.day, DAY)):
        if len(asked) >= most:
            wait = max(wait, asked[most - 1] + span - now)
    return wait


def over(asked_at: datetime, tries: int, ended_at: datetime | None, now: datetime) -> bool:
    """Return whether a code is of no use any more."""
    return ended_at is not None or tries >= TRIES or now >= asked_at + VALID


def may_by_phone(held: Sequence[Membership], book: RoleBook) -> bool:
    """Return whether somebody with these memberships may come in by a code: none of them rules over others' access."""
    permits: Mapping[str, object]
    for one in held:
        permits = book.roles.get(one.role, {})
        if GRAVE & set(permits):
            return False
    return bool(held)


def words(code: str) -> str:
    """Return the message; it names the house and says what to do when one did not ask."""
    return (
        f"【管卫】登录验证码 {code}，5 分钟内有效。不是您本人操作请忽略，切勿告诉他人。Pipewarden code {code}, 5 min."
    )
