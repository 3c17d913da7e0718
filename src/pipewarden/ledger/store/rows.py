"""Rows of a batch as JSON, added as they are booked: little is left to do for many when it is their turn to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.ledger.facts import Kind
from pipewarden.ledger.rules.orders import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.ledger.rules.book import Booked


class Rows:
    """Transfers, postings and open holds as JSON objects, and which holds are closed.

    The JSON is written by hand, names and all: a third of what the general encoder takes.
    """

    __slots__ = ("closed", "holds", "postings", "transfers")

    def __init__(self) -> None:
        """Begin without any."""
        self.transfers: list[str] = []
        self.postings: list[str] = []
        self.holds: list[str] = []
        self.closed: list[UUID] = []

    def follow(self, booked: Sequence[Booked]) -> None:
        """Add the rows of those of a batch that are not there yet."""
        for one in booked[len(self.transfers) :]:
            self._add(one)

    def _add(self, one: Booked) -> None:
        made = one.transfer
        id_, tenant = made.id.hex, made.tenant_id.hex
        expires = "null" if made.expires_at is None else f'"{made.expires_at.isoformat()}"'
        of = "null" if made.of is None else f'"{made.of.hex}"'
        self.transfers.append(
            f'{{"seq":{made.seq},"id":"{id_}","tenant_id":"{tenant}","key":{quoted(made.key)},'
            f'"kind":{quoted(made.kind)},"what":{quoted(made.what)},"of":{of},"details":{quoted(one.details)},'
            f'"expires_at":{expires},"inputs":"{made.inputs.hex()}","previous":"{made.previous.hex()}",'
            f'"hash":"{made.hash.hex()}"}}'
        )
        moves = made.kind is not Kind.PENDING
        for number, (line, after) in enumerate(zip(made.postings, one.after, strict=True)):
            left, there = after if moves else ("null", "null")
            self.postings.append(
                f'{{"transfer_seq":{made.seq},"line":{number},"tenant_id":"{tenant}","source":{quoted(line.source)},'
                f'"destination":{quoted(line.destination)},"asset":{quoted(line.asset)},"amount":{line.amount},'
                f'"source_after":{left},"destination_after":{there}}}'
            )
        if not moves:
            self.holds.append(f'{{"transfer_id":"{id_}","tenant_id":"{tenant}","expires_at":{expires}}}')
        elif made.of is not None and made.kind is not Kind.REVERSE:
            self.closed.append(made.of)
