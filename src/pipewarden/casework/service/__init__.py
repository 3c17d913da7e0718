"""The use cases of casework: open sites from alarms, let people act on them, show them to who may see them.

Beside them what keeps somebody in charge: duties, the chains that climb, the calls they make, the audit of it all.
"""

from pipewarden.casework.rules import headline
from pipewarden.casework.rules.filing_days import edge as filing_edge
from pipewarden.casework.rules.filing_ground import covers_ground
from pipewarden.casework.rules.filing_life import late_at as filing_late
from pipewarden.casework.rules.filing_life import state_at as filing_state
from pipewarden.casework.rules.strike import remarks_of
from pipewarden.casework.service.asking import step_lines
from pipewarden.casework.service.auditing import Audited, audit
from pipewarden.casework.service.calling import (
    acknowledge_call,
    acknowledged,
    calls,
    flood_state,
    send_calls,
    unreachable,
)
from pipewarden.casework.service.citizens import (
    call_on_duty,
    happened,
    hotline,
    sites_by_id,
    sites_of_alarms,
    sites_of_events,
)
from pipewarden.casework.service.commands import act, notes, owner, permission_of, violation, violation_kinds
from pipewarden.casework.service.compounds import import_compounds
from pipewarden.casework.service.contractors import APPEAL as APPEAL_ENTRY
from pipewarden.casework.service.contractors import DECIDE as DECIDE_APPEAL
from pipewarden.casework.service.contractors import READ as READ_CONTRACTORS
from pipewarden.casework.service.contractors import (
    AppealTold,
    Dossier,
    appeal,
    appeal_told,
    contractor,
    contractors,
    decide_appeal,
    merge_contractor,
    name_speaker,
)
from pipewarden.casework.service.contractors import policy as contractor_policy
from pipewarden.casework.service.drafting import Edited, edit_text
from pipewarden.casework.service.ending import ended_events, endings, ends_among, open_again
from pipewarden.casework.service.filers import (
    Under,
    answer_violation,
    bring_under,
    day_late,
    day_of_site,
    say_under,
    sites_under,
)
from pipewarden.casework.service.files import StaleError, StepRefusedError, append, ask_rules, open_site
from pipewarden.casework.service.filing import ANSWER as ANSWER_FILINGS
from pipewarden.casework.service.filing import CREATE as FILE
from pipewarden.casework.service.filing import READ as READ_FILINGS
from pipewarden.casework.service.filing import (
    StaleFilingError,
    act_on_filing,
    file_works,
    filing,
    filing_history,
    filings,
    filings_changed_at,
    pipes_of_filing,
    works_here,
)
from pipewarden.casework.service.filing_changing import filing_changes
from pipewarden.casework.service.filing_check import check as check_filing
from pipewarden.casework.service.filing_check import filing_place, filing_zone, read_filing
from pipewarden.casework.service.filing_named import known_as, part_of
from pipewarden.casework.service.government import (
    ANSWER,
    GovernmentFigures,
    ReportFound,
    answer_report,
    government_figures,
    reports,
)
from pipewarden.casework.service.handing import Elsewhere, handover, where_handed
from pipewarden.casework.service.importing import ListRefusedError, import_list
from pipewarden.casework.service.keeping import EvidenceKeeper
from pipewarden.casework.service.list_audit import IMPORT, audit_lists, expect_list, list_audit
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
from pipewarden.casework.service.notices import notices
from pipewarden.casework.service.opening import follow, in_hand, look_for
from pipewarden.casework.service.patrols import patrol_wanted
from pipewarden.casework.service.pictures import bring, brought, check_brought, named_by, picture_behind, shown
from pipewarden.casework.service.pictures import original as original_picture
from pipewarden.casework.service.policies import (
    EDIT_POLICY,
    MOST_SITES,
    READ_POLICY,
    Ruling,
    activate,
    keep_preview,
    policy_ruling,
    policy_version,
    preview_version,
    propose,
    proposed,
    roll_back,
)
from pipewarden.casework.service.pushing import push_places
from pipewarden.casework.service.reacting import react
from pipewarden.casework.service.records import contractor_named
from pipewarden.casework.service.reminding import ask_days, remind
from pipewarden.casework.service.renewing import renew, renew_changed, renew_waiting
from pipewarden.casework.service.seen import (
    DECIDE,
    READ,
    WORK,
    Beside,
    Onward,
    beside,
    board,
    changed,
    changed_at,
    clues,
    history,
    names,
    onward,
    site,
    sites,
    sites_by_due,
    sites_by_opening,
    sites_by_risk,
)
from pipewarden.casework.service.standby import gas_found, standby_missed, stood_by, stop_for
from pipewarden.casework.service.standing import sites_standing
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
    strikes_of_site,
)
from pipewarden.casework.service.striking import report_strike
from pipewarden.casework.service.supervising import Change, Preview, check, preview, rules_in_force, rules_of
from pipewarden.casework.service.sweeping import sweep
from pipewarden.casework.service.tasks import site_of_alarm, somebody_sent, tell_answerer, tell_dispatcher
from pipewarden.casework.service.weighing import Backtest, RiskChange, backtest, risk_of, weights_in_force
from pipewarden.casework.store import Column, Filed, SiteFilter
from pipewarden.casework.store.calls import Answered as AnsweredCall
from pipewarden.casework.store.filings import FilingFilter, KeptFiling
from pipewarden.casework.store.owed import DutyFilter
from pipewarden.casework.store.owed import Kept as KeptDuty

