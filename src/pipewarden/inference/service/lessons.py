"""Questions that people have settled, handed to who trains a judge of the house's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.inference.rules import fits, pair_line
from pipewarden.inference.store import vision as store
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipewarden.inference.facts import Labelled
    from pipewarden.kit.work import Work


def training_pairs(work: Work, rows: Sequence[Labelled]) -> list[str]:
    """Return one JSON line per settled question, for ``recipes/judge-lora``.

    Raises:
        InputError: a question is not on the tenant's record, or its answer is none.
    """
    lines = []
    for row in rows:
        recorded = store.call_row(work, row.call_id)
        if recorded is None:
            raise InputError(field="call_id", problem=f"{row.call_id} is not on record", fix="Leave it out.")
        if not fits(row.answer):
            raise InputError(
                field="answer", problem=f"of {row.call_id} has no box of four fractions", fix="Give a box 0-1, or null."
            )
        model, expected = store.model_of(recorded), store.expected_of(recorded)
        lines.append(pair_line(row, recorded.request, model=model, expected=expected))
    return lines
