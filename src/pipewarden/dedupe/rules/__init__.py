"""Pure decisions of dedupe: the same place, the same machine, the same site, and what an alarm then says."""

from pipewarden.dedupe.rules.board import Board, Decision, FrameHead, Track, confirmed
from pipewarden.dedupe.rules.cueing import Views, radius_m, seeing, worth_a_look
from pipewarden.dedupe.rules.same import Match, comparable, gate, same_place
from pipewarden.dedupe.rules.sighting import Likeness, Sighting, apart, box_about, likeness, overlap
from pipewarden.dedupe.rules.summary import around, ellipse, fuse, gravest, vote, work_area

__all__ = [
    "Board",
    "Decision",
    "FrameHead",
    "Likeness",
    "Match",
    "Sighting",
    "Track",
    "Views",
    "apart",
    "around",
    "box_about",
    "comparable",
    "confirmed",
    "ellipse",
    "fuse",
    "gate",
    "gravest",
    "likeness",
    "overlap",
    "radius_m",
    "same_place",
    "seeing",
    "vote",
    "work_area",
    "worth_a_look",
]
