"""A permit of a list as works to file: nothing is invented, what cannot be a filing says why."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import time
from typing import TYPE_CHECKING

import shapely

from pipewarden.casework.facts import Hours, Method, Party, PartyRole, Works
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.filing_life import check_works
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from pipewarden.sense.facts import Permit

_LONGEST = 2000
_DAY_MIN = 1440
_MOST_PARTIES = 20


def left_out(permit: Permit) -> str | None:
    """Return why a permit is no filing at all; None where it is one."""
    if permit.valid_from is None or permit.valid_until is None:
        return "the list holds no dates: it would cover no moment"
    return None


def works_of(permit: Permit, place: str) -> Works:
    """Return the works of a permit with dates; where its list draws a line or point, that is their ground as it is.

    Raises:
        InputError: they cannot be meant (``filing_life.check_works``).
    """
    ground = permit.area or permit.line
    if ground is None or permit.valid_from is None or permit.valid_until is None:
        raise InputError(field="geometry", problem="is missing", fix="Give the place and the dates of the works.")
    said = (permit.work, permit.place, permit.status, permit.hours_words)
    works = Works(
        place=place,
        area=bytes(shapely.to_wkb(shapely.force_2d(shapely.from_wkb(ground)), byte_order=1)),
        method=Method(permit.method.value),
        valid_from=permit.valid_from,
        valid_until=permit.valid_until,
        machines=permit.machines,
        depth_m=permit.depth_m,
        hours=_hours(permit),
        parties=tuple(Party(PartyRole(one.role.value), one.name, one.contact or "") for one in permit.parties)[
            :_MOST_PARTIES
        ],
        urgent=permit.urgent,
        words=" · ".join(one for one in said if one)[:_LONGEST],
        source=permit.source,
        source_id=permit.source_id,
    )
    check_works(works)
    return works


def several_hours(permit: Permit) -> bool:
    """Return whether the list allows several windows of a day, of which a filing cannot hold more than one."""
    return len(permit.hours) > 1


def _hours(permit: Permit) -> Hours | None:
    """Return the one window of the day; of several none is taken: no hour that is allowed may count as forbidden."""
    if len(permit.hours) != 1:
        return None
    begin, end = permit.hours[0]
    if begin == end % _DAY_MIN:
        return None
    return Hours(_clock(begin), _clock(end % _DAY_MIN))


def _clock(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def kept_ground(works: Works, present: Works) -> Works:
    """Return works without an area with the one that somebody has drawn here meanwhile, where the two still meet."""
    if covers_ground(works.area) or not covers_ground(present.area):
        return works
    if not shapely.intersects(shapely.from_wkb(works.area), shapely.from_wkb(present.area)):
        return works
    return replace(works, area=present.area)


def digest(works: Works) -> str:
    """Return what two rows that say the same have in common; the pack of their place is not the list's word."""
    said = [
        works.area.hex(),
        works.method.value,
        works.valid_from.isoformat(),
        works.valid_until.isoformat(),
        list(works.machines),
        works.depth_m,
        None if works.hours is None else [works.hours.opens.isoformat(), works.hours.shuts.isoformat()],
        [[one.role.value, one.name, one.contact] for one in works.parties],
        works.urgent,
        works.words,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
