"""Entries of the audit chain and looks at personal data as lines that machines read, and as tables that people read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from pipewarden.kit.table import written
from pipewarden.people.facts import ActorKind, AuditEntry, View, Viewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ENTRY: Final = ("seq", "at", "actor_kind", "actor_id", "act", "object_kind", "object_id", "details", "hash")
_VIEW: Final = (
    "seq", "at", "actor_kind", "actor_id", "what", "subject_kind", "subject_id", "about", "reason",
)  # fmt: skip


def entry_line(entry: AuditEntry, *, masked: bool = False) -> str:
    """Return an entry as one line of JSON; ``masked`` where its details are not those that were hashed."""
    told = {
        "seq": entry.seq,
        "at": _moment(entry.at),
        "actor_kind": str(entry.actor_kind),
        "actor_id": str(entry.actor_id),
        "act": entry.act,
        "object_kind": entry.object_kind,
        "object_id": entry.object_id,
        "details": entry.details,
        "previous": entry.previous.hex(),
        "hash": entry.hash.hex(),
    }
    return _json(told | ({"masked": True} if masked else {}))


def read_entry(text: str, tenant_id: UUID) -> tuple[AuditEntry, bool]:
    """Return the entry of a line, and whether its details were masked.

    Raises:
        ValueError, KeyError, TypeError: it is no entry.
    """
    told: Any = json.loads(text)
    entry = AuditEntry(
        tenant_id=tenant_id,
        seq=int(told["seq"]),
        at=datetime.fromisoformat(told["at"]),
        actor_kind=ActorKind(told["actor_kind"]),
        actor_id=UUID(told["actor_id"]),
        act=str(told["act"]),
        object_kind=str(told["object_kind"]),
        object_id=str(told["object_id"]),
        details=str(told["details"]),
        previous=bytes.fromhex(told["previous"]),
        hash=bytes.fromhex(told["hash"]),
    )
    return entry, bool(told.get("masked", False))


def view_line(view: View) -> str:
    """Return a look as one line of JSON."""
    told = {
        "seq": view.seq,
        "id": str(view.id),
        "at": _moment(view.at),
        "actor_kind": str(view.actor_kind),
        "actor_id": str(view.actor_id),
        "what": str(view.what),
        "subject_kind": view.subject_kind,
        "subject_id": view.subject_id,
        "about": None if view.about is None else str(view.about),
        "reason": view.reason,
    }
    return _json(told)


def read_view(text: str, tenant_id: UUID) -> View:
    """Return the look of a line.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    told: Any = json.loads(text)
    return View(
        id=UUID(told["id"]),
        tenant_id=tenant_id,
        seq=int(told["seq"]),
        at=datetime.fromisoformat(told["at"]),
        actor_kind=ActorKind(told["actor_kind"]),
        actor_id=UUID(told["actor_id"]),
        what=Viewed(told["what"]),
        subject_kind=str(told["subject_kind"]),
        subject_id=str(told["subject_id"]),
        about=None if told["about"] is None else UUID(told["about"]),
        reason=str(told["reason"]),
    )


def lines(texts: Iterable[str]) -> bytes:
    """Return lines as the content of a file."""
    return "".join(f"{one}\n" for one in texts).encode()


def split(content: bytes) -> list[str]:
    """Return the lines of a file as ``lines`` writes them.

    Raises:
        ValueError: it is no UTF-8.
    """
    return content.decode().split("\n")[:-1]  # never by other line ends: words may hold them


def entry_table(entries: Sequence[AuditEntry]) -> bytes:
    """Return entries as CSV for people."""
    rows = [[_cell(getattr(one, column)) for column in _ENTRY] for one in entries]
    return written(_ENTRY, rows).encode("utf-8-sig")


def view_table(views: Sequence[View]) -> bytes:
    """Return looks as CSV for people."""
    rows = [[_cell(getattr(one, column)) for column in _VIEW] for one in views]
    return written(_VIEW, rows).encode("utf-8-sig")


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return _moment(value)
    return value.hex() if isinstance(value, bytes) else value


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _json(value: dict[str, object]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