__all__ = [
    "ANSWER",
    "ANSWER_FILINGS",
    "APPEAL_ENTRY",
    "DECIDE",
    "DECIDE_APPEAL",
    "EDIT_POLICY",
    "FILE",
    "IMPORT",
    "MOST_SITES",
    "READ",
    "READ_CONTRACTORS",
    "READ_FILINGS",
    "READ_POLICY",
    "WORK",
    "AnsweredCall",
    "AppealTold",
    "Audited",
    "Backtest",
    "Beside",
    "Change",
    "Column",
    "Dossier",
    "DutyFilter",
    "Edited",
    "Elsewhere",
    "EvidenceKeeper",
    "Filed",
    "FilingFilter",
    "GovernmentFigures",
    "KeptDuty",
    "KeptFiling",
    "ListRefusedError",
    "Onward",
    "Preview",
    "ReportFound",
    "RiskChange",
    "Ruling",
    "SiteFilter",
    "StaleError",
    "StaleFilingError",
    "StepRefusedError",
    "Under",
    "acknowledge_call",
    "acknowledged",
    "act",
    "act_on_filing",
    "act_on_strike",
    "activate",
    "answer_report",
    "answer_violation",
    "appeal",
    "appeal_told",
    "append",
    "ask_days",
    "ask_rules",
    "audit",
    "audit_lists",
    "backtest",
    "beside",
    "board",
    "bring",
    "bring_under",
    "brought",
    "call_on_duty",
    "call_to_answer",
    "calls",
    "changed",
    "changed_at",
    "check",
    "check_brought",
    "check_filing",
    "circle",
    "clues",
    "contractor",
    "contractor_named",
    "contractor_policy",
    "contractors",
    "covers_ground",
    "damages",
    "day_late",
    "day_of_site",
    "decide_appeal",
    "draft_damage",
    "duties",
    "duty_words",
    "edit_text",
    "end_shelf",
    "ended_events",
    "endings",
    "ends_among",
    "expect_list",
    "file_works",
    "filing",
    "filing_changes",
    "filing_edge",
    "filing_history",
    "filing_late",
    "filing_of",
    "filing_place",
    "filing_state",
    "filing_zone",
    "filings",
    "filings_changed_at",
    "flood",
    "flood_state",
    "follow",
    "gas_found",
    "government_figures",
    "handover",
    "happened",
    "headline",
    "history",
    "hotline",
    "import_compounds",
    "import_list",
    "in_hand",
    "keep_preview",
    "known_as",
    "list_audit",
    "list_calls",
    "look_for",
    "merge_contractor",
    "name_speaker",
    "named_by",
    "names",
    "notes",
    "notices",
    "onward",
    "open_again",
    "open_site",
    "original_picture",
    "owner",
    "part_of",
    "patrol_wanted",
    "pause",
    "permission_of",
    "picture_behind",
    "pipes_of_filing",
    "placed_anew",
    "policy_now",
    "policy_ruling",
    "policy_version",
    "preview",
    "preview_version",
    "propose",
    "proposed",
    "push_places",
    "react",
    "read_filing",
    "remarks_of",
    "remind",
    "renew",
    "renew_changed",
    "renew_waiting",
    "report_strike",
    "reported_at",
    "reports",
    "resume",
    "risk_of",
    "roll_back",
    "rules_in_force",
    "rules_of",
    "say_under",
    "sees",
    "send_calls",
    "set_contact",
    "shelve",
    "shelves",
    "shift_log",
    "shown",
    "site",
    "site_of_alarm",
    "sites",
    "sites_by_due",
    "sites_by_id",
    "sites_by_opening",
    "sites_by_risk",
    "sites_of_alarms",
    "sites_of_events",
    "sites_standing",
    "sites_under",
    "somebody_sent",
    "standby_missed",
    "step_lines",
    "stood_by",
    "stop_for",
    "strike",
    "strike_contacts",
    "strike_figures",
    "strike_log",
    "strikes",
    "strikes_of_site",
    "sweep",
    "take_over",
    "tell_answerer",
    "tell_dispatcher",
    "unreachable",
    "violation",
    "violation_kinds",
    "weights_in_force",
    "where_handed",
    "works_here",
    "write_log",
]
