"""What later slices count of sites, violations and papers: lean rows, one a case, as far as a reader reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  as facts are read elsewhere
from uuid import UUID  # noqa: TC003  as above

from pipewarden.casework.facts.site import Severity  # noqa: TC001  as above
from pipewarden.network.facts import Zone  # noqa: TC001  as above


@dataclass(frozen=True, slots=True)
class SiteTimes:
    """When a site came how far for the first time.

    Attributes:
        opened_at: when it was discovered; reopenings change nothing here.
        owner_at: when somebody was first put in charge by name.
        arrived_at: when somebody was first proved on site.
        ended_at: when it first came to an end; ``merged``: another site took it over.
        filing: filed, unfiled or unknown, as it stands now.
        lon: degrees WGS-84; None while its place is unknown, as ``lat``.
    """

    id: UUID
    tenant_id: UUID
    opened_at: datetime
    owner_at: datetime | None
    arrived_at: datetime | None
    ended_at: datetime | None
    merged: bool
    state: str
    zone: Zone
    filing: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """Whose a site is and where: degrees WGS-84; None while nobody knows."""

    id: UUID
    tenant_id: UUID
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Broken:
    """One violation as it was opened.

    Attributes:
        id: of the event that opened it.
        contractor_id: who does the works now, the one that others were merged into; None while nobody knows.
        theirs: whether it can be a contractor's doing (``policy/contractors``: ``not_theirs``).
        void: the entry that it made in their record counts no more: struck out on appeal, or another's works.
        brought: it came with a site that was merged, where it was counted already.
    """

    id: UUID
    site_id: UUID
    tenant_id: UUID
    at: datetime
    code: str
    severity: Severity
    contractor_id: UUID | None
    contractor: str
    theirs: bool
    void: bool
    brought: bool
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Paper:
    """One step of the papers of a site: ``briefed``, ``plan_signed``, ``works_changed`` or ``repair_declared``."""

    site_id: UUID
    what: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BegunWorks:
    """Filed works that begin at a moment; degrees WGS-84 of a point inside them."""

    id: UUID
    tenant_id: UUID
    at: datetime
    lon: float
    lat: float
