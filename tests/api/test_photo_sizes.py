"""A phone's photo is several megabytes: every route that takes a picture takes one of that size, and no other does."""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import report_api
import standby_api

from pipewarden.main.web.guard import JSON_LIMIT
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewDevice

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 6 << 20
PICTURES = {
    "/v1/observations",
    "/v1/indoor/checks",
    "/v1/trips/{trip_id}/frames",
    "/v1/devices/{key}/alarms",
    "/v1/sites/{site_id}/pictures",
    "/v1/public/reports",
    "/v1/reports",
    "/v1/standby/{site_id}/checks",
    "/v1/tasks/{task_id}/answer",
}
LISTS = {"/v1/filings/imports", "/v1/finance/reconciliations"}  # tried with lists: test_lists.py, test_wallet_api.py
DECODED = {  # pictures that are looked at before the answer: tried with real ones, test_capabilities_api.py
    "/v1/capabilities/{slug}/examples",
    "/v1/capabilities/{slug}/invoke",
    "/v1/capabilities/{slug}/versions/{number}/try",
    "/v1/commissions/{commission_id}/pictures",  # test_labelling_doors.py
}
ZIPS = {  # tried with large ones, test_expert_doors.py and test_labelling_doors.py
    "/v1/engagements/{engagement_id}/deliveries",
    "/v1/commissions/{commission_id}/imports",
}
STROKES = {"/v1/filings/{filing_id}/documents/{number}/signature"}  # drawn on glass: no photo, and small


def photo() -> bytes:
    """Return a PNG whose first bytes are right and whose data nobody decodes here: noise as large as a photo."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1600, 1200, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", os.urandom(SIZE)) + chunk(b"IEND", b"")


def to_observations(town: Any, content: bytes) -> Any:
    event = {
        "specversion": "1.0",
        "id": "photo",
        "source": "phone",
        "type": "pipewarden.report",
        "data": {"words": "挖"},
    }
    files = {"event": (None, json.dumps(event)), "picture": ("p.png", content, "image/png")}
    return town.client.as_(town.who("safety_manager"), "POST", "/v1/observations", files=files)


def to_indoor(town: Any, content: bytes) -> Any:
    files = {"picture": ("p.png", content, "image/png")}
    return town.client.as_(town.who("resident"), "POST", "/v1/indoor/checks", files=files)


def to_a_trip(town: Any, content: bytes) -> Any:
    town.bus(town.a)
    who = town.device()
    trip = town.client.as_(who, "POST", "/v1/trips", json={"vehicle": "bus", "name": "photo"}).json()["id"]
    frames = [{"name": "p.png", "at": "2026-11-20T00:00:00Z", "fix": None, "why": "no fix"}]
    files = [("frames", (None, json.dumps(frames))), ("pictures", ("p.png", content, "image/png"))]
    return town.client.as_(who, "POST", f"/v1/trips/{trip}/frames", files=files)


def to_a_device(town: Any, content: bytes) -> Any:
    who = town.device()
    with town.at(town.a) as work:
        sense.register_device(work, NewDevice("photo", "Photo", "das", lon=116.7, lat=39.5, senders=(who.id,)))
    said = json.dumps({"fibre": "photo", "class": "excavator"})
    files = {"m": ("m.json", said, "application/json"), "p": ("p.png", content, "image/png")}
    return town.client.as_(who, "POST", "/v1/devices/photo/alarms", files=files)


def to_a_site(town: Any, content: bytes) -> Any:
    who = town.who("safety_manager")
    site = town.site_at(who, (116.871, 39.671))
    files = {"picture": ("p.png", content, "image/png")}
    return town.client.as_(who, "POST", f"/v1/sites/{site}/pictures", files=files)


def to_anybodys_report(town: Any, content: bytes) -> Any:
    answer = report_api.send(town, (content,), kind="other", place=report_api.place(dy=0.011))
    assert answer.json()["notes"] == [], "no picture was left out"
    return answer


def to_ones_own_report(town: Any, content: bytes) -> Any:
    at = report_api.place(dy=0.012)
    return report_api.send(town, (content,), path="/v1/reports", who=town.who("resident"), kind="other", place=at)


def to_a_check(town: Any, content: bytes) -> Any:
    at, who = (116.8723, 39.6612), town.who("safety_manager")
    site = standby_api.stood_by(town, town.a, at)
    assert standby_api.begin(town, who, site, at).status_code == 201
    return standby_api.check(town, who, site, at, content, nonce=standby_api.nonce(town, who))


def to_a_task(town: Any, content: bytes) -> Any:
    at, who = (116.8723, 39.6512), town.who("patroller")
    task = standby_api.task(town, town.who("safety_manager"), at).json()["id"]
    return standby_api.answer(town, who, task, at, content)


DOORS = [
    to_observations,
    to_indoor,
    to_a_trip,
    to_a_device,
    to_a_site,
    to_anybodys_report,
    to_ones_own_report,
    to_a_check,
    to_a_task,
]


@pytest.mark.parametrize("send", DOORS)
def test_a_photo_of_a_phones_size_is_taken(town: Any, send: Callable[[Any, bytes], Any]) -> None:
    content = photo()
    assert len(content) > 5 * JSON_LIMIT
    answer = send(town, content)
    assert answer.status_code == (202 if send is to_a_device else 201), answer.text


def test_every_route_that_takes_a_file_is_tried_here(town: Any) -> None:
    takes = {
        path
        for path, found in town.app.openapi()["paths"].items()
        if "multipart/form-data" in found.get("post", {}).get("requestBody", {}).get("content", {})
    }
    assert takes == PICTURES | LISTS | STROKES | DECODED | ZIPS
    assert len(PICTURES) == len(DOORS)
