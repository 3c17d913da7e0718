"""Filings over HTTP, as several suites make them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def day(after: int) -> str:
    """Return the local day so many days from now: these suites run on the machine's own clock."""
    return (datetime.now(UTC).astimezone(CHINA).date() + timedelta(days=after)).isoformat()


def moment(**after: int) -> str:
    """Return a moment so long from now, in UTC."""
    return (datetime.now(UTC) + timedelta(**after)).isoformat()


def ground(place: tuple[float, float], *, side: float = 0.0004) -> dict[str, Any]:
    """Return a square of GeoJSON around a place, some 40 m wide."""
    (lon, lat), half = place, side / 2
    ring = [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def works(place: tuple[float, float], **more: Any) -> dict[str, Any]:
    """Return works to file around a place, a month from now."""
    said = {"method": "open_cut", "valid_from": day(30), "valid_until": day(40), "machines": ["excavator"]}
    return {"area": ground(place), "place": "CN-HE-langfang", **said, **more}


def filed(town: Any, who: Any, place: tuple[float, float], **more: Any) -> str:
    """File works; return their id."""
    answer = town.client.as_(who, "POST", "/v1/filings", json=works(place, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
