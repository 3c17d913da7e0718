"""The tables of operation and every query on them; of the queue's tables what tells how far behind it is."""

from pipewarden.operation.store.beats import BeatRow, beat, beats, probe
from pipewarden.operation.store.faults import FaultRow, faults, lock, open_faults, see, settle, told
from pipewarden.operation.store.lanes import lanes, stages
from pipewarden.operation.store.pages import shipped_pages

__all__ = [
    "BeatRow",
    "FaultRow",
    "beat",
    "beats",
    "faults",
    "lanes",
    "lock",
    "open_faults",
    "probe",
    "see",
    "settle",
    "shipped_pages",
    "stages",
    "told",
]
