"""What an answered filing lets the judge take for known works, and what it never does.

A window silences an alarm, and where no site is open it keeps one from being opened: nobody goes there, no rule is
asked. So there is none where somebody has to be on the spot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import shapely

from pipewarden.casework.facts import TOLD_APART, FilingState, Method
from pipewarden.casework.rules.filing_life import state_at
from pipewarden.judge.facts import Permitted
from pipewarden.network.facts import INSIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from pipewarden.casework.facts import Filing

WATCHED: Final = frozenset({Method.BLASTING, Method.TRENCHLESS, Method.PIPE_JACKING})  # V-PLAN-CONTROL asks of them
ON_THE_SPOT: Final = frozenset(
    {"protection_plan", "control_range_plan", "agreement", "operator_on_site", "supervising_engineer_on_site"}
)


def windows(
    filing: Filing, zone: ZoneInfo, suits: Mapping[Method, Iterable[str]], at: datetime
) -> tuple[Permitted, ...]:
    """Return the permitted works of a filing, one for each part of its area.

    None before the operator has answered, once it has ended or was cancelled; none in the protection range or where no
    map answers; none for what is forbidden, wants a plan, an agreement or somebody on the spot; none for a part with a
    hole, which a ring cannot say.

    Args:
        filing: as it stands.
        zone: the place's own time zone.
        suits: the machines that each method takes, for a filing that names none.
        at: the present.
    """
    works, said = filing.works, filing.decision
    if state_at(filing, at) not in {FilingState.ANSWERED, FilingState.VALID} or said is None:
        return ()
    asked = {one.kind for one in said.required}
    if said.zone in INSIDE or said.forbidden or works.method in WATCHED or asked & ON_THE_SPOT:
        return ()
    machines = frozenset(works.machines or suits.get(works.method, ())) & frozenset(TOLD_APART)
    return tuple(
        Permitted(
            key=f"{filing.id}/{number}",
            ring=tuple((float(lon), float(lat)) for lon, lat in part.exterior.coords),
            starts_at=works.valid_from,
            ends_at=works.valid_until,
            daily=None if works.hours is None else (works.hours.opens, works.hours.shuts),
            zone=zone.key,
            machines=machines,
        )
        for number, part in enumerate(_parts(works.area))
        if not part.interiors
    )


def _parts(area: bytes) -> list[shapely.Polygon]:
    return [one for one in shapely.get_parts(shapely.from_wkb(area)) if isinstance(one, shapely.Polygon)]
