"""One row of a list into a permit by its source's mapping, or refused with its field and how to mend it."""

from __future__ import annotations

import json
from datetime import time
from typing import TYPE_CHECKING, Any

import shapely

from pipewarden.kit.errors import InputError
from pipewarden.sense.facts import Method, Party, Permit, PermitNote
from pipewarden.sense.rules.devices.said import number, refused
from pipewarden.sense.rules.permits import dates, gml, ground
from pipewarden.sense.rules.permits.mapping import every, texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from pipewarden.sense.facts import ListedRow
    from pipewarden.sense.rules.permits.mapping import DateField, Measure, PermitMapping, Shape

    Said = Mapping[str, Any]

_LONGEST = 2000
_LONGEST_ID = 200
_MOST_DAYS = 36_525
_MOST_NUMBER = (1 << 32) - 1  # onecall.xsd: unsignedInt
_WIDEST_M, _DEEPEST_M = 1000.0, 500.0
_DAY_MIN = 1440
_LAST_MINUTE = 23 * 60 + 59


def no_permit(row: ListedRow, how: PermitMapping) -> str | None:
    """Return why a row is no permit at all (cancelled, no works); None when it is one."""
    return next((one.then for one in how.passes if one.holds(row.values)), None)


def identity(row: ListedRow, how: PermitMapping) -> tuple[str | None, str | None]:
    """Return a row's own id and revision, None where it has none that can be read."""
    return _word(row.values, how.id, how, _LONGEST_ID + 1), _word(row.values, how.words["revision"], how, _LONGEST)


def numbered(row: ListedRow, how: PermitMapping) -> tuple[str, date, int] | None:
    """Return station, the place's own day and the sender's number of a message; None where one of them is missing."""
    if how.numbering is None:
        return None
    paths = (how.numbering.station, how.numbering.number, how.numbering.at)
    station, said, at = (next(iter(texts(row.values, path)), "") for path in paths)
    try:
        count = number(said, how.numbering.number, 0, _MOST_NUMBER)
        day = dates.day(at, "day_of_moment", how.numbering.at, how.zone)
    except InputError:
        return None
    return None if not station or count is None or count != int(count) else (station, day, int(count))


def read_row(row: ListedRow, how: PermitMapping) -> tuple[Permit, list[PermitNote]]:
    """Return the permit that a row says, and what is doubtful of it.

    Raises:
        InputError: a field that matters is missing or wrong.
    """
    notes: list[tuple[str, str]] = []
    area, line, width = _ground(row, how, notes)
    begins, ends = _period(row.values, how, notes)
    words = {part: _word(row.values, paths, how, _LONGEST) for part, paths in how.words.items()}
    hours, hours_words = _hours(row.values, how, notes)
    notes += [(one.path, one.then) for one in how.remarks if one.holds(row.values)]
    permit = Permit(
        source=how.name,
        source_id=_id(row.values, how),
        file=row.file,
        row=row.row,
        zone=how.zone.key,
        method=Method(next((one.then for one in how.method if one.holds(row.values)), Method.OTHER)),
        area=None if area is None else shapely.to_wkb(area),
        line=None if line is None else shapely.to_wkb(line),
        width_m=width,
        valid_from=begins,
        valid_until=ends,
        hours=hours,
        hours_words=hours_words,
        machines=tuple(dict.fromkeys(one.then for one in how.machines if one.holds(row.values))),
        depth_m=_measured(row.values, how.depth, _DEEPEST_M, how, notes),
        parties=_parties(row.values, how),
        urgent=any(one.holds(row.values) for one in how.urgent),
        **words,
    )
    return permit, [PermitNote(row.file, row.row, name, said) for name, said in notes]


def _word(values: Said, paths: Sequence[str], how: PermitMapping, longest: int) -> str | None:
    """Return the first text of these paths that says something, in one line."""
    for path in paths:
        for text in texts(values, path):
            flat = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
            if flat and flat.casefold() not in how.absent:
                return flat[:longest]
    return None


def _id(values: Said, how: PermitMapping) -> str:
    found = _word(values, how.id, how, _LONGEST_ID + 1)
    if found is None or len(found) > _LONGEST_ID:
        raise refused(how.id[0], "is missing, or longer than 200 signs", "Give each row the list's own id.")
    return found


