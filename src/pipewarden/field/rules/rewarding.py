"""Who is rewarded for a site that was found to be real works: the first who said it, once, and nobody for a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.field.facts.reports import Fresh

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from pipewarden.field.facts.reports import Report

COPY = "its picture came with an earlier report"
OLD = "its picture is older than a day"
UNREACHABLE = "nobody knows whom to give it to"
UNSEEN = "its picture was not compared with earlier ones yet"
KNOWN = "somebody was rewarded for it already"


def key_of(site_id: UUID, kind: str) -> str:
    """Return the name under which a wish is made once and for ever (safety.md T7)."""
    return f"reward:{site_id}:{kind}"


def whom(
    reports: Sequence[Report], *, compared: Collection[UUID], rewarded: Collection[UUID]
) -> tuple[Report | None, str]:
    """Return who is rewarded and why, or None and why nobody is.

    Args:
        reports: of the site, the first received first. Whoever came second gets thanks, whatever became of the first.
        compared: observations whose pictures were compared with earlier ones; words alone need none.
        rewarded: reports for which a reward was wished before, for this site or another.
    """
    if not reports:
        return None, "nobody reported it"
    first = reports[0]
    against = (
        (any(one.id in rewarded for one in reports), KNOWN),
        (first.copy_of is not None, COPY),
        (first.fresh is Fresh.OLD, OLD),
        (first.person_id is None and not first.contact.strip(), UNREACHABLE),
        (not set(first.observations) <= set(compared), UNSEEN),
    )
    why = next((words for holds, words in against if holds), None)
    return (first, "the first who reported works that were confirmed on the spot") if why is None else (None, why)
