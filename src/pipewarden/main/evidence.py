"""Wires evidence packs: where the key lies, what draws the page, what checks a pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act.adapters.pack_page import page
from pipewarden.act.adapters.press import ChildPress
from pipewarden.act.adapters.signing import signing_key, verified
from pipewarden.act.rules.pack import MOST_BYTES
from pipewarden.act.service import Bench, Packed, check_pack, evidence_pack
from pipewarden.kit.errors import InputError
from pipewarden.main.masking import masking
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from pipewarden.act.facts import PackCheck
    from pipewarden.act.ports import Press
    from pipewarden.main.home import Home
    from pipewarden.perceive.service import Showing


def bench(home: Home, showing: Showing, press: Press) -> Bench:
    """Return what packs of this home are made with.

    Raises:
        UnavailableError: the home's key cannot be used.
    """
    return Bench(home.blobs, showing, signing_key(home.folder / "signing.key"), page, press)


def make(home: Home, site_id: UUID) -> Packed:
    """Return a site's pack as the operator at the machine takes it.

    Raises:
        NotFoundError: there is none.
    """
    with masking() as masked, ChildPress() as press, home.work() as work:
        made_with = bench(home, perceive.only_masked(masked), press)
        return evidence_pack(work, people.operator(home.tenant_id), site_id, made_with)


def verify(path: Path, key: str | None) -> PackCheck:
    """Return what is wrong with a pack's file; needs nothing but the file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(field="FILE", problem=f"is larger than {MOST_BYTES} bytes", fix="Name an evidence pack.")
        return check_pack(path.read_bytes(), verified, key=key)
    except OSError as error:
        raise InputError(field="FILE", problem=f"cannot be read: {error.strerror}", fix="Name its file.") from error
