"""The network's use cases: import, swap and roll back versions; say where points lie, one or a million."""

from pipewarden.network.service.answers import (
    FileNetwork,
    answer,
    answer_file,
    answer_many,
    known_jurisdiction,
    open_file,
)
from pipewarden.network.service.imports import classes, import_network, pipes, rollback, versions
from pipewarden.network.service.isolating import isolation, operators_at
from pipewarden.network.service.points import ZonesTable, added, zones_csv
from pipewarden.network.service.reaching import around, around_file, near
from pipewarden.network.service.stretches import metres_in
from pipewarden.network.service.tiles import Tile, tile

__all__ = [
    "FileNetwork",
    "Tile",
    "ZonesTable",
    "added",
    "answer",
    "answer_file",
    "answer_many",
    "around",
    "around_file",
    "classes",
    "import_network",
    "isolation",
    "known_jurisdiction",
    "metres_in",
    "near",
    "open_file",
    "operators_at",
    "pipes",
    "rollback",
    "tile",
    "versions",
    "zones_csv",
]
