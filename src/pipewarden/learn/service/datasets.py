"""Make a data set that never changes, read it back proved, take it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError
from pipewarden.learn.facts import Manifest, Recipe, Share
from pipewarden.learn.rules import coco, divide, leaks, quality, read, write
from pipewarden.learn.store import manifests as store
from pipewarden.people import service as people
from pipewarden.people.facts.privacy import Purpose
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.learn.facts import Member, Sample
    from pipewarden.learn.ports import ExportFolder

_LONGEST_NAME = 60
NO_CONSENT = "was sent by a person who has not agreed to training"
NO_CONSENT_KEY = "no_consent"


def make(work: Work, blobs: BlobStore, name: str, samples: Sequence[Sample], recipe: Recipe, *, actor: str) -> Manifest:
    """Make the next data set of a name; pictures keep the share they had in the one before.

    The same pictures by the same recipe are the same data set: the one that is there is returned.

    Raises:
        InputError: the name or the recipe cannot be used, no picture is left, or a picture's bytes are not kept.
    """
    _check_name(name)
    store.lock(work, name)
    kept_back = withheld(work, {one.picture for one in samples})
    samples, asked = [one for one in samples if one.picture not in kept_back], len(samples)
    last = store.latest(work, name)
    before = {} if last is None else {one.sample.picture: one.share for one in members(blobs, last)}
    divided, dropped = divide(samples, recipe, before)
    if kept_back:
        dropped[NO_CONSENT] += asked - len(samples)
    if not divided:
        why = ", ".join(f"{count} {reason}" for reason, count in dropped.items()) or "none were given"
        raise InputError(field="pictures", problem=f"none is left ({why})", fix="Give other pictures or rights.")
    for missing in (one for one in divided if not blobs.path(one.sample.picture).is_file()):
        raise InputError(
            field=missing.sample.origin, problem="its picture is not in the blob store", fix="Import it again."
        )
    if (
        last is not None
        and last.recipe == recipe
        and write(name, last.parent, recipe, divided) == blobs.get(last.sha256)
    ):
        return last
    parent = None if last is None else last.sha256
    made = Manifest(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        name=name,
        number=1 if last is None else last.number + 1,
        sha256=blobs.put(write(name, parent, recipe, divided)),
        parent=parent,
        recipe=recipe,
        quality=quality(divided, dropped),
        made_by=actor,
        made_at=work.now(),
    )
    store.add(work, made)
    return made


def withheld(work: Work, pictures: Collection[str]) -> set[str]:
    """Return those of ``pictures`` that a person sent who has not agreed, now, that models are trained with them.

    Reports and pictures of gas at home; who reported without an account could not agree. A picture that several sent
    needs every one's consent. Cameras of the company and devices are no persons (docs/privacy.md).
    """
    senders: dict[str, set[UUID | None]] = sense.person_senders(work, pictures)
    for picture, owners in perceive.indoor_owners(work, pictures).items():
        senders.setdefault(picture, set()).update(owners)
    known = {one for each in senders.values() for one in each if one is not None}
    agreed = {one for one in known if people.consented(work, one, Purpose.TRAINING)}
    return {picture for picture, each in senders.items() if not each <= agreed}


def _check_name(name: str) -> None:
    if not (0 < len(name) <= _LONGEST_NAME and name.replace("-", "").replace("_", "").isalnum()):
        raise InputError(field="name", problem=f"{name!r} is no data set's name", fix="Use letters, digits, - and _.")


def members(blobs: BlobStore, manifest: Manifest) -> list[Member]:
    """Return the pictures of a data set, read from the blob that its hash names.

    Raises:
        InputError: the blob is gone or damaged, or a camera, site or scene stands in two shares.
    """
    found = read(blobs.get(manifest.sha256), manifest.label)
    if torn := leaks(found):
        raise InputError(
            field=manifest.label,
            problem=f"{torn[0]} stands in more than one share ({len(torn)} in all)",
            fix="Make the data set anew; a score on it would be too good.",
        )
    return found


def manifest(work: Work, label: str) -> Manifest:
    """Return a data set by ``name`` (the newest), ``name-number`` or ``name@number``.

    Raises:
        InputError: there is none.
    """
    head, _, tail = label.rpartition("@" if "@" in label else "-")
    found = store.one(work, head, int(tail)) if head and tail.isdecimal() else None
    found = found or store.latest(work, label)
    if found is None:
        raise InputError(
            field="dataset", problem=f"{label!r} is not known here", fix="pipewarden dataset list names them."
        )
    return found


def manifests(work: Work, *, limit: int, before: UUID | None = None) -> list[Manifest]:
    """Return the tenant's data sets, newest first."""
    return store.page(work, limit=limit, before=before)


def export(work: Work, blobs: BlobStore, made: Manifest, folder: ExportFolder) -> dict[str, int]:
    """Take a data set out as pictures and one COCO document a share; return how many pictures each has.

    A data set never changes, a consent may be withdrawn after it was made: pictures that nobody may train with any more
    stay behind, and their number is answered as ``no_consent`` where there are any.

    Raises:
        InputError: a picture is gone or damaged; the documents are written last, so none names what is not there.
    """
    whole = members(blobs, made)
    kept_back = withheld(work, {one.sample.picture for one in whole})
    found = [one for one in whole if one.sample.picture not in kept_back]
    for one in found:
        folder.picture(f"{one.sample.picture}.jpg", blobs.get(one.sample.picture))
    counts = {}
    for share in Share:
        document = coco(found, share, label=made.label)
        folder.document(f"instances_{share.value}.json", document)
        counts[share.value] = len(document["images"])
    return counts | ({NO_CONSENT_KEY: len(whole) - len(found)} if kept_back else {})
