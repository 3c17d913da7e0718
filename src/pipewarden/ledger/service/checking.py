"""Checks the whole book: the chain link by link, every balance from its postings, every hold from the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import Checked
from pipewarden.ledger.rules import chain
from pipewarden.ledger.store import reading, walking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.kit.work import Work
    from pipewarden.ledger.facts import End


def check(work: Work, anchored: Sequence[End] = ()) -> Checked:
    """Walk the whole book; work on one snapshot (REPEATABLE READ), or others' transfers look like faults.

    Where:
        anchored: ends of the chain kept outside earlier; without the last one, a tail cut off with care cannot be seen.
    """
    transfers, broken = _walk(work, anchored)
    accounts, negative = walking.counted(work.session)
    sums = walking.sums(work.session)
    faults = walking.faults(work.session)
    uneven = [f"all accounts of {asset} add up to {total} units, not to 0" for asset, total in sums.items() if total]
    below = [f"{negative} accounts have less than nothing"] if negative else []
    problems = (*broken, *uneven, *below, *faults)
    return Checked(accounts, transfers, sums, negative, not broken, problems)


def _walk(work: Work, anchored: Sequence[End]) -> tuple[int, list[str]]:
    """Return how many transfers there are, and where the chain breaks first."""
    known: dict[int, bytes] = {}
    broken = [
        f"two anchors of transfer {one.seq} differ: the book was written anew"
        for one in anchored
        if one.seq and known.setdefault(one.seq, one.hash) != one.hash
    ]
    kept = reading.chain_end(work.session)
    end, count = chain.FIRST, 0
    for transfer, details in walking.transfers(work.session):
        count += 1
        problem = chain.problem(transfer, details, end)
        if problem is None and known.pop(transfer.seq, transfer.hash) != transfer.hash:
            problem = f"transfer {transfer.seq} is not the one that was anchored: the book was written anew"
        if problem is not None and not broken:
            broken.append(problem)
        end = chain.end_of(transfer)
    if not broken and (kept.seq, kept.hash) != (end.seq, end.hash):
        broken.append(f"the chain should end with transfer {kept.seq}, it ends with {end.seq}")
    if not broken and known:
        broken.append(f"the chain ends before the anchored transfer {min(known)}")
    return count, broken
