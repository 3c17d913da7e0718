"""The AsyncAPI 3 document of what leaves the house by subscriptions, made of the code that writes it."""

from __future__ import annotations

from pipewarden.act.rules.cloud import schemas

_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_SIGNED = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {"type": "string", "format": "uuid", "description": "The same for every attempt."},
        "webhook-timestamp": {"type": "string", "pattern": "^[0-9]+$", "description": "Seconds, of this attempt."},
        "webhook-signature": {
            "type": "string",
            "pattern": "^v1,",
            "description": "HMAC-SHA256, as Standard Webhooks.",
        },
    },
}


def document() -> dict[str, object]:
    """Return the AsyncAPI 3.0.0 document: one message for each type, and the list of them that batches are."""
    types = schemas()
    names = {name: name.replace(".", "_") for name in types}
    messages: dict[str, object] = {names[name]: _message(name, str(one["description"])) for name, one in types.items()}
    refs = {key: {"$ref": f"#/components/messages/{key}"} for key in messages}
    batch = {"$ref": "#/components/messages/batch"}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pipewarden: what happens at sites and to filings",
            "version": "1",
            "description": "CloudEvents 1.0 posted to subscribers: at least once, in order for each site, with the "
            "same id at every attempt. (source, id) is what to drop repeats by.",
        },
        "defaultContentType": _STRUCTURED,
        "channels": {
            "subscription": {
                "address": None,
                "description": "The address that was given to POST /v1/webhooks.",
                "messages": refs | {"batch": batch},
            }
        },
        "operations": {
            "tell": {
                "action": "send",
                "channel": {"$ref": "#/channels/subscription"},
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
            }
        },
        "components": {
            "messages": messages
            | {
                "batch": {
                    "contentType": _BATCH,
                    "headers": _SIGNED,
                    "summary": "Several events, where the subscription asks for batches.",
                    "payload": {
                        "type": "array",
                        "items": {"oneOf": [{"$ref": f"#/components/schemas/{one}"} for one in names.values()]},
                    },
                }
            },
            "schemas": {names[name]: _event(name, one) for name, one in types.items()},
        },
    }


def _message(name: str, summary: str) -> dict[str, object]:
    key = name.replace(".", "_")
    payload = {"$ref": f"#/components/schemas/{key}"}
    return {"name": name, "summary": summary, "contentType": _STRUCTURED, "headers": _SIGNED, "payload": payload}


def _about(name: str) -> str:
    return "filing" if ".filing." in name else "site"


def _event(name: str, data: dict[str, object]) -> dict[str, object]:
    """Return the schema of the whole event: the attributes of CloudEvents and ``data``."""
    inner = {key: value for key, value in data.items() if key != "$schema"}
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text | {"format": "uuid"},
            "source": text | {"description": "This house's public address."},
            "type": {"const": name},
            "subject": text | {"format": "uuid", "description": f"The {_about(name)}."},
            "time": text | {"format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            f"{_about(name)}version": {
                "type": "integer",
                "description": "Its version after it, in order.",
            },
            "data": inner,
        },
    }
