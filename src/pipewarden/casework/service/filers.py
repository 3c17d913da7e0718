"""What who filed works sees of the sites under the filing, and says there: days, answers to violations, receipts.

Why: owner, contractor and supervising engineer read no sites; the sites of their own works concern them, and nobody
else's do. They say, and never change a site's state: a violation is put right when the operator's people have seen it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import (
    Noted,
)
from pipewarden.casework.rules.filing_day import day_told, is_late
from pipewarden.casework.service.files import append
from pipewarden.casework.service.filing import CREATE
from pipewarden.casework.service.filing_changing import name_of
from pipewarden.casework.service.filing_check import filing_zone
from pipewarden.casework.service.filing_named import ANSWERS, NAMED, known_as, named_scope, parts_of
from pipewarden.casework.service.machines import works_seen_at
from pipewarden.casework.service.matching import box_of
from pipewarden.casework.service.pictures import apart
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NotFoundError
from pipewarden.sense import service as sense

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from pipewarden.casework.facts import (
        Filing,
        PartyRole,
        SiteEvent,
    )
    from pipewarden.casework.facts.filing_day import Day, DayTold
    from pipewarden.casework.store import Filed
    from pipewarden.kit.blobs import BlobStore
    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor


@dataclass(frozen=True, slots=True)
class Under:
    """A site under a filing, as far as it concerns who filed it.

    Attributes:
        said: what the actor has said there, oldest first.
    """

    filed: Filed
    day: DayTold
    said: tuple[SiteEvent, ...]


def day_of_site(work: Work, filed: Filed) -> DayTold | None:
    """Return how today stands at a site of the tenant; None where it belongs to no filing. The caller has scoped it."""
    filing_id = filed.site.filing_id
    present = None if filing_id is None else store.filings.read(work, filing_id)
    return None if present is None else _day(work, filed, present)


def day_late(filing: Filing, day: Day) -> bool:
    """Return whether a day of a filing was declared late at its place."""
    return is_late(filing, day, filing_zone(filing.works.place, day.at))


def _day(work: Work, filed: Filed, present: Filing) -> DayTold:
    zone = filing_zone(present.works.place, work.now())
    return day_told(present, work.now(), works_seen_at(work, filed), zone)


def sites_under(work: Work, actor: Actor, filing_id: UUID) -> list[Under]:
    """Return the latest sites under a filing that the actor may change, or that names them, newest first.

    Raises:
        ForbiddenError: the actor files no works.
        NotFoundError: there is no such filing in reach.
    """
    present = _own(work, actor, filing_id)
    return [_under(work, actor, one, present) for one in store.sites.under(work, filing_id, box_of(work, present))]


def _own(work: Work, actor: Actor, filing_id: UUID, may: frozenset[PartyRole] = NAMED) -> Filing:
    """Return works that are the actor's to change, or that name them as one of ``may``."""
    scope, known = people.scope_filter(actor, CREATE, store.FILINGS), known_as(work, actor)
    kept = store.filings.one(work, scope, filing_id)
    if kept is None:
        kept = people.visible(store.filings.one(work, named_scope(work, known), filing_id), "filing")
        if not parts_of(known, kept) & may:
            fix = "Who filed them, the owner or the contractor answers."
            raise ForbiddenError(field="filing", problem="names you as one who does not answer for the works", fix=fix)
    if kept.filing.tenant_id != work.tenant_id:
        raise NotFoundError.of("filing")
    return kept.filing


def _under(work: Work, actor: Actor, filed: Filed, present: Filing) -> Under:
    events = store.history.events(work, filed.site.id)
    mine = name_of(actor)
    said = tuple(one for one in events if one.actor == mine and isinstance(one.body, Noted))
    return Under(filed, _day(work, filed, present), said)


def answer_violation(
    work: Work, actor: Actor, filing_id: UUID, site_id: UUID, *, violation_id: UUID, words: str
) -> Under:
    """Write down at a site what who filed the works says of a violation; it stays open until somebody has looked.

    Raises:
        ForbiddenError, NotFoundError: as for ``sites_under``; they supervise the works and do not answer for them;
            there is no such site under the filing.
        RefusedError: the site has no such violation, or it is put right already.
    """
    _own(work, actor, filing_id, ANSWERS)
    found = _site(work, actor, filing_id, site_id)
    one = next((each for each in found.site.violations if each.id == violation_id), None)
    if one is None:
        raise RefusedError(field="violation_id", problem="is none of this site", fix="Load the site's violations anew.")
    if one.fixed_at is not None:
        raise RefusedError(field="violation_id", problem="is put right already", fix="Nothing is to be answered.")
    kind = store.violations().get(one.code)
    name = one.code if kind is None else kind.zh
    return say_under(work, actor, filing_id, site_id, words=f"答复违规“{name}”：{words}")


def say_under(
    work: Work, actor: Actor, filing_id: UUID, site_id: UUID, *, words: str, pictures: Sequence[str] = ()
) -> Under:
    """Write down at a site under a filing what who filed it says; the caller has kept the pictures there.

    Raises:
        ForbiddenError, NotFoundError: as for ``answer_violation``.
    """
    _site(work, actor, filing_id, site_id)
    site = store.sites.lock(work, [site_id])[site_id]
    site = append(work, site, [Noted(words, tuple(pictures))], name_of(actor))
    people.record(work, actor, "site.noted", ("site", site_id), {"version": site.version, "filing": str(filing_id)})
    return _under(work, actor, _site(work, actor, filing_id, site_id), _own(work, actor, filing_id))


def bring_under(work: Work, actor: Actor, filing_id: UUID, site_id: UUID, *, blobs: BlobStore, picture: bytes) -> str:
    """Keep a picture for a site under a filing and return its SHA-256.

    Raises:
        ForbiddenError, NotFoundError: as for ``answer_violation``.
        InputError: the file is no picture, or too large.
    """
    _site(work, actor, filing_id, site_id)
    if not picture:
        raise InputError(field="picture", problem="is empty", fix="Send a JPEG, PNG, WebP or HEIC.")
    sense.check_picture(picture, "picture")
    return apart(blobs, site_id).put(picture)


def _site(work: Work, actor: Actor, filing_id: UUID, site_id: UUID) -> Filed:
    present = _own(work, actor, filing_id)
    there = store.sites.under(work, filing_id, box_of(work, present))
    return people.visible(next((one for one in there if one.site.id == site_id), None), "site")
