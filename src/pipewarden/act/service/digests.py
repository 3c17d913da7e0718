"""Notes, gathered: one message for what may wait, once in half an hour and never in quiet hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.act import store
from pipewarden.act.facts import CallState
from pipewarden.act.rules import plan as rules
from pipewarden.act.rules.words import filled, noted
from pipewarden.act.service.planning import Said, parts, placed
from pipewarden.casework.facts import Urgency
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.act.service.post import Post
    from pipewarden.kit.work import Work

MOST_LINES = 50


def send_digest(work: Work, post: Post, person_id: UUID) -> int:
    """Put what waits for a person into one message and return how many notes it carries."""
    subject = work.ids.new()
    notes = store.calls.take_held(work, person_id, subject, MOST_LINES)
    if not notes:
        return 0
    ways = rules.routes(people.contacts_of(work, [person_id]).get(person_id, []), Urgency.NOTE, post.off(work))
    if not ways:  # what was there half an hour ago has gone; the message centre has them
        store.calls.settle(work, subject, CallState.UNREACHABLE)
        return len(notes)
    places = placed(work, post, {one for note in notes for one in note.site_ids})
    for position, contact in ways:
        words = store.words.shipped_words()[contact.language]
        lines = dict.fromkeys(
            noted(words, one.title, [places[site] for site in one.site_ids if site in places], len(one.site_ids))
            for one in notes
        )
        title = filled(words.frame["digest"], {"count": len(notes)})
        said = Said(subject, Urgency.NOTE, title, "\n".join(lines))
        made = parts(work, post, contact, said, position=position)
        store.outbox.add(work, made)
    return len(notes)
