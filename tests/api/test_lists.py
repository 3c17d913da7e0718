"""Permit lists over HTTP: taken whole or not at all, refused with row, field and fix, and what is missing of them."""

from __future__ import annotations

import json
from typing import Any

import filing_api
import permit_rows as rows
import pytest

IMPORTS = "/v1/filings/imports"


def send(town: Any, told: object, mapping: str = "handover", who: str = "safety_manager", **query: Any) -> Any:
    content = told if isinstance(told, str) else json.dumps(told)
    files = {"file": ("list", content.encode())}
    params = {"mapping": mapping, **query}
    return town.client.as_(town.who(who), "POST", IMPORTS, params=params, files=files)


def row(number: str, place: tuple[float, float], **change: Any) -> dict[str, Any]:
    """Return one filing of an own list, so that it can lie in the town."""
    told = {
        "filing": number,
        "version": 1,
        "area": filing_api.ground(place),
        "method": "open_cut",
        "valid_from": filing_api.moment(days=30),
        "valid_until": filing_api.moment(days=40),
    }
    return told | change


def listed(*told: dict[str, Any]) -> dict[str, Any]:
    return {"filings": list(told)}


def test_a_list_becomes_filings_and_once_only(town: Any, spot: Any) -> None:
    at = spot()
    number = f"{at[0]:.6f}"
    told = listed(row(number, at), row(f"{number}b", at, urgent=True))
    answer = send(town, told, place="CN-HE-langfang")
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert (said["applied"], said["filed"], said["urgent"], said["refused"]) == (True, 2, 1, 0)
    seen = town.client.as_(town.who("dispatcher"), "GET", f"/v1/filings/{said['rows'][0]['filing_id']}").json()
    assert (seen["source"], seen["source_id"], seen["has_area"]) == ("handover", number, True)
    again = send(town, told, place="CN-HE-langfang").json()
    assert (again["filed"], again["unchanged"]) == (0, 2)
    dry = send(town, listed(row(number, at, version=2, depth="3")), place="CN-HE-langfang", dry_run=True).json()
    assert (dry["applied"], dry["revised"]) == (False, 1)
    newer = send(town, listed(row(number, at, version=2, cancelled=True)), place="CN-HE-langfang").json()
    assert newer["cancelled"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"valid_until": "2026-02-30T00:00:00Z"}, "valid_until"),
        ({"area": None}, "area"),
        ({"valid_from": None}, "valid_from"),
        ({"area": {"type": "Polygon", "coordinates": [rows.BOW_TIE]}}, "area"),
        ({"area": filing_api.ground((116.7, 39.5), side=0.5)}, "area"),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:4547"}}}, "crs"),
    ],
)
def test_a_bad_row_is_told_by_row_field_and_fix_and_nothing_is_taken(
    town: Any, spot: Any, change: dict[str, Any], field: str
) -> None:
    at = spot()
    number = f"{at[0]:.6f}"
    answer = send(town, listed(row(number, at), row(f"{number}x", at, **change)), place="CN-HE-langfang")
    told = answer.json()
    assert (answer.status_code, told["code"], told["refused_count"]) == (422, "list_refused", 1)
    (bad,) = told["refused"]
    assert (bad["row"], bad["field"]) == (2, field)
    assert bad["problem"]
    assert bad["fix"]
    assert send(town, listed(row(number, at)), place="CN-HE-langfang").json()["filed"] == 1, "nothing was taken before"
    mended = listed(row(f"{number}y", at), row(f"{number}x", at, **change))
    said = send(town, mended, place="CN-HE-langfang", skip_refused=True).json()
    assert (said["filed"], said["refused"], said["refused_rows"][0]["row"]) == (1, 1, 2)


def test_two_reference_systems_in_one_list_are_refused(town: Any, spot: Any) -> None:
    told = listed(row("1", spot())) | {"crs": {"type": "name", "properties": {"name": "EPSG:2056"}}}
    assert send(town, told, place="CN-HE-langfang").json()["refused"][0]["field"] == "crs"


@pytest.mark.parametrize(
    ("content", "query", "field"),
    [
        ("no list", {}, "list"),
        ("[]", {}, "list"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', {"mapping": "usan811"}, "list"),
        ("{}", {"mapping": "unheard-of"}, "--mapping"),
    ],
)
def test_a_file_that_is_no_list_is_refused(town: Any, content: str, query: dict[str, str], field: str) -> None:
    answer = send(town, content, **{"mapping": "taipei-dig", **query})
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_the_source_is_no_word_of_who_files(town: Any, spot: Any) -> None:
    body = filing_api.works(spot())
    for more in ({"source": "taipei-dig"}, {"source_id": "1"}):
        answer = town.client.as_(town.who("contractor"), "POST", "/v1/filings", json=body | more)
        assert answer.status_code == 422
    feature = {"type": "Feature", "geometry": body["area"], "properties": {"source": "taipei-dig"}}
    answer = town.client.as_(town.who("contractor"), "POST", "/v1/filings", json=body | {"area": feature})
    assert (answer.status_code, answer.json()["field"]) == (422, "source")


def test_only_who_may_imports(town: Any, spot: Any) -> None:
    for who in ("dispatcher", "contractor", "auditor"):
        assert send(town, listed(row("n", spot())), who=who, place="CN").status_code == 403


def test_what_is_missing_is_told(town: Any) -> None:
    station = "T811"

    def numbered(number: int) -> str:
        told = {"SequenceNumber": str(number), "StationCode": station}
        return rows.ticket(f"{station}{number}", TicketStatus="Cancelled", **told)

    assert send(town, f"<l>{numbered(1)}{numbered(3)}</l>", "usan811").status_code == 200
    said = town.client.as_(town.who("safety_manager"), "GET", "/v1/filings/audit").json()
    (gap,) = [one for one in said["missing"] if one["station"] == station]
    assert (gap["first"], gap["last"], said["whole"]) == (2, 2, False)
    body = {"source": "usan811", "every_h": 12}
    told = town.client.as_(town.who("tenant_admin"), "POST", "/v1/filings/audit/lists", json=body).json()
    assert [one["every_h"] for one in told["lists"] if one["source"] == "usan811"] == [12]
    assert send(town, f"<l>{numbered(2)}</l>", "usan811").status_code == 200
    said = town.client.as_(town.who("safety_manager"), "GET", "/v1/filings/audit").json()
    assert [one for one in said["missing"] if one["station"] == station] == []


def test_a_filing_is_handed_over_as_a_file(town: Any, spot: Any) -> None:
    filing = filing_api.filed(town, town.who("property_manager"), spot(), words="给水")
    dispatcher = town.who("dispatcher")
    assert town.client.as_(dispatcher, "GET", f"/v1/filings/{filing}/handover").status_code == 409
    act = {"kind": "hand_over", "name": "邻区燃气", "contact": "12345", "reason": "管线属邻区"}
    url = f"/v1/filings/{filing}/events"
    made = town.client.as_(dispatcher, "POST", url, json={"version": 2, "act": act}).json()
    assert made["handed"] is None
    told = town.client.as_(dispatcher, "GET", f"/v1/filings/{filing}/handover").json()
    assert (told["filings"][0]["words"], told["filings"][0]["reason"]) == ("给水", "管线属邻区")
    assert "decision" not in json.dumps(told)
    back = {"kind": "send_back", "reason": "not ours"}
    answer = town.client.as_(dispatcher, "POST", url, json={"version": made["version"], "act": back})
    assert (answer.status_code, answer.json()["field"]) == (409, "state")
