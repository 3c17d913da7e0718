"""A commission's labels as one ZIP for other tools: written piece by piece, every task in it, empty pictures too.

The pictures are the masked ones that experts saw; there is no other here. Who answered is not in it.
"""

from __future__ import annotations

import zipfile
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO

from pipewarden.market.rules.formats_coco import write_coco
from pipewarden.market.rules.formats_files import write_voc, write_yolo
from pipewarden.market.rules.formats_label_studio import write_label_studio
from pipewarden.market.service import commissions, labelling
from pipewarden.market.service.labelling_items import classes_of, labelled
from pipewarden.market.store import labels
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

_OLDEST = (1980, 1, 1, 0, 0, 0)  # a ZIP of the same labels is the same file whenever it is made


class Format(StrEnum):
    """What the labels are written as."""

    COCO = "coco"
    LABEL_STUDIO = "label_studio"
    YOLO = "yolo"
    VOC = "voc"


def export(
    work: Work,
    actor: Actor,
    commission_id: UUID,
    how: Format,
    into: BinaryIO,
    *,
    blobs: BlobStore,
    pictures: bool = True,
) -> int:
    """Write a commission's labels into a ZIP and return how many items are in it; on record.

    Label Studio's file has every task, answered or not; the others have those that settled.

    Args:
        work: of the client's tenant.
        actor: the client.
        commission_id: which.
        how: the format.
        into: where to; written from front to back.
        blobs: of the house.
        pictures: whether the masked pictures go along.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such commission here.
        InputError: a picture is gone.
    """
    commission = commissions.managed(work, actor, commission_id)
    count = 0
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, pieces in _files(work, commission_id, how, classes_of(work, commission_id), commission.title):
            with pack.open(zipfile.ZipInfo(name, _OLDEST), "w", force_zip64=True) as file:
                for piece in pieces:
                    file.write(piece.encode())
        for one in labels.every_item(work, commission_id):
            if one.picture is not None and (one.settled is not None or how is Format.LABEL_STUDIO):
                count += 1
                if pictures:
                    pack.writestr(zipfile.ZipInfo(f"images/{one.id}.jpg", _OLDEST), _picture(blobs, one.picture))
    body: dict[str, object] = {"format": how.value, "items": count, "pictures": pictures}
    people.record(work, actor, "label.exported", ("commission", commission_id), body)
    return count


def _files(
    work: Work, commission_id: UUID, how: Format, classes: Sequence[str], title: str
) -> Iterator[tuple[str, Iterable[str]]]:
    if how is Format.COCO:
        yield "annotations.json", write_coco(lambda: labelled(work, commission_id), classes, title)
    elif how is Format.LABEL_STUDIO:
        yield "tasks.json", write_label_studio(labelled(work, commission_id))
    elif how is Format.YOLO:
        for name, text in write_yolo(labelled(work, commission_id), classes):
            yield name, (text,)
    else:
        for name, text in write_voc(labelled(work, commission_id)):
            yield name, (text,)


def _picture(blobs: BlobStore, sha256: str) -> bytes:
    return labelling.apart(blobs).get(sha256)
