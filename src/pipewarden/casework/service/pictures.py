"""Pictures that people bring to a site as proof: each site's kept apart, shown again only drawn anew.

What was brought to one site proves nothing at another. Outside it has a random id of the tenant's and no hash, so
nobody who has a picture can ask whether it is here (docs/adr/0028).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.service import seen
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError
from pipewarden.people import service as people
from pipewarden.people.facts import NotFoundError
from pipewarden.perceive import service as perceive
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import Site
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.service import Lens, Showing

EVIDENCE = "evidence:read"


def bring(work: Work, actor: Actor, blobs: BlobStore, site_id: UUID, picture: bytes) -> str:
    """Keep a picture for a site that the actor works at and return its SHA-256, to be named in a proof.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is none in reach.
        InputError: the file is no picture, or too large.
    """
    found = seen.site(work, actor, site_id, seen.WORK).site
    if found.tenant_id != work.tenant_id:
        raise NotFoundError.of("site")
    sense.check_picture(picture, "picture")
    return apart(blobs, site_id).put(picture)


def check_brought(blobs: BlobStore, site_id: UUID, pictures: Collection[str]) -> None:
    """Refuse pictures that were never brought to a site.

    Raises:
        InputError: one of them is not here.
    """
    for one in pictures:
        if not apart(blobs, site_id).path(one).exists():
            raise _not_here()


def picture_behind(work: Work, actor: Actor, site_id: UUID, picture_id: str) -> str:
    """Return the hash behind the id of a picture on a site in reach.

    Raises:
        ForbiddenError: the actor sees no evidence.
        NotFoundError: the site is not in reach, or the id is unknown or another tenant's: the same words for all.
    """
    people.require(actor, EVIDENCE)
    try:
        whose = seen.site(work, actor, site_id).site.tenant_id
    except NotFoundError as error:
        raise NotFoundError.of("picture") from error
    return people.visible(people.hashes_by_blob_id(work, [picture_id], tenant_id=whose).get(picture_id), "picture")


def named_by(work: Work, picture_ids: Sequence[str]) -> list[str]:
    """Return the hashes of pictures that an act names by the ids that were answered, in the same order.

    Raises:
        InputError: an id is unknown, or another tenant's.
    """
    found = people.hashes_by_blob_id(work, picture_ids)
    if any(one not in found for one in picture_ids):
        raise _not_here()
    return [found[one] for one in picture_ids]


def _not_here() -> InputError:
    fix = "Send the picture to the site first and name the id that it answers."
    return InputError(field="proof.pictures", problem="a picture is not here", fix=fix)


def brought(blobs: BlobStore, site_id: UUID, sha256: str) -> bytes:
    """Return a picture that was brought to a site, as it came: to be drawn anew before it goes anywhere.

    Raises:
        InputError: it was never brought there, or is gone.
    """
    check_brought(blobs, site_id, [sha256])
    return apart(blobs, site_id).get(sha256)


def shown(work: Work, actor: Actor, site_id: UUID, sha256: str, *, blobs: BlobStore, showing: Showing) -> bytes:
    """Return a picture that something on a site in reach names, as a JPEG drawn anew.

    Raises:
        ForbiddenError, NotFoundError: the actor sees no evidence, or not here, or nothing there names the picture.
        InputError: the picture is gone or unreadable.
    """
    people.require(actor, EVIDENCE)
    _check_named(work, seen.site(work, actor, site_id).site, sha256)
    return perceive.redraw(showing, apart(blobs, site_id).get(sha256), name="picture")


def original(work: Work, actor: Actor, site_id: UUID, sha256: str, *, lens: Lens, reason: str | None) -> Showing:
    """Return a way to see a site's picture without masks, and put the look on record.

    Raises:
        ForbiddenError, NotFoundError: who may see no originals there, or nothing there names the picture.
        InputError: the reason is missing or cannot be kept.
    """
    people.require(actor, perceive.ORIGINAL)
    found = seen.site(work, actor, site_id, perceive.ORIGINAL).site
    _check_named(work, found, sha256)
    return perceive.original(work, actor, lens, ("picture", sha256), reason, tenant_id=found.tenant_id)


def _check_named(work: Work, site: Site, sha256: str) -> None:
    if not store.history.names_picture(replace(work, tenant_id=site.tenant_id), site.id, sha256):
        raise NotFoundError.of("picture")


def apart(blobs: BlobStore, site_id: UUID) -> BlobStore:
    """Return where a site's pictures lie: no rule about the streets' pictures reaches them."""
    return BlobStore(blobs.root / "sites" / str(site_id))
