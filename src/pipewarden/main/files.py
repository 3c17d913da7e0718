"""The files and addresses that commands name, opened by the adapters chosen here: ``cli`` itself knows no adapter."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipewarden.kit.addresses import ANYWHERE
from pipewarden.network import service as network
from pipewarden.network.adapters.files import FileReader
from pipewarden.sense import service as sense
from pipewarden.sense.adapters.permits.files import PermitFiles, SentPermits
from pipewarden.sense.adapters.source import Bounds, Source
from pipewarden.sense.adapters.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipewarden.kit.work import Work
    from pipewarden.network.facts import ImportReport, Regime
    from pipewarden.network.facts.change import SyncOptions, SyncReport
    from pipewarden.network.service import FileNetwork
    from pipewarden.sense.facts import PermitList

__all__ = [
    "Source",
    "import_network",
    "open_network",
    "open_sources",
    "read_permits",
    "read_sent_permits",
    "sync_network",
]


def open_sources(
    targets: Sequence[str],
    *,
    every_s: float,
    sequence_s: float | None = None,
    frames: int | None = None,
    duration_s: float | None = None,
) -> list[Source]:
    """Open pictures, folders, videos, streams and snapshot addresses.

    Args:
        targets: paths or addresses.
        every_s: seconds between sampled frames.
        sequence_s: a folder's pictures are a sequence, this many seconds apart.
        frames: stop a source after so many.
        duration_s: stop a source after so many seconds.

    Raises:
        InputError: no such file, another scheme, or nothing in it that could be looked at.
    """
    # whoever sits at the machine reaches its networks by any other program too
    bounds = Bounds(every_s=every_s, frames=frames, duration_s=duration_s, opened=ANYWHERE)
    return [open_source(target, bounds, sequence_s=sequence_s) for target in targets]


def import_network(
    work: Work,
    path: Path,
    *,
    crs: str,
    jurisdiction: str,
    mapping: str | None = None,
    dry_run: bool = False,
    allow_shift: bool = False,
    allow_rejected: bool = False,
    allow_shrink: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ImportReport:
    """Import a pipe map off the disk; see ``network.service.import_network``."""
    return network.import_network(
        work,
        FileReader(),
        path,
        crs=crs,
        jurisdiction=jurisdiction,
        mapping=mapping,
        dry_run=dry_run,
        allow_shift=allow_shift,
        allow_rejected=allow_rejected,
        allow_shrink=allow_shrink,
        progress=progress,
    )


def sync_network(
    work: Work,
    path: Path,
    *,
    crs: str | None,
    options: SyncOptions,
    mapping: str | None = None,
    regime: Regime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> SyncReport:
    """Compare a delivery off the disk with the active network and apply it; see ``network.service.sync``."""
    return network.sync(
        work, FileReader(), path, crs=crs, options=options, mapping=mapping, regime=regime, progress=progress
    )


def open_network(
    path: Path,
    *,
    crs: str | None,
    jurisdiction: str | None,
    mapping: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FileNetwork:
    """Open a pipe map off the disk without a database; see ``network.service.open_file``."""
    return network.open_file(FileReader(), path, crs=crs, jurisdiction=jurisdiction, mapping=mapping, progress=progress)


def read_permits(path: Path, mapping: str, progress: Callable[[int, int | None], None] | None = None) -> PermitList:
    """Read a permit list, or a folder of them, off the disk; see ``sense.service.read_permits``."""
    return sense.read_permits(PermitFiles(), path, mapping, progress)


def read_sent_permits(name: str, content: bytes, mapping: str) -> PermitList:
    """Read a permit list that was sent under a name; see ``sense.service.read_permits``."""
    return sense.read_permits(SentPermits(content), Path(Path(name).name or "list"), mapping)
