"""The network as vector tiles: squares of the web map, what they show at which zoom, and their encoding."""

from pipewarden.network.rules.tiles.archive import ARCHIVE
from pipewarden.network.rules.tiles.drawing import PIPES_FROM, Drawing, Feature, Plan, draw, lay_out
from pipewarden.network.rules.tiles.square import DEEPEST, EXTENT, MEDIA, Square, encode

__all__ = [
    "ARCHIVE",
    "DEEPEST",
    "EXTENT",
    "MEDIA",
    "PIPES_FROM",
    "Drawing",
    "Feature",
    "Plan",
    "Square",
    "draw",
    "encode",
    "lay_out",
]
