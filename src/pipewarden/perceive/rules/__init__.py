"""Pure decisions of perceive: what is a finding, which crop shows it, how alike two are, whether a camera sees."""

from pipewarden.perceive.rules.blind import PATIENT, Limits, Past, Sight, shows, suspects, teaches
from pipewarden.perceive.rules.blind import judge as judge_sight
from pipewarden.perceive.rules.crops import square_crop
from pipewarden.perceive.rules.evidence import draw
from pipewarden.perceive.rules.findings import Seen, findings_of, pixel_box
from pipewarden.perceive.rules.likeness import dhash, distance, unit
from pipewarden.perceive.rules.view import SIZE, View, view_of, view_of_grey
from pipewarden.perceive.rules.view import name as view_name

__all__ = [
    "PATIENT",
    "SIZE",
    "Limits",
    "Past",
    "Seen",
    "Sight",
    "View",
    "dhash",
    "distance",
    "draw",
    "findings_of",
    "judge_sight",
    "pixel_box",
    "shows",
    "square_crop",
    "suspects",
    "teaches",
    "unit",
    "view_name",
    "view_of",
    "view_of_grey",
]
