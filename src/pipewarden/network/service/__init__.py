"""The network's use cases: import, swap and roll back versions; say where points lie, one or a million."""

from pipewarden.network.service.answers import (
    FileNetwork,
    answer,
    answer_file,
    answer_many,
    known_jurisdiction,
    open_file,
)
from pipewarden.network.service.deliveries import ask_sync, next_sync, note_sync, sync_job
from pipewarden.network.service.drafting import fail_draft, next_draft, note_draft, run_draft
from pipewarden.network.service.drafts import (
    activate_draft,
    begin_draft,
    choose,
    compare_versions,
    discard,
    draft,
    draft_changes,
    draft_fields,
    draft_place,
    draft_tile,
    drafts,
)
from pipewarden.network.service.ground import place_lonlat, to_lonlat
from pipewarden.network.service.imports import (
    activate_version,
    classes,
    import_network,
    makes,
    pipes,
    rollback,
    versions,
)
from pipewarden.network.service.isolating import isolation, operators_at
from pipewarden.network.service.nearby import pipe_here
from pipewarden.network.service.offline import OfflineMap, offline_map
from pipewarden.network.service.packs import PackHeld, mapping_names, packs_held
from pipewarden.network.service.points import ZonesTable, added, zones_csv
from pipewarden.network.service.proposals import READ, decide, proposals, propose, unmapped
from pipewarden.network.service.reaching import around, around_file, near
from pipewarden.network.service.stretches import metres_in
from pipewarden.network.service.syncing import network_diff, sync
from pipewarden.network.service.taking_out import EXPORT, Taken, take_one, take_out
from pipewarden.network.service.telling import changed_boxes, tell_rest
from pipewarden.network.service.tiles import Tile, tile
from pipewarden.network.store import ProposalFilter

__all__ = [
    "EXPORT",
    "READ",
    "FileNetwork",
    "OfflineMap",
    "PackHeld",
    "ProposalFilter",
    "Taken",
    "Tile",
    "ZonesTable",
    "activate_draft",
    "activate_version",
    "added",
    "answer",
    "answer_file",
    "answer_many",
    "around",
    "around_file",
    "ask_sync",
    "begin_draft",
    "changed_boxes",
    "choose",
    "classes",
    "compare_versions",
    "decide",
    "discard",
    "draft",
    "draft_changes",
    "draft_fields",
    "draft_place",
    "draft_tile",
    "drafts",
    "fail_draft",
    "import_network",
    "isolation",
    "known_jurisdiction",
    "makes",
    "mapping_names",
    "metres_in",
    "near",
    "network_diff",
    "next_draft",
    "next_sync",
    "note_draft",
    "note_sync",
    "offline_map",
    "open_file",
    "operators_at",
    "packs_held",
    "pipe_here",
    "pipes",
    "place_lonlat",
    "proposals",
    "propose",
    "rollback",
    "run_draft",
    "sync",
    "sync_job",
    "take_one",
    "take_out",
    "tell_rest",
    "tile",
    "to_lonlat",
    "unmapped",
    "versions",
    "zones_csv",
]
