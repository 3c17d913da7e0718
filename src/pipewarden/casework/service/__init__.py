"""The use cases of casework: open sites from alarms, let people act on them, show them to who may see them.

Beside them what keeps somebody in charge: duties, the chains that climb, the calls they make, the audit of it all.
"""

from pipewarden.casework.service.auditing import Audited, audit
from pipewarden.casework.service.calling import (
    acknowledge_call,
    acknowledged,
    calls,
    flood_state,
    send_calls,
    unreachable,
)
from pipewarden.casework.service.files import StepRefusedError, append, open_site
from pipewarden.casework.service.minding import (
    call_to_answer,
    duties,
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
from pipewarden.casework.service.patrols import patrol_wanted
from pipewarden.casework.service.reacting import react
from pipewarden.casework.service.sweeping import sweep
from pipewarden.casework.store.calls import Answered as AnsweredCall
from pipewarden.casework.store.owed import DutyFilter
from pipewarden.casework.store.owed import Kept as KeptDuty

__all__ = [
    "AnsweredCall",
    "Audited",
    "DutyFilter",
    "KeptDuty",
    "StepRefusedError",
    "acknowledge_call",
    "acknowledged",
    "append",
    "audit",
    "call_to_answer",
    "calls",
    "duties",
    "end_shelf",
    "flood",
    "flood_state",
    "list_calls",
    "open_site",
    "patrol_wanted",
    "pause",
    "react",
    "resume",
    "send_calls",
    "shelve",
    "shelves",
    "shift_log",
    "sweep",
    "take_over",
    "unreachable",
    "write_log",
]
