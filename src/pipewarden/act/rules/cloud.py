"""Sites' events as CloudEvents 1.0: ids, states and places go out; names, words and pictures stay in the house."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, get_args
from uuid import UUID

from pipewarden.casework.facts import Body

if TYPE_CHECKING:
    from pipewarden.casework.facts import SiteEvent

KINDS = tuple(sorted(str(one.__dataclass_fields__["kind"].default) for one in get_args(Body)))
_TOLD = frozenset(  # what an event's body may tell an outsider; whatever is not here stays, so a new field stays too
    {
        "accepted", "alarm_id", "back_to", "clause", "code", "lat", "level", "lon", "person_id", "report_id", "role",
        "severity", "site_id", "stop_id", "to", "true", "until", "utility", "violation_id", "zone",
    }
)  # fmt: skip
_FREE = frozenset({"reported", "accident_reported"})  # their ``to`` is written by hand


def document(event: SiteEvent, source: str) -> dict[str, object]:
    """Return an event of a site in the structured JSON form of CloudEvents 1.0.

    Args:
        event: as casework has it.
        source: the house's own address; (source, id) is what a receiver drops repeats by.
    """
    kind = event.body.kind
    hidden = {"to"} if kind in _FREE else set[str]()
    data: dict[str, object] = {"tenant_id": str(event.tenant_id), "site_id": str(event.site_id)}
    data |= {
        field.name: _plain(getattr(event.body, field.name))
        for field in fields(event.body)
        if field.name in _TOLD - hidden
    }
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": source,
        "type": f"pipewarden.site.{kind}",
        "subject": str(event.site_id),
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "siteversion": event.version,
        "data": data,
    }


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
