"""The tables of casework and every query on them, one module per kind of thing."""

from pipewarden.casework.store import calls, chains, filings, owed, shifts, sites, strikes, watched
from pipewarden.casework.store.duty_policy import shipped_duties
from pipewarden.casework.store.filing_policy import filing_packs
from pipewarden.casework.store.filing_tables import FILINGS, FilingEventRow, FilingRow
from pipewarden.casework.store.matching import shipped_matching
from pipewarden.casework.store.policy import read_violations, violations
from pipewarden.casework.store.risk_policy import RISK_FILE, shipped_risk
from pipewarden.casework.store.sites import Filed, SiteFilter
from pipewarden.casework.store.strike_policy import strike_policies
from pipewarden.casework.store.strike_tables import STRIKE_CONTACTS, STRIKES
from pipewarden.casework.store.supervision import SUPERVISION_FILE, shipped_supervision
from pipewarden.casework.store.tables import SITES, SiteEventRow, SiteRow

__all__ = [
    "FILINGS",
    "RISK_FILE",
    "SITES",
    "STRIKES",
    "STRIKE_CONTACTS",
    "SUPERVISION_FILE",
    "Filed",
    "FilingEventRow",
    "FilingRow",
    "SiteEventRow",
    "SiteFilter",
    "SiteRow",
    "calls",
    "chains",
    "filing_packs",
    "filings",
    "owed",
    "read_violations",
    "shifts",
    "shipped_duties",
    "shipped_matching",
    "shipped_risk",
    "shipped_supervision",
    "sites",
    "strike_policies",
    "strikes",
    "violations",
    "watched",
]
