"""Patrols over HTTP, for tests: people who agreed, walks along a line, device keys that bring points."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from pipewarden.kit.geo import near_frame
from pipewarden.people import service as people
from pipewarden.people.facts import Role

if TYPE_CHECKING:
    from uuid import UUID

CONSENT = {"purpose": "location", "version": 1, "given": True}


def agreed(town: Any, who: Any) -> Any:
    """Let somebody agree that their way is recorded."""
    answer = town.client.as_(who, "POST", "/v1/me/consents", json=CONSENT)
    assert answer.status_code == 201, answer.text
    return who


def patroller(town: Any, *, tenant: UUID | None = None, area: UUID | None = None) -> Any:
    """Return a patroller who agreed."""
    return agreed(town, town.person(Role.PATROLLER, tenant=tenant, area=town.east if area is None else area))


def begun(town: Any, who: Any, **more: Any) -> str:
    """Begin a patrol now."""
    body = {"draft": str(uuid4()), "began_at": town.home.factory.clock.now().isoformat()} | more
    answer = town.client.as_(who, "POST", "/v1/patrols", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def along(
    town: Any,
    start: tuple[float, float],
    *,
    metres: float = 280.0,
    ago: timedelta = timedelta(hours=1),
    seed: int | None = None,
) -> list[dict[str, Any]]:
    """Return points of a walk eastward from a place, 4 m beside its line, begun so long ago, with noise.

    Each walk has a pace and a noise of its own, unless a seed asks for the same again: that would be a replay.
    """
    town.made += 1
    chance = np.random.default_rng(town.made if seed is None else 100_000 + seed)
    frame = near_frame(*start)
    pace = float(chance.uniform(1.0, 1.6))
    t = np.arange(0, metres / pace, 5.0)
    wander = 0.5 * np.cumsum(chance.normal(0, 1.0, (len(t), 2)), axis=0) / np.sqrt(np.arange(1, len(t) + 1))[:, None]
    noise = chance.normal(0, 1.0, (len(t), 2)) + wander
    xy = frame.to_metres(np.array([start])) + np.column_stack([pace * t, np.full(len(t), 4.0)]) + noise
    began = town.home.factory.clock.now() - ago
    return [
        {
            "n": n,
            "at": (began + timedelta(seconds=float(at))).isoformat(),
            "lon": float(lon),
            "lat": float(lat),
            "crs": "wgs84",
            "accuracy_m": 8.0,
        }
        for n, (at, (lon, lat)) in enumerate(zip(t, frame.to_lonlat(xy), strict=True))
    ]


def sent(town: Any, who: Any, patrol: str, points: list[dict[str, Any]]) -> Any:
    return town.client.as_(who, "POST", f"/v1/patrols/{patrol}/points", json={"points": points})


def ended(town: Any, who: Any, patrol: str) -> Any:
    body = {"draft": str(uuid4()), "ended_at": town.home.factory.clock.now().isoformat()}
    return town.client.as_(who, "POST", f"/v1/patrols/{patrol}/end", json=body)


def walked(town: Any, who: Any, start: tuple[float, float], **more: Any) -> dict[str, Any]:
    """Walk a whole patrol and return what it added up to."""
    patrol = begun(town, who)
    assert sent(town, who, patrol, along(town, start, **more)).status_code == 200
    answer = ended(town, who, patrol)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def key(town: Any, *, tenant: UUID | None = None, permissions: tuple[str, ...] = ("patrol:walk",)) -> str:
    """Return the text of a device key."""
    tenant_id = town.a if tenant is None else tenant
    town.made += 1
    with town.at(tenant_id) as work:
        made = people.make_key(
            work,
            town.gate,
            people.operator(tenant_id),
            f"phone {town.made}",
            permissions=list(permissions),
            expires_at=work.now() + timedelta(days=30),
        )
    return made.text


def bound(town: Any, who: Any) -> str:
    """Return a device key that brings somebody's points."""
    text = key(town, tenant=who.tenant_id)
    answer = town.client.as_(who, "POST", "/v1/patrol-phones", json={"key": text})
    assert answer.status_code == 201, answer.text
    return text


def four(town: Any, places: tuple[tuple[float, float], tuple[float, float]]) -> tuple[str, str, str]:
    """Return the patroller's own patrol, one elsewhere in the tenant, and another tenant's, each with points."""
    east, west = places
    who = (agreed(town, town.who("patroller")), patroller(town, area=town.west), patroller(town, tenant=town.b))
    made = []
    for one, place in zip(who, (east, west, east), strict=True):
        made.append(begun(town, one))
        assert sent(town, one, made[-1], along(town, place)[:5]).status_code == 200
    return made[0], made[1], made[2]


def new_patrol() -> dict[str, Any]:
    """Return a patrol to begin."""
    return {"draft": str(uuid4()), "began_at": "2026-11-20T01:00:00Z"}


POINT = {"n": 0, "at": "2026-11-20T01:00:00Z", "lon": 116.65, "lat": 39.47, "crs": "wgs84", "accuracy_m": 8}
END = {"draft": "00000000-0000-7000-8000-00000000e4d0", "ended_at": "2026-11-20T02:00:00Z"}
