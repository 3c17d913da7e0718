"""Pictures that experts were shown, what they delivered, and examples of capabilities: for how long, and how they go.

Their days count from the end of the commission; what was answered, settled and paid stays, its picture does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pipewarden.market.service import deliveries, labelling
from pipewarden.market.store import keeping as store
from pipewarden.people.facts.privacy import DataClass, Kept

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work


@dataclass(frozen=True, slots=True)
class LabelKeeper:
    """Masked pictures of items. Implements ``people.ports.Keeper``.

    Attributes:
        blobs: of the house.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.WORK

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return pictures of commissions that ended before a moment."""
        return [_kept("person", one) for one in store.pictures(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what was settled stays, its picture does not."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other item names."""
        store.blank_pictures(work, _ids(items))
        digests = {one.digest for one in items}
        _drop(labelling.apart(self.blobs), digests - store.pictures_named(work, digests))
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:
        """Return pictures that show a person's own work or home, of commissions that run, too."""
        return [_kept("person", one) for one in store.pictures(work, author=person_id, limit=limit)]


@dataclass(frozen=True, slots=True)
class DeliveryKeeper:
    """ZIPs of work done offline. Implements ``people.ports.Keeper``.

    Attributes:
        blobs: of the house.
    """

    blobs: BlobStore
    cls: DataClass = DataClass.WORK

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return deliveries of commissions that ended before a moment."""
        return [_kept("person", one) for one in store.deliveries(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:  # noqa: ARG002  the port's names
        """Return nothing: what was judged and paid stays, the file does not."""
        return set()

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Blank the rows, then delete files that no other delivery names."""
        store.blank_deliveries(work, _ids(items))
        digests = {one.digest for one in items}
        _drop(deliveries.apart(self.blobs), digests - store.deliveries_named(work, digests))
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  the port's names
        """Return nothing: work that was delivered is the client's; what its person said of it is forgotten."""
        return []


@dataclass(frozen=True, slots=True)
class ExampleKeeper:
    """Labelled pictures of capabilities, masked, with their features. Implements ``people.ports.Keeper``."""

    cls: DataClass = DataClass.WORK

    def older(self, work: Work, before: datetime, after: tuple[datetime, str] | None, limit: int) -> list[Kept]:
        """Return those made before a moment."""
        return [_kept("capability", one) for one in store.examples(work, before=before, after=after, limit=limit)]

    def needed(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Return those of capabilities that were measured and are not taken back: figures stand on them."""
        lines = store.example_lines(work, _ids(items))
        used = store.lines_in_use(work, set(lines.values()))
        return {str(one) for one, line in lines.items() if line in used}

    def delete(self, work: Work, items: Collection[Kept]) -> set[str]:
        """Delete the rows; there are no files."""
        store.drop_examples(work, _ids(items))
        return {one.id for one in items}

    def of_person(self, work: Work, person_id: UUID, limit: int) -> list[Kept]:  # noqa: ARG002  the port's names
        """Return nothing: an example says nobody's name."""
        return []


def _ids(items: Collection[Kept]) -> list[UUID]:
    return [UUID(one.id) for one in items]


def _drop(files: BlobStore, digests: Collection[str]) -> None:
    for digest in digests:
        files.path(digest).unlink(missing_ok=True)


def _kept(who: str, one: store.Old) -> Kept:
    names = frozenset({f"picture:{one.digest}", f"commission:{one.of}", *(f"{who}:{each}" for each in one.about)})
    return Kept(DataClass.WORK, str(one.id), one.digest, one.at, names)
