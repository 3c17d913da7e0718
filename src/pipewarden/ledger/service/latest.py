"""What came and went last, over several accounts, the newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.store import latest as store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import Line

_MOST = 1000


def latest(
    work: Work,
    addresses: Sequence[str],
    before: tuple[int, int] | None = None,
    limit: int = 100,
    without: Sequence[str] = (),
) -> list[Line]:
    """Return lines of these accounts before a cursor, the newest first. Whose accounts they are the caller must know.

    Where:
        before: ``cursor`` of the last line of the page before.
        without: first words of ``what`` (before its dot) that are left out.
    """
    return store.latest(work.session, addresses, before, min(limit, _MOST), without)
