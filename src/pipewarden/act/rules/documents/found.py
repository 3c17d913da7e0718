"""What one maker finds on record for its kind, and the events of a site by what they say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pipewarden.act.facts import Signature
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from pipewarden.act.facts import Source
    from pipewarden.casework.facts import Proof, SiteEvent

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Found:
    """What is on record for one document; keys as in its kind."""

    fields: dict[str, str] = field(default_factory=dict)
    rows: dict[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    clauses: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()
    refused: bool = False
    witness: str = ""
    about: UUID | None = None
    event_id: UUID | None = None


def last_event(source: Source, body: type[object], fits: Callable[[object], bool] = lambda _: True) -> SiteEvent | None:
    """Return the event that the document speaks of, else the last one of a kind; None where there is none.

    Raises:
        InputError: the document is to speak of an event that is not of that kind.
    """
    mine = [one for one in source.events if isinstance(one.body, body) and fits(one.body)]
    if source.about is None:
        return mine[-1] if mine else None
    return chosen(source, ((one.id, one) for one in mine))


def chosen(source: Source, things: Iterable[tuple[UUID, _T]]) -> _T | None:
    """Return the thing that the document speaks of, else the last one.

    Raises:
        InputError: it is to speak of something that is not there.
    """
    known = dict(things)
    if source.about is None:
        return known[next(reversed(known))] if known else None
    if source.about not in known:
        fix = "Name one of the site's events, violations, stop orders or reports, or leave it out."
        raise InputError(field="about", problem="is nothing of this site that such a paper speaks of", fix=fix)
    return known[source.about]


def signed(proof: Proof | None) -> tuple[Signature, ...]:
    """Return who signed by a proof; for which party it does not say."""
    return () if proof is None else tuple(Signature("", name) for name in proof.signed_by)


def pictures(proof: Proof | None) -> str:
    """Return the pictures of a proof as a paper names them: how many, and how each is known."""
    if proof is None or not proof.pictures:
        return ""
    return f"现场照片 {len(proof.pictures)} 张（" + "、".join(one[:12] for one in proof.pictures[:4]) + "）"


def who(source: Source, event: SiteEvent | None) -> str:
    """Return the name of who did it; empty for the house itself."""
    return "" if event is None or event.actor is None else source.names.get(event.actor, "")
