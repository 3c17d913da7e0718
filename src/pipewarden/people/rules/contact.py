"""Addresses of contact points: what is accepted of each kind, and the little of it that may be shown."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import ContactKind

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from pipewarden.people.facts import NewContact

MOST = 8  # contact points of one person or of one tenant's groups
LONGEST = 1000
_KEY = {  # the alphabets that apprise takes, so that what is stored here can be sent
    ContactKind.WECOM: (re.compile(r"[A-Za-z0-9_-]{8,128}"), "key", "the robot's key, or its webhook address"),
    ContactKind.DINGTALK: (re.compile(r"[A-Za-z0-9]{8,128}"), "access_token", "the access_token, or the webhook"),
    ContactKind.FEISHU: (re.compile(r"[A-Za-z0-9_-]{8,128}"), "", "the last part of the webhook, or all of it"),
}
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE = re.compile(r"\+?[0-9]{5,15}")
_SIGN = re.compile(r"[A-Za-z0-9]{8,128}")
_TAIL = 4
_LONG = 8  # digits of a number, from which on its beginning is no half of it
_HOOK_KEY = (24, 64)  # bytes, Standard Webhooks 1.0 "Signature scheme"


def address_of(wanted: NewContact, field: str) -> tuple[str, str]:
    """Return (address, secret) in the form in which they are kept.

    Raises:
        InputError: it is not what the kind needs; the error never repeats it.
    """
    address, secret = wanted.address.strip(), wanted.secret.strip()
    if len(address) > LONGEST or len(secret) > LONGEST:
        raise InputError(field=f"{field}.address", problem=f"is longer than {LONGEST} characters", fix="Shorten it.")
    if wanted.kind in _KEY:
        return _robot(wanted.kind, address, field), _signing(wanted.kind, secret, field)
    if wanted.kind is ContactKind.WEBHOOK:
        return _hook(address, field), hook_secret(secret, f"{field}.secret")
    if secret:
        raise InputError(field=f"{field}.secret", problem="is for robots and webhooks", fix="Leave it out.")
    if wanted.kind is ContactKind.INAPP:
        if address:
            raise InputError(field=f"{field}.address", problem="has no use in the message centre", fix="Leave it out.")
        return "", ""
    form, fix = (_MAIL, "name@example.org") if wanted.kind is ContactKind.EMAIL else (_PHONE, "+8613800000000")
    plain = address if wanted.kind is ContactKind.EMAIL else re.sub(r"[\s()-]", "", address)
    if not form.fullmatch(plain):
        raise InputError(field=f"{field}.address", problem=f"is no {wanted.kind} address", fix=f"Write it like {fix}.")
    return plain, ""


def _robot(kind: ContactKind, address: str, field: str) -> str:
    form, name, fix = _KEY[kind]
    key = address
    parts = _parts(address) if address.startswith("https://") else None
    if parts is not None:
        key = (parse_qs(parts.query).get(name) or [""])[0] if name else parts.path.rstrip("/").rpartition("/")[2]
    if not form.fullmatch(key):
        raise InputError(field=f"{field}.address", problem=f"is no key of a {kind} robot", fix=f"Give {fix}.")
    return key


def _signing(kind: ContactKind, secret: str, field: str) -> str:
    if not secret:
        return ""
    if kind is ContactKind.WECOM:
        raise InputError(field=f"{field}.secret", problem="is unknown to WeCom robots", fix="Leave it out.")
    if not _SIGN.fullmatch(secret):
        raise InputError(
            field=f"{field}.secret", problem="is no signing key", fix="Copy it from the robot's safety settings."
        )
    return secret


def _hook(address: str, field: str) -> str:
    parts = _parts(address)
    if parts is None or parts.scheme not in {"https", "http"} or "@" in parts.netloc or parts.fragment:
        raise InputError(
            field=f"{field}.address", problem="is no web address to post to", fix="Give https://host/path."
        )
    return address


def _parts(address: str) -> SplitResult | None:
    """Return the parts of a web address; None where the outbound guard could not read it."""
    if not address.isprintable() or " " in address:
        return None
    try:
        parts = urlsplit(address)
        told = bool(parts.hostname) and parts.netloc.isascii() and parts.port != 0
    except ValueError:
        return None
    return parts if told else None


def hook_secret(secret: str, field: str) -> str:
    """Return a webhook's signing key as Standard Webhooks writes it (``whsec_`` and 24-64 bytes of base64).

    Raises:
        InputError: it is not written so.
    """
    try:
        raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        raw = b""
    if not (secret.startswith("whsec_") and _HOOK_KEY[0] <= len(raw) <= _HOOK_KEY[1]):
        raise InputError(field=field, problem="is no whsec_ key of 24-64 bytes", fix="Make one, or leave it to us.")
    return secret


def masked(kind: ContactKind, address: str) -> str:
    """Return the hint of an address by which its owner knows it again, and nobody else can use it."""
    if kind is ContactKind.EMAIL:
        name, _, host = address.partition("@")
        return f"{name[:1]}…@{host}"
    if kind in {ContactKind.SMS, ContactKind.VOICE}:
        return f"{address[:3] if len(address) >= _LONG else ''}…{address[-2:]}"
    if kind is ContactKind.WEBHOOK:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.hostname}/…"  # keys of foreign webhooks stand in their paths
    return f"…{address[-_TAIL:]}" if address else ""
