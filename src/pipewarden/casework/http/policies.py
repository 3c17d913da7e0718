"""A tenant's own rules and weights over HTTP: what rules, what was proposed, tried, activated and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel, Field, StringConstraints

from pipewarden.casework import service
from pipewarden.casework.facts import PolicyKind, VersionState
from pipewarden.casework.rules.rewriting import Edit
from pipewarden.kit.web import Asked, Clean, Sentence, WorkHere, actor_of, router
from pipewarden.people import service as people
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipewarden.casework.facts import PolicyVersion
    from pipewarden.casework.service import Ruling
    from pipewarden.kit.work import Work

routes = router(tags=["policies"])
ActorHere = Annotated[Actor, Depends(actor_of)]
Words = Annotated[str, Field(max_length=400), Clean]
Key = Annotated[str, Field(min_length=1, max_length=60)] | Annotated[int, Field(ge=0, le=1000)]
Version = Annotated[str, Field(min_length=2, max_length=100, description="As the text names itself."), Clean]


class PolicyQuery(Asked):
    """Which text is wanted."""

    version: Annotated[Version | None, Field(description="Of your own; without one the text that rules.")] = None


class Proposal(Asked):
    """A text of your own."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=False, min_length=20, max_length=200_000),
        Field(description="YAML, as the shipped file."),
    ]
    why: Annotated[Sentence, Field(description="What it is for.")]


class KnobIn(Asked):
    """Another value at a path."""

    path: Annotated[list[Key], Field(min_length=1, max_length=12, description="Keys and numbers from the top.")]
    value: Annotated[Words | float | int | bool | None, Field(description="A number, a word, a day as YYYY-MM-DD.")]


class EditIn(Asked):
    """A text, and what is to stand in it otherwise."""

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=False, min_length=20, max_length=200_000),
        Field(description="YAML, as the shipped file."),
    ]
    edits: Annotated[list[KnobIn], Field(default_factory=list, max_length=200)]


class PreviewIn(Asked):
    """What is to be tried."""

    version: Version
    days: Annotated[int, Field(ge=1, le=366, description="How far back; it may act after 7 or more.")] = 30


class ActivateIn(Asked):
    """What is to rule."""

    version: Version


class RollbackIn(Asked):
    """Why what ruled before shall rule again."""

    why: Sentence


class PreviewedOut(BaseModel):
    """What a version would have changed, as it was tried."""

    at: datetime
    days: int
    result: Annotated[dict[str, Any], Field(description="As `pipewarden rules preview` or `risk backtest` tell it.")]


class PolicyVersionOut(BaseModel):
    """One version of your own."""

    version: str
    state: VersionState
    sha256: Annotated[str, Field(description="Of the text, which never changes.")]
    base: Annotated[str, Field(description="The shipped version beside which it was made.")]
    why: str
    made_by: Annotated[str | None, Field(description="Empty for the machine's own command line.")]
    made_at: datetime
    previewed: PreviewedOut | None
    activated_by: str | None
    activated_at: Annotated[datetime | None, Field(description="Since when it rules, or ruled last.")]
    retired_at: datetime | None


class KnobOut(BaseModel):
    """One value that stands by itself."""

    path: list[str | int]
    value: str | float | int | bool | None


class SlipOut(BaseModel):
    """Why a text would be refused."""

    field: str
    problem: str
    fix: str


class EditedOut(BaseModel):
    """A text as it would be; nothing was kept."""

    text: str
    version: str | None
    problem: SlipOut | None
    knobs: Annotated[list[KnobOut], Field(description="Its single values, examples left out, in their order.")]


class PolicyOut(BaseModel):
    """What rules, and what might."""

    kind: PolicyKind
    version: Annotated[str, Field(description="Of the text that rules.")]
    own: Annotated[bool, Field(description="It is yours, else the shipped file.")]
    shipped: Annotated[str, Field(description="What the shipped file calls itself.")]
    base_moved: Annotated[bool, Field(description="The shipped file has changed since yours was made.")]
    text: Annotated[str, Field(description="Of the version asked for, else of the one that rules.")]
    versions: Annotated[list[PolicyVersionOut], Field(description="Your own, newest first.")]


