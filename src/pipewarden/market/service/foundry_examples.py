"""Labelled pictures of a capability: looked at once, kept as features with a masked copy, and never as an original."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import Example, Kind, Life, Purpose
from pipewarden.market.rules.cards import ExampleContent, QuestionsContent, content_of, read_wanted
from pipewarden.market.service import foundry
from pipewarden.market.store import foundry as store
from pipewarden.market.store import foundry_examples as examples
from pipewarden.people import service as people

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.kit.work import Work
    from pipewarden.market.facts.foundry import Line
    from pipewarden.market.service.runners import Runners
    from pipewarden.people.facts import Actor

Part = tuple[float, float, float, float]
_MB = 1 << 20
_OPEN = frozenset({Life.DRAFT, Life.REFUSED, Life.ROLLED_BACK})


def add_example(
    work: Work,
    actor: Actor,
    runners: Runners,
    slug: str,
    picture: bytes,
    *,
    label: str,
    purpose: Purpose,
    source: str,
    part: Part | None = None,
) -> tuple[Example, bool]:
    """Add a labelled picture; return it, and whether its file was new.

    Args:
        work: of the tenant.
        actor: the author.
        runners: who looks at pictures.
        slug: of the capability.
        picture: the file; only what the net saw and a masked copy are kept.
        label: of an example classifier one of its labels; of a question list ``question=yes,other=no``.
        purpose: to train, or of the frozen set; a file is for one of them for ever.
        source: where it comes from; pictures of one source never stand on two sides. Empty: it is its own.
        part: left, top, width, height as shares 0-1 of the picture; None for all of it.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, or it is not theirs.
        InputError: the picture or its label cannot be used, or the file is there for something else.
        RefusedError: there are very many, or the kind learns from no pictures.
    """
    line = foundry.own_line(work, actor, slug)
    numbers = foundry.policy()
    check_label(work, line, label, purpose)
    if part is not None and not _inside(part):
        raise InputError(field="part", problem="does not lie in the picture", fix="Give shares from 0 to 1.")
    if len(picture) > numbers.calls.picture_mb * _MB:
        raise InputError(field="picture", problem=f"is larger than {numbers.calls.picture_mb} MB", fix="Send less.")
    store.lock(work, line.id)
    if examples.count(work, line.id) >= numbers.examples.most:
        raise RefusedError(field="examples", problem=f"are {numbers.examples.most}", fix="Take others away first.")
    sha256 = hashlib.sha256(picture + repr(part).encode()).hexdigest()
    there = examples.by_file(work, line.id, sha256)
    if there is None:
        looked = runners.looking().look(picture, part)
        made = Example(
            id=work.ids.new(),
            tenant_id=line.tenant_id,
            line_id=line.id,
            purpose=purpose,
            label=label,
            source=source or sha256,
            sha256=sha256,
            look=looked.look,
            made_at=work.now(),
            features=tuple(looked.features.tolist()),
        )
        examples.add(work, made, looked.masked)
        return made, True
    if (there.label, there.purpose) != (label, purpose):
        said = f"{there.label}, {there.purpose.value}"
        raise InputError(field="picture", problem=f"is there as {said}", fix="Take that one away first.")
    return there, False


def check_label(work: Work, line: Line, label: str, purpose: Purpose) -> None:
    """Refuse a label that the newest version does not know.

    Raises:
        InputError: it does not.
        RefusedError: the kind learns from no pictures.
    """
    newest = store.versions(work, line.id)[-1]
    if line.kind is Kind.EXAMPLE:
        known = content_of(ExampleContent, newest.content).ids
        if label not in known:
            raise InputError(field="label", problem="is none of the version's", fix=f"Take one of {', '.join(known)}.")
    elif line.kind is Kind.QUESTIONS:
        read_wanted(content_of(QuestionsContent, newest.content), label)
        if purpose is not Purpose.FROZEN:
            raise InputError(field="purpose", problem="is train, and nothing is trained", fix="Take frozen.")
    else:
        raise RefusedError(field="examples", problem=f"mean nothing to a {line.kind.value}", fix="Give cases.")


def listed(work: Work, actor: Actor, slug: str, *, limit: int, after: UUID | None = None) -> list[Example]:
    """Return labelled pictures, the first first, for the author, reviewers and managers.

    Raises:
        ForbiddenError, NotFoundError: the actor is none of them here.
    """
    line = foundry.own_line(work, actor, slug, foundry.BUILD, foundry.REVIEW, foundry.MANAGE)
    return examples.page(work, line.id, limit=limit, after=after)


def counted(work: Work, actor: Actor, slug: str) -> dict[tuple[str, Purpose], int]:
    """Return how many labelled pictures there are of each label and purpose.

    Raises:
        ForbiddenError, NotFoundError: as for ``listed``.
    """
    line = foundry.own_line(work, actor, slug, foundry.BUILD, foundry.REVIEW, foundry.MANAGE)
    return examples.counts(work, line.id)


def shown(work: Work, actor: Actor, slug: str, example_id: UUID) -> bytes:
    """Return the masked copy of a labelled picture, a JPEG.

    Raises:
        ForbiddenError, NotFoundError: as for ``listed``, or there is none.
    """
    line = foundry.own_line(work, actor, slug, foundry.BUILD, foundry.REVIEW, foundry.MANAGE)
    found = people.visible(examples.one(work, line.id, example_id), "example")
    return examples.masked(work, found.id)


def take_away(work: Work, actor: Actor, slug: str, example_id: UUID) -> None:
    """Delete a labelled picture; one of the frozen set only while no version that may yet be sold was measured on it.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, it is not theirs, or there is none.
        RefusedError: figures stand on it.
    """
    line = foundry.own_line(work, actor, slug)
    store.lock(work, line.id)
    found = people.visible(examples.one(work, line.id, example_id), "example")
    standing = [one for one in store.versions(work, line.id) if one.frozen is not None and one.state not in _OPEN]
    if found.purpose is Purpose.FROZEN and standing:
        problem = f"is of the frozen set of version {standing[-1].number}"
        raise RefusedError(field="example", problem=problem, fix="Add others: figures stand on it.")
    examples.drop(work, found.id)


def _inside(part: Part) -> bool:
    left, top, width, height = part
    return left >= 0 and top >= 0 and width > 0 and height > 0 and left + width <= 1 and top + height <= 1
