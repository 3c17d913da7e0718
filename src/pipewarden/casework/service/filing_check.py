"""What is answered at once to works: the pipes in reach, what the place and the day require, and by when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.rules.filing import chain_of, decide, overlaps_of
from pipewarden.casework.rules.filing_ground import properties_of, read_area
from pipewarden.casework.rules.filing_read import read_works
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network
from pipewarden.network.facts import Around

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import Decision, Works
    from pipewarden.network.service import FileNetwork

NOTHING_KNOWN = Around({}, ())


def filing_place(text: str) -> str:
    """Return a jurisdiction as the packs write it; one without a pack of its own must be a place in China.

    Raises:
        InputError: it is none, or looks like a misspelled one, which would take another place's law.
    """
    known = next((one.pack for one in store.filing_packs() if one.pack.lower() == text.strip().lower()), None)
    if known is not None:
        return known
    try:
        return network.known_jurisdiction(text)
    except InputError as error:
        raise InputError(field="place", problem=error.problem, fix=error.fix) from error


def filing_zone(place: str, at: datetime) -> ZoneInfo:
    """Return the time zone of a place.

    Raises:
        InputError: no pack holds there then.
    """
    return chain_of(store.filing_packs(), place, at)[0].zone


def read_filing(body: object, given: Mapping[str, object], *, place: str, at: datetime) -> Works:
    """Return the works of a GeoJSON document; ``given`` stands above its own properties.

    Raises:
        InputError: see ``rules.filing_ground.read_area`` and ``rules.filing_read.read_works``; no pack holds there.
    """
    whole = {**properties_of(body), **given}
    return read_works(whole, place=place, area=read_area(body), zone=filing_zone(place, at))


def decision(works: Works, around: Around, *, at: datetime, filed: datetime | None = None) -> Decision:
    """Return what works filed at a moment (or earlier, ``filed``) are answered, by the shipped packs and calendar.

    Raises:
        InputError: no pack holds at the place on that day.
    """
    return decide(
        store.filing_packs(),
        store.shipped_duties().calendar,
        works,
        at=at,
        zones=around.zones,
        overlaps=overlaps_of(around.crossed),
        filed=filed,
    )


def check(works: Works, *, at: datetime, given: FileNetwork | None = None) -> Decision:
    """Return the decision without a database: against a network's file, or with nothing known about pipes.

    Raises:
        InputError: as for ``decision``.
    """
    around = NOTHING_KNOWN if given is None else network.around_file(given, works.area, at=works.valid_from)
    return decision(works, around, at=at)
