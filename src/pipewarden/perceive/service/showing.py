"""The one function that every picture goes through on its way to somebody: what is painted over, who may see it whole.

Faces, heads and plates are painted over for everybody and everything, but for who holds ``evidence:original`` on the
thing shown and says why; that look is put on record in the transaction that gives the picture out. Nothing else in
the package makes a ``Showing``, and nothing is drawn without one: a door that forgets does not type-check.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipewarden.people import service as people
from pipewarden.people.facts import Viewed

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor
    from pipewarden.perceive.ports import PictureDecoder

ORIGINAL = "evidence:original"
_MOST_BYTES = 48 << 20


@dataclass(slots=True)
class Derivatives:
    """Masked JPEGs made lately, in memory alone: nothing to be found, exported or forgotten on a disk.

    A picture that was deleted is asked for by its bytes, so nothing is answered from here that is gone from there.
    """

    most_bytes: int = _MOST_BYTES
    _held: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, picture: bytes, how: object, make: Callable[[], bytes]) -> bytes:
        """Return what ``make`` gave for this picture drawn this way, now or earlier."""
        key = f"{hashlib.sha256(picture).hexdigest()} {how!r}"
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._bytes += len(made) - len(self._held.get(key, b""))
            self._held[key] = made
            while self._bytes > self.most_bytes and self._held:
                self._bytes -= len(self._held.popitem(last=False)[1])
        return made


@dataclass(frozen=True, slots=True)
class Showing:
    """Through what one picture is shown; made by the functions below."""

    decoder: PictureDecoder
    masked: bool
    derivatives: Derivatives | None = None

    def drawn(self, picture: bytes, how: object, make: Callable[[], bytes]) -> bytes:
        """Return the picture drawn, from memory where it was drawn this way before; an original is never kept."""
        if self.derivatives is None or not self.masked:
            return make()
        return self.derivatives.get(picture, how, make)


@dataclass(frozen=True, slots=True)
class Lens:
    """Both ways to look at pictures, chosen once by ``main``."""

    plain: PictureDecoder
    masked: PictureDecoder
    derivatives: Derivatives = field(default_factory=Derivatives)


def masked(lens: Lens) -> Showing:
    """Return what everybody sees, and all that leaves: papers, packs, exports, endpoints, messages."""
    return Showing(lens.masked, masked=True, derivatives=lens.derivatives)


def only_masked(decoder: PictureDecoder) -> Showing:
    """Return a way to show pictures where a masking decoder is all there is: a job that sends them out."""
    return Showing(decoder, masked=True)


def at_the_machine(decoder: PictureDecoder) -> Showing:
    """Return a way to show pictures to who brought their files to this very machine (``pipewarden scan``), unmasked."""
    return Showing(decoder, masked=False)


def original(
    work: Work,
    actor: Actor,
    lens: Lens,
    subject: tuple[str, object],
    reason: str | None,
    *,
    tenant_id: UUID | None = None,
) -> Showing:
    """Return a way to see a picture unmasked, and put the look on record with its reason.

    The caller has found the subject within the actor's reach for ``ORIGINAL``; the permission itself is asked here.

    Raises:
        ForbiddenError: the actor may see no originals.
        InputError: the reason is missing or cannot be kept.
    """
    people.require(actor, ORIGINAL)
    people.viewed(work, actor, Viewed.ORIGINAL, subject, reason, tenant_id=tenant_id)
    return Showing(lens.plain, masked=False)
