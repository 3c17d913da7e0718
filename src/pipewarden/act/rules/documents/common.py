"""Fields that several papers share: the place, the pipe, the works as filed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pipewarden.act.rules.documents import words
from pipewarden.act.rules.documents.numbers import local_day, local_time
from pipewarden.casework.facts import PartyRole

if TYPE_CHECKING:
    from pipewarden.act.facts import Source
    from pipewarden.casework.facts import Filing, Site
    from pipewarden.network.facts import PipeHere


def shared(source: Source) -> dict[str, str]:
    """Return what is on record of the fields of ``common.yaml``; what is not known has an empty text or no key."""
    first = source.events[0].at if source.events else source.site.since
    found = {
        "place": _place(source),
        "area": source.area,
        "coordinates": coordinates(source.site),
        "zone": words.ZONES[source.site.zone],
        "found_at": local_time(first),
        "issuer": source.issuer,
        "by": source.by,
    }
    found |= {} if source.pipe is None else _pipe(source.pipe)
    return found | ({} if source.filing is None else _works(source.filing))


def coordinates(site: Site) -> str:
    """Return a place as surveyors write it; empty where nobody knows it."""
    if site.lon is None or site.lat is None:
        return ""
    return f"东经 {site.lon:.6f}°，北纬 {site.lat:.6f}°"


def _place(source: Source) -> str:
    site = source.site
    if site.lon is None or site.lat is None:
        return source.area
    return f"{source.area}（{site.lon:.5f}, {site.lat:.5f}）处"


def _pipe(here: PipeHere) -> dict[str, str]:
    pipe, datum = here.pipe, words.DATUM[here.regime]
    return {
        "pipe_id": pipe.pipe_id,
        "pipe_class": words.CLASSES.get(pipe.pressure_class, ""),
        "pipe_pressure": pipe.pressure or "",
        "pipe_dn": "" if pipe.diameter_mm is None else f"DN{pipe.diameter_mm:.0f}",
        "pipe_material": pipe.material or "",
        "pipe_depth": _depth(here),
        "map_depth": _depth(here),
        "pipe_distance": "" if here.distance_m is None else f"约 {here.distance_m:.1f} 米（图示）",
        "protect_range": _range(datum, here.protect_m, here.protect_clause),
        "control_range": _range(datum, here.control_m, here.control_clause),
    }


def _depth(here: PipeHere) -> str:
    if here.depth_m is None:
        return ""
    least, most = here.depth_m
    span = f"{least:g}" if least == most else f"{least:g}～{most:g}"
    return f"{span} 米（图示，以现场探查为准）"


def _range(datum: str, metres: float | None, clause: str | None) -> str:
    return "" if metres is None else f"{datum}两侧各 {metres:g} 米（{clause}）"


def _works(filing: Filing) -> dict[str, str]:
    works = filing.works
    found = {
        "project": works.words,
        "method": words.METHODS[works.method],
        "machines": words.machines(works.machines),
        "dig_depth": "" if works.depth_m is None else f"{works.depth_m:g} 米",
        "period": f"{local_day(works.valid_from)}至{local_day(works.valid_until - timedelta(microseconds=1))}",
        "hours": "" if works.hours is None else f"{works.hours.opens:%H:%M}～{works.hours.shuts:%H:%M}",
    }
    for role, key in (
        (PartyRole.OWNER, "owner"),
        (PartyRole.CONTRACTOR, "contractor"),
        (PartyRole.SUPERVISING_ENGINEER, "supervisor"),
    ):
        for party in works.parties:
            if party.role is role:
                found |= {key: party.name, f"{key}_contact": party.contact}
                break
    return found
