"""Sites' events as CloudEvents 1.0: ids, states and places go out; names, words and pictures stay in the house."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

from pydantic import TypeAdapter

from pipewarden.casework.facts import Body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.casework.facts import FilingChanged, SiteEvent
    from pipewarden.people.facts import SignedAnchor

_OF_SITES = tuple(str(one.__dataclass_fields__["kind"].default) for one in get_args(Body))
_OF_FILINGS = ("answered", "cancelled", "filed", "handed_over", "renewed", "revised")  # ``checked`` is the house's own
ANCHORED = "audit.anchored"  # only to who asks for it by name: it comes every ten minutes
KINDS = tuple(sorted((*_OF_SITES, *(f"filing.{one}" for one in _OF_FILINGS), ANCHORED)))
_TOLD = frozenset(  # what an event's body may tell an outsider; whatever is not here stays, so a new field stays too
    {
        "accepted", "alarm_id", "back_to", "clause", "code", "lat", "level", "lon", "person_id", "report_id", "role",
        "severity", "site_id", "stop_id", "to", "true", "until", "utility", "violation_id", "zone",
    }
)  # fmt: skip
TEST = "org.pipewarden.test.v1"
_NAMES = {"discovered": "site.opened", "violation_opened": "violation.opened", "violation_fixed": "violation.fixed"}
_FREE = frozenset({"reported", "accident_reported"})  # their ``to`` is written by hand


def type_of(kind: str) -> str:
    """Return the stable name of a kind of event; another form of its data would be another ``v``."""
    name = kind if kind.startswith("filing.") or kind == ANCHORED else _NAMES.get(kind, f"site.{kind}")
    return f"org.pipewarden.{name}.v1"


def schemas() -> dict[str, dict[str, object]]:
    """Return what ``data`` holds of each type, as JSON Schema 2020-12, from the very fields that are told."""
    sites = {type_of(str(one.__dataclass_fields__["kind"].default)): _schema(one) for one in get_args(Body)}
    filings = {type_of(f"filing.{one}"): _filing_schema(one) for one in _OF_FILINGS}
    return sites | filings | {type_of(ANCHORED): _ANCHOR_SCHEMA}


_ANCHOR_SCHEMA: dict[str, object] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": type_of(ANCHORED),
    "description": "The audit chain was walked, found whole and signed; keep it: `pipewarden audit check` reads it.",
    "type": "object",
    "required": ["tenant_id", "anchor"],
    "properties": {
        "tenant_id": {"type": "string", "format": "uuid"},
        "anchor": {"type": "string", "description": "One line of JSON with key and signature (Ed25519)."},
    },
}


def _filing_schema(kind: str) -> dict[str, object]:
    ids = {"type": "string", "format": "uuid"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": type_of(f"filing.{kind}"),
        "description": "Something happened to a filing; what it says is read by its id.",
        "type": "object",
        "required": ["tenant_id", "filing_id"],
        "properties": {"tenant_id": ids, "filing_id": ids},
    }


def _schema(body: Any) -> dict[str, object]:
    kind = str(body.__dataclass_fields__["kind"].default)
    whole = TypeAdapter(body).json_schema(ref_template="{model}")
    fields_told = {name: one for name, one in whole["properties"].items() if name in _TOLD and not _hidden(kind, name)}
    told: dict[str, Any] = _inline(fields_told, whole.get("$defs", {}))
    ids = {"type": "string", "format": "uuid"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": type_of(kind),
        "description": (body.__doc__ or "").split("\n\n", maxsplit=1)[0],
        "type": "object",
        "required": ["tenant_id", "site_id", *(name for name in told if name != "site_id")],
        "properties": {"tenant_id": ids, "site_id": ids} | told,
    }


def _inline(schema: Any, named: Mapping[str, Any]) -> Any:
    """Return a schema without references, so that it may stand inside any document."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inline(named[schema["$ref"]], named)
        return {name: _inline(one, named) for name, one in schema.items()}
    return [_inline(one, named) for one in schema] if isinstance(schema, list) else schema


def _hidden(kind: str, name: str) -> bool:
    return kind in _FREE and name == "to"


def document(event: SiteEvent, source: str) -> dict[str, object]:
    """Return an event of a site in the structured JSON form of CloudEvents 1.0.

    Args:
        event: as casework has it.
        source: the house's own address; (source, id) is what a receiver drops repeats by.
    """
    kind = event.body.kind
    data: dict[str, object] = {"tenant_id": str(event.tenant_id), "site_id": str(event.site_id)}
    data |= {
        field.name: _plain(getattr(event.body, field.name))
        for field in fields(event.body)
        if field.name in _TOLD and not _hidden(kind, field.name)
    }
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": source,
        "type": type_of(kind),
        "subject": str(event.site_id),
        "time": event.at.isoformat(),
        "datacontenttype": "application/json",
        "siteversion": event.version,
        "data": data,
    }


def filing_document(told: FilingChanged, source: str) -> dict[str, object] | None:
    """Return what happened to a filing as a CloudEvent; None for what is nobody else's business.

    Its parties and its ground stay in the house: who may read them asks for the filing by its id.
    """
    if told.kind not in _OF_FILINGS:
        return None
    return {
        "specversion": "1.0",
        "id": str(told.event_id),
        "source": source,
        "type": type_of(f"filing.{told.kind}"),
        "subject": str(told.filing_id),
        "time": told.at.isoformat(),
        "datacontenttype": "application/json",
        "filingversion": told.version,
        "data": {"tenant_id": str(told.tenant_id), "filing_id": str(told.filing_id)},
    }


def anchor_document(anchor: SignedAnchor, line: str, event_id: UUID, source: str) -> dict[str, object]:
    """Return a signed end of the audit chain as a CloudEvent; it names nobody and no act."""
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": source,
        "type": type_of(ANCHORED),
        "subject": str(anchor.tenant_id),
        "time": anchor.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {"tenant_id": str(anchor.tenant_id), "anchor": line},
    }


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value
