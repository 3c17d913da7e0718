"""What several commands begin with: the tenant's unit of work, and a camera by its key."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.sense.facts import Camera


@contextmanager
def opened(tenant: str | None = None) -> Iterator[Work]:
    """Open the home of the environment and a unit of work of its tenant, or of another one; committed at the end.

    Raises:
        InputError: there is no tenant of this key.
    """
    with opened_with_files(tenant) as (work, _):
        yield work


@contextmanager
def opened_with_files(tenant: str | None = None) -> Iterator[tuple[Work, BlobStore]]:
    """Do the same, and hand over where the home's files lie; raises as ``opened``."""
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure

    settings = load_settings()
    configure(settings.log_level)
    with open_home(settings) as home, home.factory.begin(_tenant(home, tenant)) as work:
        yield work, home.blobs


def _tenant(home: Home, key: str | None) -> UUID:
    if key is None:
        return home.tenant_id
    from pipewarden.people import service as people

    with home.work() as work:
        found = {one.key: one.id for one in people.tenants(work, people.operator())}
    if key not in found:
        raise InputError(
            field="--tenant", problem=f"{key[:40]!r} is no tenant here", fix=f"Take {', '.join(sorted(found))}."
        )
    return found[key]


def named_camera(work: Work, key: str, field: str = "KEY") -> Camera:
    """Return the tenant's camera with this key.

    Raises:
        InputError: there is none; the fix names one that is written nearly so.
    """
    from pipewarden.sense import service as sense

    found = sense.camera_by_key(work, key)
    if found is None:
        near = get_close_matches(key, [one.key for one in sense.all_cameras(work)], n=1)
        fix = f"Did you mean {near[0]}? " if near else ""
        raise InputError(
            field=field, problem=f"{key!r} is no camera here", fix=f"{fix}`pipewarden camera list` shows them."
        )
    return found
