"""Random ids of stored pictures: what HTTP shows and takes in place of a hash (docs/adr/0028).

A hash of content lets whoever has a picture ask whether the house has it, and names the same thing for every tenant.
Inside the house, in proofs (packs, documents, the audit chain, manifests, proofs of deletion) it stays the hash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.people.rules.tokens import BLOB_ID_BYTES, blob_id
from pipewarden.people.store import blob_ids as store

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.ports import Entropy


def blob_ids(work: Work, hashes: Collection[str], entropy: Entropy, *, tenant_id: UUID | None = None) -> dict[str, str]:
    """Return a tenant's random id of every hash, the same for ever; those without one get one now.

    The caller has found what the hashes name within the actor's reach. An id alone opens nothing: every door that
    takes one looks whether what it names is in reach.

    Args:
        work: of the request; the ids are kept with it.
        hashes: SHA-256 in hex.
        entropy: the kernel's chance, 16 bytes for each id.
        tenant_id: whose, when it is not the tenant worked for.
    """
    whose = work.tenant_id if tenant_id is None else tenant_id
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    found = store.ids_of(work.session, whose, wanted)
    missing = {one: blob_id(entropy(BLOB_ID_BYTES)) for one in wanted if one not in found}
    if missing:
        store.add(work.session, whose, missing, work.now())
        found = store.ids_of(work.session, whose, wanted)  # somebody may have been first
    return found


def hashes_by_blob_id(work: Work, ids: Collection[str], *, tenant_id: UUID | None = None) -> dict[str, str]:
    """Return the hash behind each of a tenant's ids; what is unknown or another tenant's is absent."""
    wanted = sorted(set(ids))
    whose = work.tenant_id if tenant_id is None else tenant_id
    return store.hashes_of(work.session, whose, wanted) if wanted else {}
