"""Payees: what an openid and a name may look like, and how little of them is shown."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.market.facts.payouts import Payee, PayoutPolicy

_OPENID = re.compile(r"[0-9A-Za-z_-]{20,64}")
_NAME = re.compile(r"[^\W\d_]{2,30}|[^\W\d_]+(?:[ ·.'-][^\W\d_]+){1,5}")
_LONGEST_NAME = 50


def check(openid: str, name: str) -> None:
    """Refuse what cannot be a WeChat openid or a real name.

    Raises:
        InputError: which of the two, and how it is written.
    """
    if not _OPENID.fullmatch(openid):
        raise InputError(field="openid", problem="is no WeChat openid", fix="Take it as WeChat gave it to this app.")
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise InputError(field="name", problem="is no name", fix="Write it as on the identity card.")


def masked_name(name: str) -> str:
    """Return a name of which one letter can be read."""
    return "*" * (len(name) - 1) + name[-1] if len(name) > 1 else "*"


def masked_openid(openid: str) -> str:
    """Return an openid of which its own holder knows it again."""
    return f"{openid[:2]}…{openid[-4:]}"


def usable_at(policy: PayoutPolicy, now: datetime) -> datetime:
    """Return from when money goes to a payee that is named now."""
    return now + timedelta(hours=policy.payee_wait_h)


def usable(payee: Payee | None, now: datetime) -> Payee:
    """Return the payee that money may go to now.

    Raises:
        RefusedError: there is none, or it was named too short a while ago.
    """
    if payee is None:
        raise RefusedError(
            field="payee", problem="is not named", fix="Say where your money goes: PUT /v1/wallet/payee."
        )
    if payee.usable_at is not None and now < payee.usable_at:
        raise RefusedError(
            field="payee",
            problem=f"was changed lately: money goes there from {payee.usable_at:%Y-%m-%d %H:%M %Z} on",
            fix="Wait until then. If it was not you, sign everybody out and change your password now.",
        )
    return payee
