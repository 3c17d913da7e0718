"""Pure decisions of perceive: findings, crops, likeness, whether a camera sees, and hazards of gas at home."""

from pipewarden.perceive.rules.blind import PATIENT, Limits, Past, Sight, agrees, shows, suspects, teaches
from pipewarden.perceive.rules.blind import judge as judge_sight
from pipewarden.perceive.rules.clock import Clock, check_clock
from pipewarden.perceive.rules.crops import close_up, square_crop
from pipewarden.perceive.rules.devices import weigh
from pipewarden.perceive.rules.evidence import draw
from pipewarden.perceive.rules.findings import Seen, findings_of, pixel_box
from pipewarden.perceive.rules.hazards import hazard_instructions, nearest, read_hazards, scored, told
from pipewarden.perceive.rules.likeness import dhash, distance, unit
from pipewarden.perceive.rules.view import SIZE, View, view_of, view_of_grey
from pipewarden.perceive.rules.view import name as view_name

__all__ = [
    "PATIENT",
    "SIZE",
    "Clock",
    "Limits",
    "Past",
    "Seen",
    "Sight",
    "View",
    "agrees",
    "check_clock",
    "close_up",
    "dhash",
    "distance",
    "draw",
    "findings_of",
    "hazard_instructions",
    "judge_sight",
    "nearest",
    "pixel_box",
    "read_hazards",
    "scored",
    "shows",
    "square_crop",
    "suspects",
    "teaches",
    "told",
    "unit",
    "view_name",
    "view_of",
    "view_of_grey",
    "weigh",
]
