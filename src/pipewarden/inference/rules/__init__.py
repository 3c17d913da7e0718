"""Pure decisions about models: what a manifest says, where boxes lie, which type a crop is."""

from pipewarden.inference.rules.boxes import Letterbox, letterbox, overlaps, pick, suppress
from pipewarden.inference.rules.layout import Layout, layout_of
from pipewarden.inference.rules.manifest import parse_manifest, ports_differ
from pipewarden.inference.rules.tiles import Tile, joined, tiles_over
from pipewarden.inference.rules.types import TypeWeights, chances, classify

__all__ = [
    "Layout",
    "Letterbox",
    "Tile",
    "TypeWeights",
    "chances",
    "classify",
    "joined",
    "layout_of",
    "letterbox",
    "overlaps",
    "parse_manifest",
    "pick",
    "ports_differ",
    "suppress",
    "tiles_over",
]
