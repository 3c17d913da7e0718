"""Versions and pipes on disk, and the shipped policy: every query of the network slice."""

from pipewarden.network.store.pipes import (
    PipeRow,
    VersionRow,
    activate,
    active_versions,
    add_pipes,
    add_version,
    classes,
    lock,
    next_number,
    operators_at,
    pipes_of,
    version,
    versions,
)
from pipewarden.network.store.policy import shipped_assumptions, shipped_packs

__all__ = [
    "PipeRow",
    "VersionRow",
    "activate",
    "active_versions",
    "add_pipes",
    "add_version",
    "classes",
    "lock",
    "next_number",
    "operators_at",
    "pipes_of",
    "shipped_assumptions",
    "shipped_packs",
    "version",
    "versions",
]