def _parties(values: Said, how: PermitMapping) -> tuple[Party, ...]:
    named = (
        (role, _word(values, names, how, _LONGEST_ID), _word(values, contacts, how, _LONGEST_ID))
        for role, (names, contacts) in how.parties.items()
    )
    return tuple(Party(role, name, contact) for role, name, contact in named if name is not None)


def _ground(
    row: ListedRow, how: PermitMapping, notes: list[tuple[str, str]]
) -> tuple[shapely.Geometry | None, shapely.Geometry | None, float | None]:
    """Return the area, or the line or point in its stead, and the width that made an area of a line."""
    if row.crs is not None:
        ground.same_system(how.system, row.crs, "crs")
    for shape in how.shapes:
        found = _shapes(row, shape, how)
        if found:
            break
    else:
        raise refused(
            _named(how.shapes[0]), "is missing", "Give the place of the works; a permit without one covers none."
        )
    name = _named(shape)
    place = ground.to_lonlat(ground.joined(found, name), how.system, name)
    _compare(row.values, place, how)
    if ground.is_area(place):
        ground.check_size(place, name)
        return place, None, None
    width = _measured(row.values, how.width, _WIDEST_M, how, notes)
    if width:
        return ground.widened(place, width), None, width
    kind = "point" if "Point" in place.geom_type else "line"
    notes.append((name, f"a {kind} without a width: kept as it is, it covers no ground until somebody draws the area"))
    return None, place, None


def _named(shape: Shape) -> str:
    return ", ".join(shape.paths)


def _shapes(row: ListedRow, shape: Shape, how: PermitMapping) -> list[shapely.Geometry]:
    """Return what stands there, in the list's own coordinates; nothing where the row has none of this kind."""
    name = _named(shape)
    if shape.kind == "gml":
        found = None if row.element is None else gml.child(row.element, shape.paths[0])
        if found is None:
            return []
        for said in sorted(gml.systems(found)):
            ground.same_system(how.system, said, f"{name}@srsName")
        return gml.read_gml(found, name)
    if shape.kind == "lonlat":
        east, north = (_coordinate(row.values, path) for path in shape.paths)
        if (east is None) is not (north is None):
            raise refused(name, "one of the two is missing", "Give both.")
        return [] if not (east or north) else [shapely.Point(east, north)]
    told = every(row.values, shape.paths[0])
    if not told:
        return []
    try:
        if shape.kind == "wkt":
            return [shapely.from_wkt(str(told[0]))]
        if isinstance(own := row.values.get("crs"), dict):
            ground.same_system(how.system, _crs_name(own), "crs")
        return [shapely.from_geojson(json.dumps(told[0]))]
    except (shapely.GEOSException, ValueError, RecursionError) as error:
        said = "WKT" if shape.kind == "wkt" else "GeoJSON"
        words = " ".join(str(error).split())[:120]
        raise refused(name, f"is no {said} geometry ({words})", "Draw it again; rings end where they begin.") from error


def _crs_name(own: Mapping[str, Any]) -> str:
    properties = own.get("properties")
    return str(properties.get("name") if isinstance(properties, dict) else own)


def _coordinate(values: Said, path: str) -> float | None:
    return number(next(iter(every(values, path)), None), path, -1e9, 1e9)


def _compare(values: Said, place: shapely.Geometry, how: PermitMapping) -> None:
    """Refuse a row that states its place in two systems which do not mean the same place."""
    if how.check is None or place.geom_type != "Point":
        return
    east, north = (_coordinate(values, path) for path in how.check.paths)
    if east is None or north is None:
        return
    name = ", ".join(how.check.paths)
    other = ground.to_lonlat(shapely.Point(east, north), how.check.system, name)
    if (metres := ground.apart_m(place, other)) > how.check.within_m:
        raise refused(
            name,
            f"in {how.check.system.name} lies {metres:.0f} m from the place in {how.system.name}",
            "Correct one of the two places; nobody can tell which is meant.",
        )


def _period(values: Said, how: PermitMapping, notes: list[tuple[str, str]]) -> tuple[datetime | None, datetime | None]:
    """Return the permitted period in UTC, its end excluded; (None, None) for a list without dates."""
    if how.undated is not None:
        notes.append(("dates", f"none: {how.undated}"))
        return None, None
    first, said = _first(values, how.begins)
    begin_day, begins = _begin(values, first, said, how)
    last, told = _first(values, how.ends)
    if last.form in ("days", "half_days"):
        ends = dates.end_of(_last_of(values, last, told, begin_day, first), how.zone)
    elif last.form == "moment":
        ends = dates.end_moment(told, last.path, how.zone)
    else:
        end_day = dates.day(told, last.form, last.path, how.zone)
        exact = _exact(values, last, end_day, how)
        ends = dates.end_of(end_day, how.zone) if exact is None else dates.end_moment(exact, str(last.refine), how.zone)
    if ends <= begins:
        raise refused(
            last.path, f"{str(told)[:40]!r} lies before {first.path} {str(said)[:40]!r}", "Correct one of the two."
        )
    return begins, ends


