"""Lines and versions: made by experts, and whose content nobody sees who need not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipewarden.inference import service as inference
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.market.facts.foundry import VERSION_CHANGED, Act, Kind, Life, Line, Version, VersionEvent
from pipewarden.market.rules import foundry as rules
from pipewarden.market.rules.cards import cases_of, read_content
from pipewarden.market.store import foundry as store
from pipewarden.market.store.foundry_policy import shipped_foundry
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.inference.facts import ModelCard
    from pipewarden.kit.work import Work
    from pipewarden.market.rules.foundry_file import FoundryPolicy
    from pipewarden.people.facts import Actor

READ, BUILD, REVIEW = "capability:read", "capability:build", "capability:review"
MANAGE, INVOKE = "capability:manage", "capability:invoke"
KIND = "capability"
_MOST_VERSIONS = 200
_TOLD = frozenset({Act.ASKED, Act.REVIEWED, Act.REFUSED, Act.LIVE, Act.ROLLED_BACK})


def policy() -> FoundryPolicy:
    """Return the foundry's numbers."""
    return shipped_foundry()


def make_line(
    work: Work, actor: Actor, *, slug: str, kind: Kind, title: str, content: Mapping[str, object]
) -> tuple[Line, Version]:
    """Make a capability with its first version, a draft.

    Args:
        work: of the tenant whose it will be.
        actor: the author; one of the platform's own models only a manager brings in.
        slug: how it is called for ever.
        kind: what it is made of.
        title: for people.
        content: of the first version.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, or not here.
        RefusedError: nobody is named who could earn.
        InputError: the slug is taken, or the content is not right.
    """
    own = ScopedRow(tenant_id=work.tenant_id, owner_id=actor.id)
    people.require_row(actor, MANAGE if kind is Kind.MODEL else BUILD, own, KIND)
    if actor.kind is not ActorKind.PERSON:
        raise RefusedError(field="author", problem="is no person", fix="Sign in as who builds it.")
    read = read_content(kind, content)
    line = Line(work.ids.new(), work.tenant_id, slug, kind, title, actor.id, work.now())
    if not store.add_line(work, line):
        raise InputError(field="slug", problem=f"{slug} is taken", fix="Take another one.")
    version = _add_version(work, actor, line, read)
    people.record(work, actor, "capability.built", (KIND, line.id), {"slug": slug, "kind": kind.value})
    return line, version


def make_version(work: Work, actor: Actor, slug: str, content: Mapping[str, object]) -> Version:
    """Make another version of a capability, a draft; the others stay as they are.

    Raises:
        ForbiddenError, NotFoundError: the actor builds none, or it is not theirs.
        InputError: the content is not right, or cases of the frozen set are missing that an older version was held to.
        RefusedError: it has very many versions.
    """
    line = own_line(work, actor, slug)
    store.lock(work, line.id)
    read = read_content(line.kind, content)
    there = store.versions(work, line.id)
    if len(there) >= _MOST_VERSIONS:
        raise RefusedError(field="versions", problem=f"are {len(there)}", fix="Make a new capability.")
    held_to = next((one for one in reversed(there) if one.frozen is not None), None)
    before = [] if held_to is None else cases_of(line.kind, held_to.content)
    if missing := [what for what, wanted in before if (what, wanted) not in cases_of(line.kind, read)]:
        problem = f"lack one that version {held_to.number if held_to else 0} was held to: {missing[0][:100]}"
        raise InputError(field="content.cases", problem=problem, fix="Keep it; add others beside it.")
    made = _add_version(work, actor, line, read)
    people.record(work, actor, "capability.version_made", (KIND, line.id), {"number": made.number})
    return made


def _add_version(work: Work, actor: Actor, line: Line, content: Mapping[str, object]) -> Version:
    number = store.newest_number(work, line.id) + 1
    made = Version(work.ids.new(), line.tenant_id, line.id, number, content, Life.DRAFT, work.now())
    store.add_version(work, made)
    store.add_event(work, VersionEvent(work.ids.new(), line.tenant_id, made.id, 1, work.now(), actor.id, Act.MADE, {}))
    return made


def happened(work: Work, actor: Actor, version: Version, act: Act, body: Mapping[str, object]) -> Version:
    """Write what happened to a version of a locked line, and return it in its new state.

    Raises:
        RefusedError: that cannot happen to it now.
    """
    events = store.events(work, version.id)
    state = rules.step(rules.state_of(events), act)
    made = VersionEvent(work.ids.new(), version.tenant_id, version.id, len(events) + 1, work.now(), actor.id, act, body)
    store.add_event(work, made)
    changed = replace(version, state=state)
    store.change(work, changed)
    if act in _TOLD:
        work.emit(VERSION_CHANGED, made.id, partition=str(version.line_id))
    return changed


def look_up(work: Work, actor: Actor, slug: str) -> tuple[Line, list[Version]]:
    """Return a capability with its versions, the first first; content only for whom it concerns.

    Raises:
        ForbiddenError, NotFoundError: the actor reads none, or there is none here.
    """
    people.require_row(actor, READ, ScopedRow(tenant_id=work.tenant_id), KIND)
    line = people.visible(store.line(work, slug), KIND)
    versions = store.versions(work, line.id)
    if line.tenant_id != work.tenant_id:
        versions = [one for one in versions if one.state in {Life.LIVE, Life.CANARY}]
        people.visible(versions or None, KIND)
    return line, versions if concerned(actor, line) else [replace(one, content={}) for one in versions]


def concerned(actor: Actor, line: Line) -> bool:
    """Return whether somebody sees what a capability is made of: its author, its reviewers and managers."""
    own = ScopedRow(tenant_id=line.tenant_id, owner_id=line.author_id)
    return any(people.allows(actor, one, own) for one in (BUILD, REVIEW, MANAGE))


def look_up_version(work: Work, actor: Actor, slug: str, number: int) -> tuple[Line, Version, list[VersionEvent]]:
    """Return one version with what happened to it.

    Raises:
        ForbiddenError, NotFoundError: as for ``look_up``, or there is no such version.
    """
    line, versions = look_up(work, actor, slug)
    version = people.visible(next((one for one in versions if one.number == number), None), "version")
    return line, version, store.events(work, version.id)


def own_line(work: Work, actor: Actor, slug: str, *permissions: str) -> Line:
    """Return a line of the tenant that the actor may act on by one of the permissions; where none is named, build it.

    Raises:
        ForbiddenError, NotFoundError: they hold none of them, or not for this one.
    """
    asked = permissions or (BUILD,)
    if not any(actor.grants_for(one) for one in asked):
        people.require(actor, asked[0])
    line = store.line(work, slug)
    if line is None or line.tenant_id != work.tenant_id:
        line = None
    found = people.visible(line, KIND)
    own = ScopedRow(tenant_id=found.tenant_id, owner_id=found.author_id)
    return people.visible(found if any(people.allows(actor, one, own) for one in asked) else None, KIND)


def version_of(work: Work, line: Line, number: int) -> Version:
    """Return a version of a line, which is taken until the transaction ends.

    Raises:
        NotFoundError: there is none.
    """
    store.lock(work, line.id)
    found = next((one for one in store.versions(work, line.id) if one.number == number), None)
    return people.visible(found, "version")


def shipped_model(name: str) -> ModelCard:
    """Return the manifest's entry of one of the platform's own models.

    Raises:
        InputError: the weights have none of that name.
    """
    cards = inference.read_manifest()
    if name not in cards:
        raise InputError(field="content.model", problem=f"{name} is not shipped", fix="Take another one.")
    return cards[name]
