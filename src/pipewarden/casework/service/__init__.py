"""The use cases of casework: open sites from alarms, let people act on them, show them to who may see them.

Beside them what keeps somebody in charge: duties, the chains that climb, the calls they make, the audit of it all.
"""

from pipewarden.casework.rules import headline
from pipewarden.casework.rules.filing_days import edge as filing_edge
from pipewarden.casework.rules.filing_life import state_at as filing_state
from pipewarden.casework.rules.strike import remarks_of
from pipewarden.casework.service.auditing import Audited, audit
from pipewarden.casework.service.calling import (
    acknowledge_call,
    acknowledged,
    calls,
    flood_state,
    send_calls,
    unreachable,
)
from pipewarden.casework.service.commands import act, owner, permission_of, violation
from pipewarden.casework.service.files import StaleError, StepRefusedError, append, open_site
from pipewarden.casework.service.filing import CREATE as FILE
from pipewarden.casework.service.filing import READ as READ_FILINGS
from pipewarden.casework.service.filing import (
    StaleFilingError,
    act_on_filing,
    file_works,
    filing,
    filing_history,
    filings,
    pipes_of_filing,
    works_here,
)
from pipewarden.casework.service.filing_check import check as check_filing
from pipewarden.casework.service.filing_check import filing_place, filing_zone, read_filing
from pipewarden.casework.service.matching import filing_of
from pipewarden.casework.service.minding import (
    call_to_answer,
    duties,
    duty_words,
    end_shelf,
    flood,
    list_calls,
    pause,
    resume,
    shelve,
    shelves,
    shift_log,
    take_over,
    write_log,
)
from pipewarden.casework.service.opening import follow, look_for
from pipewarden.casework.service.patrols import patrol_wanted
from pipewarden.casework.service.pictures import bring, check_brought, shown
from pipewarden.casework.service.pushing import push_places
from pipewarden.casework.service.reacting import react
from pipewarden.casework.service.seen import (
    DECIDE,
    READ,
    WORK,
    Onward,
    changed,
    clues,
    history,
    names,
    onward,
    site,
    sites,
)
from pipewarden.casework.service.strike_acts import act_on_strike, placed_anew, set_contact
from pipewarden.casework.service.strike_plan import circle, policy_now
from pipewarden.casework.service.strike_seen import (
    damages,
    draft_damage,
    reported_at,
    sees,
    strike,
    strike_contacts,
    strike_figures,
    strike_log,
    strikes,
)
from pipewarden.casework.service.striking import report_strike
from pipewarden.casework.service.supervising import Change, Preview, check, preview, rules_of
from pipewarden.casework.service.sweeping import sweep
from pipewarden.casework.service.weighing import Backtest, RiskChange, backtest, risk_of
from pipewarden.casework.store import Filed, SiteFilter
from pipewarden.casework.store.calls import Answered as AnsweredCall
from pipewarden.casework.store.filings import FilingFilter, KeptFiling
from pipewarden.casework.store.owed import DutyFilter
from pipewarden.casework.store.owed import Kept as KeptDuty

__all__ = [
    "DECIDE",
    "FILE",
    "READ",
    "READ_FILINGS",
    "WORK",
    "AnsweredCall",
    "Audited",
    "Backtest",
    "Change",
    "DutyFilter",
    "Filed",
    "FilingFilter",
    "KeptDuty",
    "KeptFiling",
    "Onward",
    "Preview",
    "RiskChange",
    "SiteFilter",
    "StaleError",
    "StaleFilingError",
    "StepRefusedError",
    "acknowledge_call",
    "acknowledged",
    "act",
    "act_on_filing",
    "act_on_strike",
    "append",
    "audit",
    "backtest",
    "bring",
    "call_to_answer",
    "calls",
    "changed",
    "check",
    "check_brought",
    "check_filing",
    "circle",
    "clues",
    "damages",
    "draft_damage",
    "duties",
    "duty_words",
    "end_shelf",
    "file_works",
    "filing",
    "filing_edge",
    "filing_history",
    "filing_of",
    "filing_place",
    "filing_state",
    "filing_zone",
    "filings",
    "flood",
    "flood_state",
    "follow",
    "headline",
    "history",
    "list_calls",
    "look_for",
    "names",
    "onward",
    "open_site",
    "owner",
    "patrol_wanted",
    "pause",
    "permission_of",
    "pipes_of_filing",
    "placed_anew",
    "policy_now",
    "preview",
    "push_places",
    "react",
    "read_filing",
    "remarks_of",
    "report_strike",
    "reported_at",
    "resume",
    "risk_of",
    "rules_of",
    "sees",
    "send_calls",
    "set_contact",
    "shelve",
    "shelves",
    "shift_log",
    "shown",
    "site",
    "sites",
    "strike",
    "strike_contacts",
    "strike_figures",
    "strike_log",
    "strikes",
    "sweep",
    "take_over",
    "unreachable",
    "violation",
    "works_here",
    "write_log",
]
