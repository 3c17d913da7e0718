"""Records that hold all that the steps ask for in the protection range, as they are sent over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pipewarden.casework.http.record_asked import RecordIn

if TYPE_CHECKING:
    from datetime import datetime

    from pipewarden.casework.facts import StepRecord

PARTIES = {"owner": "陈总", "contractor": "李工", "supervising_engineer": "周监", "operator": "赵工"}
_SENT = TypeAdapter(RecordIn)


def signed(*parties: str) -> list[dict[str, str]]:
    """Return signatures of these parties, of all four when none is named."""
    return [{"name": PARTIES[one], "party": one} for one in parties or PARTIES]


def records(now: datetime, place: tuple[float, float], pipe: str = "") -> dict[str, dict[str, Any]]:
    """Return one record for each step; the pipe is measured at ``place`` (lon, lat)."""
    lon, lat = place
    before = (now - timedelta(minutes=30)).isoformat()
    locator = {"name": "赵工", "party": "operator", "role": "locator"}
    manager = {"name": "李工", "party": "contractor", "role": "manager"}
    driver = {"name": "王师傅", "party": "contractor", "role": "machine_operator", "machine": "excavator"}
    both = signed("operator", "contractor")
    point = {"lon": lon, "lat": lat, "sigma_m": 0.05, "pipe_id": pipe}
    return {
        "notified": {"attendees": [driver]},
        "marking": {
            "held_at": before,
            "points": [point, point | {"lon": lon + 0.0001}],
            "attendees": [locator],
            "signatures": both,
        },
        "trial_pits": {
            "held_at": before,
            "points": [point | {"depth_m": 1.1}],
            "exposed": True,
            "gas_lel_pct": 0,
            "attendees": [locator, manager],
            "signatures": both,
        },
        "located": {"signatures": signed()},
        "briefed": {
            "held_at": before,
            "attendees": [locator | {"role": "safety_officer"}, manager, driver],
            "quiz_passed": True,
            "hand_dig_m": 2,
            "standby_person": "孙站",
            "emergency_phone": "96777",
            "signatures": both,
        },
        "late_briefing": {
            "held_at": before,
            "attendees": [locator, driver],
            "quiz_passed": True,
            "signatures": signed("operator"),
        },
        "agreement": {
            "number": "XY-7",
            "valid_until": (now + timedelta(days=30)).isoformat(),
            "inspections_per_day": 2,
            "signatures": signed(),
        },
        "plan_signed": {"number": "FA-7", "method": "open_cut", "hand_dig_m": 2, "signatures": signed()},
        "ready": {"signs_up": True, "standby_person": "孙站"},
        "under_standby": {"standby_person": "孙站", "shift_from": before},
        "standby_check": {"exposed": False, "pipe_distance_m": 1.2, "gas_lel_pct": 0},
        "completed": {
            "leak_tight": True,
            "cover_m": 1.0,
            "as_built": {"line": [[lon, lat], [lon + 0.0001, lat]], "sigma_m": 0.05, "pipe_id": pipe},
            "signs_restored": True,
            "undamaged": True,
            "signatures": both,
        },
    }


def record(step: str, now: datetime, place: tuple[float, float], pipe: str = "") -> StepRecord:
    """Return the same as what is kept with the event."""
    return _SENT.validate_python(records(now, place, pipe)[step]).fact()
