"""What works need before the ground is opened: the pack of the place and the day, applied to one filing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework.facts import Decision, Overlap, Required
from pipewarden.casework.rules.filing_days import day_of, due_at, may_begin_at
from pipewarden.kit.errors import InputError
from pipewarden.network.facts import PressureClass, Regime, Zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from pipewarden.casework.facts import Calendar, FilingPack, Requirement, Works
    from pipewarden.network.facts import Crossed

LONG_DISTANCE = "CN-LONGDISTANCE"
_CLASSES = tuple(PressureClass)
_SEVERITY = {Zone.OUTSIDE: 0, Zone.CONTROL: 1, Zone.UNKNOWN: 2, Zone.PROTECTION: 3}


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the lines of a pack are applied to."""

    calendar: Calendar
    works: Works
    at: datetime
    filed: datetime


def chain_of(packs: Sequence[FilingPack], place: str, at: datetime) -> tuple[FilingPack, ...]:
    """Return the packs that hold at a place on the local day of a moment, the local one first.

    A place without a pack in force takes the one above it: CN-HE-langfang that of CN-HE, then that of CN.

    Raises:
        InputError: no pack of the place's country is in force then.
    """
    name = place
    while (found := _in_force(packs, name, at)) is None:
        name, dash, _ = name.rpartition("-")
        if not dash:
            known = ", ".join(sorted({one.pack for one in packs}))
            raise InputError(field="place", problem=f"no pack holds at {place!r} then", fix=f"Give one of {known}.")
    chain = [found]
    while chain[-1].parent is not None and (above := _in_force(packs, chain[-1].parent, at)) is not None:
        chain.append(above)
    return tuple(chain)


def _in_force(packs: Iterable[FilingPack], name: str, at: datetime) -> FilingPack | None:
    for one in packs:
        if (
            one.pack == name
            and one.since <= day_of(at, one.zone)
            and (one.until is None or day_of(at, one.zone) < one.until)
        ):
            return one
    return None


def decide(
    packs: Sequence[FilingPack],
    calendar: Calendar,
    works: Works,
    *,
    at: datetime,
    zones: Mapping[Regime, Zone],
    overlaps: Sequence[Overlap] = (),
    filed: datetime | None = None,
) -> Decision:
    """Return what is answered to works filed at a moment.

    Args:
        packs: every pack known.
        calendar: for working days.
        works: what is filed.
        at: when it is answered; its local day chooses the packs.
        zones: where the works stand against each regime's pipes. Where no map answers for the place's own regime that
            is ``unknown``, which counts as inside; the other regime counts only where its map shows it.
        overlaps: the pipes behind them.
        filed: when the notice was given, if earlier: works that are renewed.

    Raises:
        InputError: no pack holds at the place.
    """
    local = chain_of(packs, works.place, at)
    chains, asked = [local], _Asked(calendar, works, at, filed or at)
    met = {local[0].regime: Zone.UNKNOWN, **zones}
    if local[0].regime is Regime.CITY_GAS and zones.get(Regime.LONG_DISTANCE, Zone.OUTSIDE) is not Zone.OUTSIDE:
        chains.append(chain_of(packs, LONG_DISTANCE, at))
    required: list[Required] = []
    for chain in chains:
        required += _lines(chain, asked, met[chain[0].regime])
    return Decision(
        at=at,
        place=works.place,
        packs=tuple(dict.fromkeys(f"{one.pack}@{one.since}" for chain in chains for one in chain)),
        zone=max(met.values(), key=_SEVERITY.__getitem__),
        overlaps=tuple(overlaps),
        required=tuple(required),
    )


def overlaps_of(crossed: Iterable[Crossed]) -> tuple[Overlap, ...]:
    """Return what is crossed, added up by regime, class and zone without naming a pipe: the gravest first."""
    metres: dict[tuple[Zone, Regime, PressureClass], tuple[float, int]] = {}
    for one in crossed:
        key = (one.zone, one.regime, one.pressure_class)
        length, stations = metres.get(key, (0.0, 0))
        metres[key] = (length + one.metres, stations + one.station)
    return tuple(
        Overlap(regime, cls, zone, round(length, 2), stations)
        for (zone, regime, cls), (length, stations) in sorted(metres.items(), key=lambda item: _order(*item[0]))
    )


def _order(zone: Zone, regime: Regime, cls: PressureClass) -> tuple[int, str, int]:
    return -_SEVERITY[zone], regime, -_CLASSES.index(cls)


def _lines(chain: Sequence[FilingPack], asked: _Asked, zone: Zone) -> Iterable[Required]:
    """Return a chain's lines that fit; of two of one kind that fit the more local one counts."""
    seen: set[str] = set()
    for pack in chain:
        for line in pack.requirements.values():
            if line.kind not in seen and _fits(line, asked.works, zone):
                seen.add(line.kind)
                yield _apply(line, pack, asked)


def _fits(line: Requirement, works: Works, zone: Zone) -> bool:
    return (
        (not line.zones or zone in line.zones)
        and (not line.methods or works.method in line.methods)
        and (line.urgent is None or line.urgent is works.urgent)
    )


def _apply(line: Requirement, pack: FilingPack, asked: _Asked) -> Required:
    due, included, unknown = None, True, frozenset[int]()
    late, begin = None, None
    if line.due is not None:
        due, included, unknown = due_at(
            line.due, start=asked.works.valid_from, filed=asked.at, zone=pack.zone, calendar=asked.calendar
        )
        if line.by_filing:
            late = asked.filed > due or (asked.filed == due and not included)
        if late and line.due.of == "before_start":
            begin = may_begin_at(line.due, filed=asked.filed, zone=pack.zone, calendar=asked.calendar)
    return Required(
        kind=line.kind,
        zh=line.zh,
        en=line.en,
        effect=line.effect,
        regime=pack.regime,
        pack=pack.pack,
        clause=line.clause,
        law=line.law,
        due_at=due,
        included=included,
        late=late,
        may_begin_at=begin,
        unknown_years=tuple(sorted(unknown)),
    )
