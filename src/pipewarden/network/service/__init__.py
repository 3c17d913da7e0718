"""The network's use cases: import, swap and roll back versions; say where points lie, one or a million."""

from pipewarden.network.service.answers import FileNetwork, answer, answer_file, answer_many, open_file
from pipewarden.network.service.imports import import_network, pipes, rollback, versions
from pipewarden.network.service.points import ZonesTable, added, zones_csv

__all__ = [
    "FileNetwork",
    "ZonesTable",
    "added",
    "answer",
    "answer_file",
    "answer_many",
    "import_network",
    "open_file",
    "pipes",
    "rollback",
    "versions",
    "zones_csv",
]
