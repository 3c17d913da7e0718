"""A tenant changes its rules and weights: proposed, tried on what happened, let act by a second person, taken back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pydantic_core import to_jsonable_python

from pipewarden.casework import store
from pipewarden.casework.facts import PolicyKind, PolicyVersion, Previewed, VersionState
from pipewarden.casework.rules.risk_file import read_risk
from pipewarden.casework.rules.ruling import check_activation, check_law
from pipewarden.casework.rules.supervision_file import read_supervision
from pipewarden.casework.service import ruling
from pipewarden.casework.service.supervising import check, preview
from pipewarden.casework.service.weighing import backtest
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.people import service as people
from pipewarden.people.facts import ActorKind, Role, Scope, ScopedRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipewarden.kit.work import Work
    from pipewarden.people.facts import Actor

READ_POLICY, EDIT_POLICY = "policy:read", "policy:edit"
MOST_SITES = 2000  # of one preview that somebody waits for over HTTP
_MOST_VERSIONS = 50


@dataclass(frozen=True, slots=True)
class Ruling:
    """What rules for a tenant, and what it might be.

    Attributes:
        version: of the text that rules; ``own``: it is the tenant's, else the shipped file's.
        base_moved: the shipped file is not the one any more beside which the tenant's version was made.
        versions: the tenant's own, newest first.
    """

    kind: PolicyKind
    version: str
    text: str
    own: bool
    shipped: str
    base_moved: bool
    versions: tuple[PolicyVersion, ...]


def policy_ruling(work: Work, actor: Actor, kind: PolicyKind) -> Ruling:
    """Return what rules for the tenant worked for.

    Raises:
        ForbiddenError: the actor reads no policy.
    """
    people.require(actor, READ_POLICY)
    own, shipped = store.ruling.ruling(work, kind), ruling.shipped_text(kind)
    version = ruling.shipped_version(kind, work.now())
    return Ruling(
        kind,
        version if own is None else own.version,
        shipped if own is None else own.text,
        own is not None,
        version,
        own is not None and own.base_sha256 != ruling.digest(shipped),
        tuple(store.ruling.versions(work, kind, limit=_MOST_VERSIONS)),
    )


def policy_version(work: Work, actor: Actor, kind: PolicyKind, version: str) -> PolicyVersion:
    """Return one version of the tenant's own.

    Raises:
        ForbiddenError, NotFoundError: the actor reads no policy, or there is none of that name.
    """
    people.require(actor, READ_POLICY)
    return people.visible(store.ruling.named(work, kind, version), "policy")


def propose(work: Work, actor: Actor, kind: PolicyKind, text: str, why: str, *, name: str = "text") -> PolicyVersion:
    """Keep a version of the tenant's own as a draft: it changes nothing until it is previewed and activated.

    Args:
        work: the transaction.
        actor: who wrote it.
        kind: of which policy.
        text: YAML, as the shipped file.
        why: what it is for.
        name: of the file, for the errors.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        InputError: the text is refused; the field is its line and path. Nothing is stored.
    """
    require_edit(work, actor)
    version = read_version(kind, text, name)
    store.ruling.lock(work, kind)
    known = store.ruling.named(work, kind, version)
    if known is not None or version in _shipped_names(kind):
        raise InputError(
            field=f"{name}: version", problem=f"{version} is taken", fix="Give the edit a version of its own."
        )
    made = PolicyVersion(
        id=work.ids.new(),
        tenant_id=work.tenant_id,
        kind=kind,
        version=version,
        text=text,
        sha256=ruling.digest(text),
        base=ruling.shipped_version(kind, work.now()),
        base_sha256=ruling.digest(ruling.shipped_text(kind)),
        why=why,
        made_by=_name(actor),
        made_at=work.now(),
    )
    store.ruling.save(work, made)
    _record(work, actor, "policy.proposed", made, {"sha256": made.sha256, "why": why})
    return made


def preview_version(
    work: Work, actor: Actor, kind: PolicyKind, version: str, days: int, *, most: int | None = None
) -> PolicyVersion:
    """Try a version on what happened and keep the result with it.

    Args:
        work: the transaction.
        actor: who wants to know.
        kind: of which policy.
        version: its name.
        days: how far back.
        most: sites that it may look at; None for all.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such version.
        RefusedError: it rules already, or there are more sites than ``most``.
    """
    require_edit(work, actor)
    store.ruling.lock(work, kind)
    found = people.visible(store.ruling.named(work, kind, version), "policy")
    _check_idle(found)
    if kind is PolicyKind.SUPERVISION:
        tried = asdict(preview(work, found.text, version, days, most=most))
    else:
        tried = asdict(backtest(work, found.text, version, days, most=most))
    return keep_preview(work, actor, found, days, tried)


def keep_preview(
    work: Work, actor: Actor, version: PolicyVersion, days: int, tried: dict[str, object]
) -> PolicyVersion:
    """Keep what a version, held since before it was tried, would have changed, beside the text that ruled meanwhile.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        RefusedError: it rules already.
    """
    require_edit(work, actor)
    store.ruling.lock(work, version.kind)
    version = people.visible(store.ruling.by_id(work, version.kind, version.id), "policy")
    _check_idle(version)
    result = to_jsonable_python(tried)
    seen = Previewed(work.now(), days, _against(work, version.kind), result)
    kept = replace(version, state=VersionState.PREVIEWED, previewed=seen)
    store.ruling.save(work, kept)
    _record(work, actor, "policy.previewed", kept, {"sha256": kept.sha256, "days": days})
    return kept


def proposed(work: Work, kind: PolicyKind, text: str) -> PolicyVersion | None:
    """Return the tenant's version of exactly this text that does not rule; None where nobody has proposed it.

    Nobody else changes the tenant's versions from then on, so that what tries the text is compared with what rules.
    """
    if store.ruling.of_text(work, kind, ruling.digest(text)) is None:
        return None
    store.ruling.lock(work, kind)
    found = store.ruling.of_text(work, kind, ruling.digest(text))
    return None if found is None or found.state is VersionState.ACTIVE else found


def activate(work: Work, actor: Actor, kind: PolicyKind, version: str) -> PolicyVersion:
    """Let a version rule from now on; open sites are asked anew with the next sweeps.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or there is no such version.
        RefusedError: see ``rules.ruling.check_activation``.
        InputError: this release can no longer read its text.
    """
    require_edit(work, actor)
    store.ruling.lock(work, kind)
    found = people.visible(store.ruling.named(work, kind, version), "policy")
    by, now = _name(actor), work.now()
    against = _against(work, kind)
    check_activation(found, ruling=against, by=by, others=_others(work, found.made_by), now=now)
    read_version(kind, found.text, version)
    before = _retire(work, kind)
    made = replace(
        found,
        state=VersionState.ACTIVE,
        activated_by=by,
        activated_at=now,
        retired_at=None,
        replaced=None if before is None else before.id,
    )
    store.ruling.save(work, made)
    details = {"sha256": made.sha256, "replaced": None if before is None else before.version}
    _record(work, actor, "policy.activated", made, details)
    _ask_anew(work, kind)
    return made


def roll_back(work: Work, actor: Actor, kind: PolicyKind, why: str) -> Ruling:
    """Let what ruled before the tenant's version rule again: no preview, no second person, because it was there.

    Raises:
        ForbiddenError, NotFoundError: the actor must not, or not here.
        RefusedError: the shipped file rules, there is nothing to take back.
    """
    require_edit(work, actor)
    store.ruling.lock(work, kind)
    gone = _retire(work, kind)
    if gone is None:
        raise RefusedError(field="kind", problem="the shipped policy rules", fix="There is nothing to take back.")
    store.ruling.forget(work, gone)
    before = None if gone.replaced is None else store.ruling.by_id(work, kind, gone.replaced)
    if before is not None:
        again = replace(before, state=VersionState.ACTIVE, retired_at=None, activated_by=_name(actor))
        store.ruling.save(work, replace(again, activated_at=work.now()))
    details = {"now": "the shipped policy" if before is None else before.version, "why": why}
    _record(work, actor, "policy.rolled_back", gone, details)
    _ask_anew(work, kind)
    return policy_ruling(work, actor, kind)


def _retire(work: Work, kind: PolicyKind) -> PolicyVersion | None:
    found = store.ruling.ruling(work, kind)
    if found is not None:
        store.ruling.save(work, replace(found, state=VersionState.RETIRED, retired_at=work.now()))
    return found


def _check_idle(version: PolicyVersion) -> None:
    if version.state is VersionState.ACTIVE:
        raise RefusedError(field="version", problem=f"{version.version} rules already", fix="Preview another one.")


def _ask_anew(work: Work, kind: PolicyKind) -> None:
    if kind is PolicyKind.SUPERVISION:
        store.watched.rules_due_now(work)


def _against(work: Work, kind: PolicyKind) -> str:
    own = store.ruling.ruling(work, kind)
    return ruling.digest(ruling.shipped_text(kind)) if own is None else own.sha256


def read_version(kind: PolicyKind, text: str, name: str) -> str:
    """Return the version that a text names; one whose own examples do not hold, or that drops a law, is refused."""
    if kind is PolicyKind.RISK:
        return read_risk(text, name).version
    given, failed = check(text, name)
    if failed:
        raise InputError(field=f"{name}: examples", problem=failed[0], fix="Correct the rule, or the example.")
    check_law(given, read_supervision(ruling.shipped_text(kind), "shipped", store.violations()))
    return given.version


def _shipped_names(kind: PolicyKind) -> set[str]:
    if kind is PolicyKind.RISK:
        return {one.version for one in store.shipped_risk()}
    return {store.shipped_supervision().version}


def _others(work: Work, author: str) -> bool:
    """Tell whether somebody but the author may edit the tenant's policies."""
    may = [
        role
        for role in Role
        if people.permitted(work, work.tenant_id, role).get(EDIT_POLICY) in {Scope.TENANT, Scope.PLATFORM}
    ]
    return any(f"{ActorKind.PERSON}:{person_id}" != author for _, person_id in people.holders(work, may))


def require_edit(work: Work, actor: Actor) -> None:
    """Refuse whoever edits no policies here."""
    people.require_row(actor, EDIT_POLICY, ScopedRow(tenant_id=work.tenant_id), "policy")


def _record(work: Work, actor: Actor, act: str, version: PolicyVersion, details: Mapping[str, object]) -> None:
    people.record(work, actor, act, (version.kind.value, version.version), details)


def _name(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
