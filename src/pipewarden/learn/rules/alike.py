"""Pictures that are one picture twice: by their 256-bit likeness, all pairs, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROWS = 512  # a block of rows against all: 512 x 20,000 x 32 bytes stay near 300 MB


def alike(likenesses: Sequence[bytes], near: int) -> list[tuple[int, int]]:
    """Return the pairs (i, j), i < j, whose hashes differ in at most ``near`` of 256 bits.

    Args:
        likenesses: 32 bytes each.
        near: 0 finds equal hashes only.
    """
    if len(likenesses) < 2:  # noqa: PLR2004  a pair needs two
        return []
    bits = np.frombuffer(b"".join(likenesses), np.uint64).reshape(len(likenesses), -1)
    found: list[tuple[int, int]] = []
    for start in range(0, len(bits), _ROWS):
        block = bits[start : start + _ROWS]
        apart = np.bitwise_count(block[:, None, :] ^ bits[None, start:, :]).sum(axis=2)
        rows, columns = np.nonzero(apart <= near)
        keep = columns > rows
        found += [(start + int(i), start + int(j)) for i, j in zip(rows[keep], columns[keep], strict=True)]
    return found
