"""The tables of casework and every query on them, one module per kind of thing."""

from pipewarden.casework.store import (
    calls,
    chains,
    compounds,
    contractors,
    counted,
    dues,
    filings,
    government,
    handing,
    history,
    lists,
    owed,
    ruling,
    shifts,
    shown,
    sites,
    strikes,
    watched,
    weighed,
)
from pipewarden.casework.store.contractor_policy import CONTRACTOR_FILE, shipped_contractors
from pipewarden.casework.store.contractors import CONTRACTORS
from pipewarden.casework.store.duty_policy import shipped_duties
from pipewarden.casework.store.filing_policy import filing_packs
from pipewarden.casework.store.filing_tables import FILINGS, FilingEventRow, FilingRow
from pipewarden.casework.store.matching import shipped_matching
from pipewarden.casework.store.narrowed import SiteFilter
from pipewarden.casework.store.policy import read_violations, violations
from pipewarden.casework.store.risk_policy import RISK_FILE, shipped_risk
from pipewarden.casework.store.shown import Column
from pipewarden.casework.store.sites import Filed
from pipewarden.casework.store.step_policy import STEPS_FILE, shipped_steps
from pipewarden.casework.store.strike_policy import strike_policies
from pipewarden.casework.store.strike_tables import STRIKE_CONTACTS, STRIKES
from pipewarden.casework.store.supervision import SUPERVISION_FILE, shipped_supervision
from pipewarden.casework.store.tables import SITES, SiteEventRow, SiteRow
from pipewarden.casework.store.weighed import Weighed

__all__ = [
    "CONTRACTORS",
    "CONTRACTOR_FILE",
    "FILINGS",
    "RISK_FILE",
    "SITES",
    "STEPS_FILE",
    "STRIKES",
    "STRIKE_CONTACTS",
    "SUPERVISION_FILE",
    "Column",
    "Filed",
    "FilingEventRow",
    "FilingRow",
    "SiteEventRow",
    "SiteFilter",
    "SiteRow",
    "Weighed",
    "calls",
    "chains",
    "compounds",
    "contractors",
    "counted",
    "dues",
    "filing_packs",
    "filings",
    "government",
    "handing",
    "history",
    "lists",
    "owed",
    "read_violations",
    "ruling",
    "shifts",
    "shipped_contractors",
    "shipped_duties",
    "shipped_matching",
    "shipped_risk",
    "shipped_steps",
    "shipped_supervision",
    "shown",
    "sites",
    "strike_policies",
    "strikes",
    "violations",
    "watched",
    "weighed",
]
