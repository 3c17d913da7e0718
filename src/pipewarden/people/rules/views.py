"""Looks at personal data: which need a reason, what counts as one, and the digest that puts many on the audit chain."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from pipewarden.kit.errors import InputError
from pipewarden.people.facts import Viewed, ViewReason, ViewSeal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pipewarden.people.facts import View

HEADER: Final = "X-Reason"
LONGEST: Final = 200
_SHORTEST = 2  # 抢修 is a reason, a full stop is none
NEEDED: Final = frozenset({Viewed.ORIGINAL, Viewed.CONTACT})
MOST_NAMED: Final = 50  # persons of one page that a look names one by one
SAME_LOOK: Final = timedelta(minutes=10)  # a desk that asks again for what it shows
DUTY: Final = "duty"  # why somebody reads a list: it is their work; the door says it for them
SEALED: Final = "views.sealed"


def reason_for(what: Viewed, given: str | None) -> str:
    """Return the reason as it is kept.

    Raises:
        InputError: it is missing where one is needed, too short, longer than 200 characters or not printable.
    """
    words = " ".join((given or "").split())
    if not words and what not in NEEDED:
        return ""
    if not words:
        codes = ", ".join(ViewReason)
        fix = f"Say why in 2 to {LONGEST} characters (percent-encoded UTF-8), or send one of {codes}."
        raise InputError(field=HEADER, problem=f"is missing: whoever opens {_WORDS[what]} says why", fix=fix)
    letters = sum(letter.isalnum() for letter in words)
    if letters < _SHORTEST or len(words) > LONGEST or not words.isprintable():
        fix = f"Say why in {_SHORTEST} to {LONGEST} characters."
        raise InputError(field=HEADER, problem="is too short, too long or not printable", fix=fix)
    return words


_WORDS = {
    Viewed.CONTACT: "a person's contacts",
    Viewed.ORIGINAL: "an original picture",
    Viewed.REPORTER: "a reporter's identity",
    Viewed.TRACK: "a track",
    Viewed.EXPORT: "an export",
    Viewed.LIST: "a list of persons",
}


def page_of(asked: Mapping[str, object], persons: Collection[str]) -> str:
    """Return what one page of a list showed, as a look keeps it: the question, and whose names stood there.

    More than 50 persons are kept as their number and the SHA-256 of their sorted ids, one a line.
    """
    ids = sorted(persons)
    told: dict[str, object] = {"asked": {name: str(said) for name, said in asked.items() if said not in (None, False)}}
    if len(ids) <= MOST_NAMED:
        told["persons"] = ids
    else:
        told["count"], told["sha256"] = len(ids), hashlib.sha256("\n".join(ids).encode()).hexdigest()
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def seal_of(views: Sequence[View], after: int) -> ViewSeal:
    """Return the seal over views in the order of their ``seq``, all of them larger than ``after``."""
    digest = hashlib.sha256()
    for one in views:
        digest.update(_line(one))
    to = views[-1].seq if views else after
    return ViewSeal(after=after, to=to, count=len(views), sha256=digest.hexdigest())


def _line(view: View) -> bytes:
    parts = [
        view.seq,
        str(view.id),
        str(view.tenant_id),
        view.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(view.actor_kind),
        str(view.actor_id),
        str(view.what),
        view.subject_kind,
        view.subject_id,
        None if view.about is None else str(view.about),
        view.reason,
    ]
    # a JSON list a line keeps the borders between the parts and between the views
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
