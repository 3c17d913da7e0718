"""Which papers fit a site now and are not there yet: offered, never forced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pipewarden.act.facts import DocumentKind, Offer
from pipewarden.casework.facts import Advanced, SiteState, StandbyChecked, Struck

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from uuid import UUID

    from pipewarden.casework.facts import NextStep, Site, SiteEvent

_STEPS: Final[Mapping[SiteState, tuple[DocumentKind, ...]]] = {
    SiteState.NOTIFIED: (DocumentKind.NOTICE,),
    SiteState.FILED: (DocumentKind.FILING,),
    SiteState.LOCATED: (DocumentKind.LOCATION,),
    SiteState.BRIEFED: (DocumentKind.BRIEFING,),
    SiteState.PLAN_SIGNED: (DocumentKind.AGREEMENT, DocumentKind.PLAN),
    SiteState.UNDER_STANDBY: (DocumentKind.STANDBY,),
    SiteState.COMPLETED: (DocumentKind.COMPLETION,),
}


def offers(
    site: Site,
    events: Sequence[SiteEvent],
    onward: Iterable[NextStep],
    there: Collection[tuple[DocumentKind, UUID | None]],
) -> list[Offer]:
    """Return what could be issued: the report of a strike first, then of steps, violations, stop orders and reports.

    Args:
        site: as it stands.
        events: all of them, oldest first.
        onward: the steps that may come next.
        there: kind and what it speaks of, of the documents that count.
    """
    kinds_there = {kind for kind, _ in there}
    struck = [one.id for one in events if isinstance(one.body, Struck)] if site.strike is not None else []
    found = [Offer(DocumentKind.ACCIDENT, one, "strike") for one in struck[-1:]]
    found += [Offer(kind, about, "step") for kind, about in _done(events) if (kind, about) not in there]
    found += [
        Offer(kind, None, "next")
        for step in onward
        for kind in _STEPS.get(step.to, ())
        if not step.refused and kind not in kinds_there and kind not in {one.kind for one in found}
    ]
    found += [Offer(DocumentKind.RECTIFICATION, one.id, "violation") for one in site.violations if one.fixed_at is None]
    found += [Offer(DocumentKind.STOP, one.id, "stop") for one in site.stops if one.resumed_at is None]
    found += [Offer(DocumentKind.RESUMPTION, one.id, "resumption") for one in site.stops if one.resumed_at is not None]
    found += [Offer(DocumentKind.REPORT, one.id, "report") for one in site.reports]
    return list(dict.fromkeys(one for one in found if (one.kind, one.about) not in there))


def _done(events: Sequence[SiteEvent]) -> list[tuple[DocumentKind, UUID]]:
    """Return the papers of the last event of each step, and of the last check-in."""
    last: dict[DocumentKind, UUID] = {}
    for event in events:
        if isinstance(event.body, Advanced):
            last |= dict.fromkeys(_STEPS.get(event.body.to, ()), event.id)
        elif isinstance(event.body, StandbyChecked):
            last[DocumentKind.STANDBY] = event.id
    return list(last.items())