@routes.get("/policies/{kind}")
def get_policy(work: WorkHere, actor: ActorHere, kind: PolicyKind, query: Annotated[PolicyQuery, Query()]) -> PolicyOut:
    """Return what rules: the shipped file, or a version of your own; with every version and its preview."""
    found = service.policy_ruling(work, actor, kind)
    asked = None if query.version is None else service.policy_version(work, actor, kind, query.version)
    return _policy(work, found, found.text if asked is None else asked.text)


@routes.post("/policies/{kind}", status_code=201)
def propose_policy(work: WorkHere, actor: ActorHere, kind: PolicyKind, asked: Proposal) -> PolicyVersionOut:
    """Keep a text of your own as a draft; a slip is refused with its line, path and fix (422), nothing is stored."""
    return _versions(work, [service.propose(work, actor, kind, asked.text, asked.why)])[0]


@routes.post("/policies/{kind}/edit")
def edit_policy_text(work: WorkHere, actor: ActorHere, kind: PolicyKind, asked: EditIn) -> EditedOut:
    """Say what a text is with values set in it, its comments kept, and whether it would be taken; nothing is kept."""
    edits = [Edit(tuple(one.path), one.value) for one in asked.edits]
    found = service.edit_text(work, actor, kind, asked.text, edits)
    slip = found.problem
    return EditedOut(
        text=found.text,
        version=found.version,
        problem=None if slip is None else SlipOut(field=slip.field or "", problem=slip.problem, fix=slip.fix),
        knobs=[KnobOut(path=list(one.path), value=one.value) for one in found.knobs],
    )


@routes.post("/policies/{kind}/preview")
def preview_policy(work: WorkHere, actor: ActorHere, kind: PolicyKind, asked: PreviewIn) -> PolicyVersionOut:
    """Try a version on what happened here, and keep with it what it would have changed."""
    found = service.preview_version(work, actor, kind, asked.version, asked.days, most=service.MOST_SITES)
    return _versions(work, [found])[0]


@routes.post("/policies/{kind}/activate")
def activate_policy(work: WorkHere, actor: ActorHere, kind: PolicyKind, asked: ActivateIn) -> PolicyVersionOut:
    """Let a version rule, previewed over 7 days or more; not by its author while somebody else may look (409)."""
    return _versions(work, [service.activate(work, actor, kind, asked.version)])[0]


@routes.post("/policies/{kind}/rollback")
def roll_back_policy(work: WorkHere, actor: ActorHere, kind: PolicyKind, asked: RollbackIn) -> PolicyOut:
    """Let what ruled before rule again, at once."""
    found = service.roll_back(work, actor, kind, asked.why)
    return _policy(work, found, found.text)


def _policy(work: Work, found: Ruling, text: str) -> PolicyOut:
    return PolicyOut(
        kind=found.kind,
        version=found.version,
        own=found.own,
        shipped=found.shipped,
        base_moved=found.base_moved,
        text=text,
        versions=_versions(work, found.versions),
    )


def _versions(work: Work, rows: Sequence[PolicyVersion]) -> list[PolicyVersionOut]:
    named = {name for one in rows for name in (one.made_by, one.activated_by) if name is not None}
    who = people.names(work, named)
    return [_version(one, who) for one in rows]


def _version(one: PolicyVersion, who: Mapping[str, str]) -> PolicyVersionOut:
    tried = one.previewed
    return PolicyVersionOut(
        version=one.version,
        state=one.state,
        sha256=one.sha256,
        base=one.base,
        why=one.why,
        made_by=who.get(one.made_by),
        made_at=one.made_at,
        previewed=None if tried is None else PreviewedOut(at=tried.at, days=tried.days, result=tried.result),
        activated_by=None if one.activated_by is None else who.get(one.activated_by),
        activated_at=one.activated_at,
        retired_at=one.retired_at,
    )
