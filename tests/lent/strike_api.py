"""Strikes over HTTP, as several suites make them."""

from __future__ import annotations

from typing import Any

CENTURY = "since=2020-01-01T00:00:00Z&until=2090-01-01T00:00:00Z"
DAMAGE = {
    "kind": "damage",
    "facility": "main",
    "pressure_class": "medium",
    "diameter_mm": 200,
    "depth_m": 1.1,
    "work_type": "open_cut",
    "machine": "=cmd|' /C calc'!A0",
    "filed": "no",
    "briefed": "no",
    "marked_right": "unknown",
    "hand_dug": "no",
    "standby_present": "no",
    "root_cause": "unfiled",
    "homes": 120,
    "hours": 5.5,
    "cost_cny": 80000,
    "near_miss": False,
    "words": "",
}


def struck(town: Any, who: Any, place: tuple[float, float], **more: Any) -> dict[str, Any]:
    """Report a strike; return what is answered."""
    answer = town.client.as_(who, "POST", "/v1/strikes", json={"lon": place[0], "lat": place[1], **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def act(town: Any, who: Any, strike: str, **said: Any) -> Any:
    """Do one thing to a strike; return the answer."""
    return town.client.as_(who, "POST", f"/v1/strikes/{strike}/events", json={"act": said})
