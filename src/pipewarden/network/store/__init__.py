"""Versions and pipes on disk, and the shipped policy: every query of the network slice."""

from pipewarden.network.store import changes
from pipewarden.network.store.pipes import (
    PipeRow,
    VersionRow,
    activate,
    active_versions,
    add_pipes,
    add_version,
    boxes_of,
    classes,
    lock,
    makes,
    next_number,
    operators_at,
    pipe_rows,
    pipes_of,
    version,
    versions,
)
from pipewarden.network.store.policy import shipped_assumptions, shipped_mappings, shipped_packs
from pipewarden.network.store.proposals import PROPOSALS, ProposalFilter, ProposalRow

__all__ = [
    "PROPOSALS",
    "PipeRow",
    "ProposalFilter",
    "ProposalRow",
    "VersionRow",
    "activate",
    "active_versions",
    "add_pipes",
    "add_version",
    "boxes_of",
    "changes",
    "classes",
    "lock",
    "makes",
    "next_number",
    "operators_at",
    "pipe_rows",
    "pipes_of",
    "shipped_assumptions",
    "shipped_mappings",
    "shipped_packs",
    "version",
    "versions",
]
