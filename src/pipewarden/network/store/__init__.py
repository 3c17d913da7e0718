"""Versions and pipes on disk, and the shipped policy: every query of the network slice."""

from pipewarden.network.store import changes, drafts
from pipewarden.network.store.pipes import (
    PipeRow,
    VersionRow,
    activate,
    active_versions,
    add_pipes,
    add_version,
    boxes_of,
    choose,
    classes,
    corners_of,
    lock,
    makes,
    next_number,
    operators_at,
    pipes_of,
    version,
    versions,
)
from pipewarden.network.store.policy import mapping_body, shipped_assumptions, shipped_mappings, shipped_packs
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
    "choose",
    "classes",
    "corners_of",
    "drafts",
    "lock",
    "makes",
    "mapping_body",
    "next_number",
    "operators_at",
    "pipes_of",
    "shipped_assumptions",
    "shipped_mappings",
    "shipped_packs",
    "version",
    "versions",
]
