"""Contractors with a record over HTTP, as several suites make them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import filing_api

from pipewarden.casework import service
from pipewarden.people import service as people

REASON = {"reason": "the works were another firm's", "evidence": ["contract No. 7, 2026-11-01"]}


def named(town: Any, tenant: Any, name: str, code: str = "") -> str:
    """Let the house know a contractor; return its id."""
    with town.at(tenant) as work:
        return str(service.contractor_named(work, name, code, "on the board").contractor_id)


def speaks(town: Any, tenant: Any, contractor: str, who: Any) -> None:
    """Let somebody speak for a contractor."""
    with town.at(tenant) as work:
        service.name_speaker(work, people.operator(tenant), UUID(contractor), who.id)


def late(town: Any, who: Any, place: tuple[float, float], name: str) -> str:
    """File works of a contractor too late, which is an entry of its record; return the contractor's id."""
    parties = [{"role": "contractor", "name": name, "contact": "13800001234"}]
    filing_api.filed(town, who, place, valid_from=filing_api.day(1), valid_until=filing_api.day(3), parties=parties)
    return named(town, who.tenant_id, name)


def record(town: Any, who: Any, contractor: str) -> dict[str, Any]:
    """Return a contractor with its whole record."""
    answer = town.client.as_(who, "GET", f"/v1/contractors/{contractor}")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def appeal(town: Any, who: Any, contractor: str, entry: str, **more: Any) -> Any:
    """Appeal against an entry."""
    body = REASON | {"entry_id": entry} | more
    return town.client.as_(who, "POST", f"/v1/contractors/{contractor}/appeals", json=body)


def decided(town: Any, contractor: str) -> tuple[str, str]:
    """Let the contractor's role speak for a contractor and lose an appeal; return the entry and the appeal."""
    speaks(town, town.a, contractor, town.who("contractor"))
    entry = record(town, town.who("contractor"), contractor)["entries"][0]["id"]
    made = appeal(town, town.who("contractor"), contractor, entry)
    assert made.status_code == 201, made.text
    one = made.json()["entries"][0]["appeals"][0]["id"]
    path = f"/v1/contractors/{contractor}/appeals/{one}/decision"
    done = town.client.as_(
        town.who("safety_manager"), "POST", path, json={"struck_out": False, "reason": "the notice came on the 1st"}
    )
    assert done.status_code == 200, done.text
    return entry, one
