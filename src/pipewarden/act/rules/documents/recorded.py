"""What people wrote down of a step, read by name where an event carries it: attendees, measured points, readings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipewarden.act.facts import Signature
from pipewarden.act.rules.documents import words
from pipewarden.act.rules.documents.numbers import local_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.casework.facts import SiteEvent

Rows = tuple[tuple[str, ...], ...]
_LASTING = (
    "hand_dig_m",
    "clear_distance_m",
    "standby_person",
    "emergency_phone",
    "inspections_per_day",
    "signs_up",
    "exposed",
)  # what stays said until somebody says otherwise


def told(record: object, name: str) -> Any:
    """Return one value of a record, whether it is an object or a mapping; None where it has none."""
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)


def record_of(event: SiteEvent | None) -> object:
    """Return the record that an event carries, else None."""
    return None if event is None else getattr(event.body, "record", None)


def lasting(events: Sequence[SiteEvent]) -> dict[str, object]:
    """Return what the records of a site add up to: the last word on each matter, and every measured point."""
    found: dict[str, object] = {}
    measured: list[object] = []
    for record in (record_of(event) for event in events):
        found |= {name: value for name in _LASTING if (value := told(record, name)) not in {None, ""}}
        measured += told(record, "points") or ()
    return found | {"points": measured}


def moment(record: object, name: str) -> str:
    """Return a moment of a record in words."""
    found = told(record, name)
    return local_time(found) if isinstance(found, datetime) else ""


def number(record: object, name: str, unit: str) -> str:
    """Return a number of a record with its unit."""
    found = told(record, name)
    return f"{found:g} {unit}" if isinstance(found, int | float) and not isinstance(found, bool) else ""


def yes_or_no(record: object, name: str, yes: str, no: str) -> str:
    """Return a flag of a record in words; empty where nobody said."""
    found = told(record, name)
    return "" if not isinstance(found, bool) else yes if found else no


def text(record: object, name: str) -> str:
    """Return a text of a record."""
    found = told(record, name)
    return found if isinstance(found, str) else ""


def attendees(record: object) -> Rows:
    """Return name, unit, post, machine and an empty place to sign of everybody who was there."""
    return tuple(
        (
            str(told(one, "name") or ""),
            words.PARTIES.get(str(told(one, "party") or ""), ""),
            words.ROLES.get(str(told(one, "role") or ""), ""),
            words.MACHINES.get(str(told(one, "machine") or ""), ""),
            "",
        )
        for one in told(record, "attendees") or ()
    )


def people(record: object, party: str) -> str:
    """Return the names of those of one party who were there."""
    there: Sequence[object] = told(record, "attendees") or ()
    return "、".join(str(told(one, "name")) for one in there if told(one, "party") == party)


def signatures(record: object) -> tuple[Signature, ...]:
    """Return who signed for which party."""
    return tuple(
        Signature(words.PARTIES.get(str(told(one, "party") or ""), ""), str(told(one, "name") or ""))
        for one in told(record, "signatures") or ()
    )


def points(record: object) -> Rows:
    """Return number, depth, error, place and pipe of every measured point; the offset is left to be written."""
    return tuple(
        (
            str(place),
            "" if told(one, "depth_m") is None else f"{told(one, 'depth_m'):g}",
            "",
            f"{told(one, 'lon'):.6f}\n{told(one, 'lat'):.6f}",
            " ".join(part for part in (str(told(one, "pipe_id") or ""), f"±{told(one, 'sigma_m'):g} 米") if part),
        )
        for place, one in enumerate(told(record, "points") or (), 1)
    )
