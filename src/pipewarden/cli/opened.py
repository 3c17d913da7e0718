"""What several commands begin with: the tenant's unit of work, and a camera by its key."""

from __future__ import annotations

from contextlib import contextmanager
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.kit.work import Work
    from pipewarden.sense.facts import Camera


@contextmanager
def opened() -> Iterator[Work]:
    """Open the home of the environment and a unit of work of its tenant, committed at the end."""
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure

    settings = load_settings()
    configure(settings.log_level)
    with open_home(settings) as home, home.work() as work:
        yield work


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
