"""What a list of sites is narrowed to, whatever its order; the board narrows by the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Text, Uuid, cast, or_, select

from pipewarden.casework.store.contractors import ContractorRow
from pipewarden.casework.store.filing_tables import FilingRow
from pipewarden.casework.store.tables import SiteRow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from pipewarden.network.facts import Zone


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """What a list of sites is narrowed to; what is None or empty narrows nothing.

    Attributes:
        states: of the main path, or headlines.
        open: whether it still needs somebody.
        overdue_at: only those whose next deadline is past at that moment.
        bbox: west, south, east, north in degrees WGS-84.
        filing: filed, unfiled or unknown.
        text: part of what people know a site by: compound, contractor, owner, its filing's words, the start of its id.
        owners: persons whose name has ``text`` in it; people are another slice's rows.
    """

    states: tuple[str, ...] = ()
    zones: tuple[Zone, ...] = ()
    levels: tuple[int, ...] = ()
    owner_id: UUID | None = None
    open: bool | None = None
    overdue_at: datetime | None = None
    bbox: tuple[float, float, float, float] | None = None
    filing: str | None = None
    text: str | None = None
    owners: tuple[UUID, ...] = ()


def conditions(wanted: SiteFilter) -> list[ColumnElement[bool]]:
    """Return what narrows a list of sites."""
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(or_(SiteRow.state.in_(wanted.states), SiteRow.headline.in_(wanted.states)))
    if wanted.zones:
        found.append(SiteRow.zone.in_([zone.value for zone in wanted.zones]))
    if wanted.levels:
        found.append(SiteRow.level.in_(wanted.levels))
    if wanted.owner_id is not None:
        found.append(SiteRow.owner_id == wanted.owner_id)
    if wanted.open is not None:
        found.append(SiteRow.open.is_(wanted.open))
    if wanted.overdue_at is not None:
        found.append(SiteRow.next_due_at <= wanted.overdue_at)
    if wanted.filing is not None:
        found.append(SiteRow.filing == wanted.filing)
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        found += [SiteRow.lon.between(west, east), SiteRow.lat.between(south, north)]
    if wanted.text is not None:
        found.append(_known_by(wanted.text, wanted.owners))
    return found


def _known_by(text: str, owners: tuple[UUID, ...]) -> ColumnElement[bool]:
    """Return the condition of being known by some words; rows of another tenant answer for no site of this one."""
    filing = FilingRow.id == cast(SiteRow.sum["filing_id"].as_string(), Uuid)
    says = or_(
        FilingRow.sum["works"]["words"].astext.icontains(text, autoescape=True),
        FilingRow.source_id.icontains(text, autoescape=True),
    )
    contractor = ContractorRow.id == SiteRow.contractor_id, ContractorRow.tenant_id == SiteRow.tenant_id
    return or_(
        SiteRow.compound.icontains(text, autoescape=True),
        cast(SiteRow.id, Text).startswith(text.lower(), autoescape=True),
        SiteRow.owner_id.in_(owners),
        select(ContractorRow.id).where(*contractor, ContractorRow.name.icontains(text, autoescape=True)).exists(),
        select(FilingRow.id).where(FilingRow.tenant_id == SiteRow.tenant_id, filing, says).exists(),
    )
