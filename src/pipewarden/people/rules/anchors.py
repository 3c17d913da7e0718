"""Anchors as text: one line of JSON each, signed, so that a file, a mail or a sheet of paper holds one."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pipewarden.people.facts import SignedAnchor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipewarden.people.facts import Anchor

    Verify = Callable[[bytes, bytes, bytes], bool]

FORMAT: Final = "pipewarden-anchor-1"


def message(end: Anchor, at: datetime) -> bytes:
    """Return the bytes that are signed: canonical JSON that names what it is, so it passes for nothing else."""
    return _json(_said(end.tenant_id, end.seq, end.hash, at)).encode()


def line(anchor: SignedAnchor) -> str:
    """Return an anchor as one line of JSON, its key and signature beside what they sign."""
    said = _said(anchor.tenant_id, anchor.seq, anchor.hash, anchor.at)
    return _json(said | {"key": anchor.public.hex(), "signature": anchor.signature.hex()})


def read(text: str) -> SignedAnchor:
    """Return the anchor that a line holds; whether its signature is right is asked elsewhere.

    Raises:
        ValueError: it is no anchor.
    """
    try:
        told: Any = json.loads(text)
        found = SignedAnchor(
            tenant_id=UUID(told["tenant"]),
            seq=int(told["seq"]),
            hash=bytes.fromhex(told["hash"]),
            at=datetime.fromisoformat(told["at"]),
            public=bytes.fromhex(told["key"]),
            signature=bytes.fromhex(told["signature"]),
        )
        same = line(found) == text.strip()
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("is no anchor") from error
    if not same:  # there is one right way to write one: nothing may stand in it unsigned
        raise ValueError("is not written as an anchor is")
    return found


def genuine(anchor: SignedAnchor, verify: Verify) -> bool:
    """Return whether an anchor's own key signed it."""
    return verify(anchor.public, message(anchor.end, anchor.at), anchor.signature)


def problems(anchors: Iterable[SignedAnchor], verify: Verify, *, key: str | None = None) -> list[str]:
    """Return what is wrong with anchors by themselves: false signatures, a chain that forked or ran backwards.

    Where:
        key: fingerprint that the house publishes. Without it an anchor proves only that it has not changed since
            whoever holds the key inside signed it; several must at least be signed by one.
    """
    told = sorted(anchors, key=lambda one: (str(one.tenant_id), one.at, one.seq))
    found = [f"{_name(one)}: the signature is false" for one in told if not genuine(one, verify)]
    if key is not None:
        strange = [one for one in told if fingerprint(one.public) != key.lower()]
        found += [f"{_name(one)}: signed by the key {fingerprint(one.public)}" for one in strange]
    elif len({one.public for one in told}) > 1:
        found.append("they are signed by more than one key: ask the house for its fingerprint and give --key")
    last: dict[UUID, SignedAnchor] = {}
    hashes: dict[tuple[UUID, int], bytes] = {}
    for one in told:
        before = last.get(one.tenant_id)
        if hashes.setdefault((one.tenant_id, one.seq), one.hash) != one.hash:
            found.append(f"{_name(one)}: another anchor holds another hash of this entry: the chain was written anew")
        elif before is not None and one.seq < before.seq:
            found.append(f"{_name(one)}: an earlier anchor reached entry {before.seq}: the chain was cut")
        last[one.tenant_id] = one
    return found


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 of a raw public key in hex, as people compare it."""
    return hashlib.sha256(public).hexdigest()


def _name(anchor: SignedAnchor) -> str:
    return f"tenant {anchor.tenant_id}, entry {anchor.seq}, {anchor.at:%Y-%m-%d %H:%M} UTC"


def _said(tenant_id: UUID, seq: int, hash_: bytes, at: datetime) -> dict[str, object]:
    return {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "format": FORMAT,
        "hash": hash_.hex(),
        "seq": seq,
        "tenant": str(tenant_id),
    }


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
