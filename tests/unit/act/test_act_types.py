"""What leaves the house by type: stable names, schemas that the events keep, a document whose references hold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from pipewarden.act.rules import asyncapi, cloud, sign
from pipewarden.casework.facts import Accepted, Discovered, OwnerGiven, SiteEvent
from pipewarden.network.facts import Zone

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
BODY = b'{"id": "1"}'
ONE, TWO = UUID(int=1), UUID(int=2)


def test_every_kind_has_one_stable_type() -> None:
    found = cloud.schemas()
    assert len(found) == len(cloud.KINDS)
    assert {"org.pipewarden.site.opened.v1", "org.pipewarden.violation.opened.v1"} <= set(found)
    assert all(re.fullmatch(r"org\.pipewarden\.(site|violation|filing|audit)\.[a-z_]+\.v1", name) for name in found)


@pytest.mark.parametrize(
    "said",
    [
        Accepted(),
        OwnerGiven(TWO, "patroller", "near"),
        Discovered(ONE, Zone.PROTECTION, 1, 116.7, 39.5, "secret words"),
        Discovered(None, Zone.UNKNOWN, 1, None, None, "secret words"),
    ],
)
def test_an_event_keeps_the_schema_of_its_type(said: Any) -> None:
    made = cloud.document(SiteEvent(ONE, ONE, TWO, NOW, None, 1, said), "https://gas.example.org")
    schema = cloud.schemas()[str(made["type"])]
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(made["data"])
    data: Any = made["data"]
    properties: Any = schema["properties"]
    assert set(data) == set(properties)
    assert "secret" not in json.dumps(made)
    wrong = jsonschema_rs.validator_for(schema)
    assert not wrong.is_valid({name: value for name, value in data.items() if name != "site_id"})


def test_the_asyncapi_document_names_every_type_and_every_reference_holds() -> None:
    made: Any = asyncapi.document()
    assert made["asyncapi"] == "3.0.0"
    for ref in re.findall(r'"#/([^"]+)"', json.dumps(made)):
        found = made
        for part in ref.split("/"):
            found = found[part]
    messages = made["components"]["messages"].values()
    assert {one["name"] for one in messages if "name" in one} == set(cloud.schemas())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"webhook-signature": ""}, "is missing"),
        ({"webhook-signature": "v1,AAAA"}, "does not fit"),
        ({"webhook-id": "other"}, "does not fit"),
        ({"webhook-timestamp": "1"}, "five minutes"),
        ({"webhook-timestamp": "²"}, "five minutes"),
    ],
)
def test_a_signature_is_checked_as_it_is_made(change: dict[str, str], problem: str | None) -> None:
    secret = sign.webhook_secret(bytes(range(32)))
    headers = sign.webhook_headers("m1", NOW, BODY, secret) | change
    found = sign.webhook_problem(headers, BODY, secret, NOW)
    assert (found is None) if problem is None else problem in (found or "")
    assert sign.webhook_problem(headers, BODY, secret, NOW + timedelta(minutes=6)) is not None
    assert sign.webhook_problem(headers, BODY + b" ", secret, NOW) is not None


def test_a_new_key_beside_the_old_one_is_enough() -> None:
    old, new = (sign.webhook_secret(bytes([n]) * 32) for n in (1, 2))
    headers = sign.webhook_headers("m1", NOW, BODY, new)
    both = f"{sign.webhook_headers('m1', NOW, BODY, old)['webhook-signature']} {headers['webhook-signature']}"
    assert sign.webhook_problem(headers | {"webhook-signature": both}, BODY, new, NOW) is None
