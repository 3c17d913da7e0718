"""Pure decisions about models: what a manifest says, where boxes lie, which type a crop is."""

from pipewarden.inference.rules.boxes import Letterbox, letterbox, overlaps, pick, suppress
from pipewarden.inference.rules.breaker import Admission, Gate, admit, after
from pipewarden.inference.rules.chat import Prepared, lesson, prepare, repair_messages
from pipewarden.inference.rules.layout import Layout, layout_of
from pipewarden.inference.rules.manifest import parse_manifest, ports_differ
from pipewarden.inference.rules.origin import origin_of
from pipewarden.inference.rules.profiles import profile_of
from pipewarden.inference.rules.published import published_card
from pipewarden.inference.rules.replies import Conclusion, Expected, conclude, read
from pipewarden.inference.rules.spend import ceiling, charged, day_of, reservation
from pipewarden.inference.rules.tiles import Tile, joined, tiles_over
from pipewarden.inference.rules.types import TypeWeights, chances, classify
from pipewarden.inference.rules.words import Words, flags

__all__ = [
    "Admission",
    "Conclusion",
    "Expected",
    "Gate",
    "Layout",
    "Letterbox",
    "Prepared",
    "Tile",
    "TypeWeights",
    "Words",
    "admit",
    "after",
    "ceiling",
    "chances",
    "charged",
    "classify",
    "conclude",
    "day_of",
    "flags",
    "joined",
    "layout_of",
    "lesson",
    "letterbox",
    "origin_of",
    "overlaps",
    "parse_manifest",
    "pick",
    "ports_differ",
    "prepare",
    "profile_of",
    "published_card",
    "read",
    "repair_messages",
    "reservation",
    "suppress",
    "tiles_over",
]