def _first(values: Said, fields: Sequence[DateField]) -> tuple[DateField, object]:
    for one in fields:
        if found := every(values, one.path):
            return one, found[0]
    raise refused(fields[0].path, "is missing", "Give begin and end; a permit without them would hold for ever.")


def _begin(values: Said, one: DateField, said: object, how: PermitMapping) -> tuple[date, datetime]:
    if one.form == "moment":
        begins = dates.moment(said, one.path, how.zone)
        return begins.astimezone(how.zone).date(), begins
    day = dates.day(said, one.form, one.path, how.zone)
    exact = _exact(values, one, day, how)
    return day, dates.start_of(day, how.zone) if exact is None else dates.moment(exact, str(one.refine), how.zone)


def _exact(values: Said, one: DateField, day: date, how: PermitMapping) -> object | None:
    """Return the exact moment that is given beside a day, midnight at its end included; refuse one on another day."""
    found = every(values, one.refine) if one.refine is not None else []
    if not found:
        return None
    at = dates.moment(found[0], str(one.refine), how.zone)
    if at.astimezone(how.zone).date() != day and at != dates.end_of(day, how.zone):
        raise refused(
            str(one.refine), f"{str(found[0])[:40]!r} is not on the day of {one.path}, {day}", "Correct one of the two."
        )
    return found[0]


def _last_of(values: Said, last: DateField, told: object, begin: date, first: DateField) -> date:
    count = number(told, last.path, 1, _MOST_DAYS)
    if count is None or count != int(count):
        raise refused(last.path, f"{str(told)[:40]!r} is no count of days", "Give whole days, 1 or more.")
    if last.form == "days":
        return dates.last_day(begin, int(count))
    clock = texts(values, first.clock) if first.clock is not None else []
    try:
        begins = time.fromisoformat(clock[0]) if clock else None
    except ValueError as error:
        raise refused(str(first.clock), f"{clock[0][:40]!r} is no hour of the day", "Write it as 08:00.") from error
    return dates.last_half_day(begin, begins, int(count))


def _measured(
    values: Said, how: Measure | None, most: float, mapping: PermitMapping, notes: list[tuple[str, str]]
) -> float | None:
    """Return the largest length in the words of a field, metres; words that hold none are noted."""
    said = None if how is None else _word(values, (how.path,), mapping, _LONGEST)
    if how is None or said is None:
        return None
    found = [float(match) * how.metres for match in how.pattern.findall(said)]
    if not found or not 0 < max(found) <= most:
        notes.append((how.path, f"{said[:60]!r} is not read as a length from 0 to {most:g} m"))
        return None
    return round(max(found), 4)


def _hours(
    values: Said, how: PermitMapping, notes: list[tuple[str, str]]
) -> tuple[tuple[tuple[int, int], ...], str | None]:
    """Return the windows of the day and the words that hold them; words that are not read are noted."""
    if how.hours is None or (said := _word(values, (how.hours[0],), how, _LONGEST)) is None:
        return (), None
    for pattern in how.hours[1]:
        if found := [_window(match.groups()) for match in pattern.finditer(said)]:
            windows = tuple(one for one in found if one is not None)
            if len(windows) == len(found):
                return windows, said
            break
    notes.append((how.hours[0], f"the hours are not read, all day counts: {said[:80]}"))
    return (), said


def _window(parts: tuple[str | None, ...]) -> tuple[int, int] | None:
    """Return begin and end in minutes; a pattern without groups means the whole day, None an hour that no day has."""
    if not parts:
        return 0, _DAY_MIN
    begin_h, begin_m, end_h, end_m = (int(part or 0) for part in parts)
    begin, end = begin_h * 60 + begin_m, end_h * 60 + end_m
    if max(begin_m, end_m) > _LAST_MINUTE % 60 or begin >= _DAY_MIN or end > _DAY_MIN:
        return None
    return begin, _DAY_MIN if end >= _LAST_MINUTE else end
