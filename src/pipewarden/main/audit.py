"""Wires the audit: where the key lies, who anchors and walks the chains and when, where anchors go, what is told.

Anchors leave the house in two ways: as files in a folder that the operator mounts from elsewhere (write once where it
can be had), and by the outbox to subscriptions that ask for them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import OperationalError

from pipewarden.act import service as act
from pipewarden.act.adapters.signing import signing_key, verified
from pipewarden.casework import store as casework_store
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from pipewarden.act.adapters.signing import SigningKey
    from pipewarden.act.service import Post
    from pipewarden.kit.work import Work
    from pipewarden.main.home import Home
    from pipewarden.main.queue import Queue
    from pipewarden.people.facts import AuditBreak, ChainState, ExportCheck, SignedAnchor

log = structlog.get_logger(__name__)
AUDIT = "audit"
ANCHOR = "pipewarden.audit.anchor"
WALK = "pipewarden.audit.walk"
BROKEN = "chain_broken"
_EVERY_10_MIN = "*/10 * * * *"
_NIGHTLY = "40 18 * * *"  # UTC: twenty to three at night in China
_MOST_FILE = 64_000_000  # bytes; an anchor has some 400
_SUFFIXES = (".json", ".jsonl", ".txt")


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking files offline found; ``exports`` by the names of their files."""

    anchors: tuple[SignedAnchor, ...]
    exports: dict[str, ExportCheck]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of anchoring came to: the new anchors, and the chains that do not hold by their tenant."""

    made: tuple[SignedAnchor, ...]
    broken: dict[UUID, AuditBreak]


def key(home: Home) -> SigningKey:
    """Return the key that signs the record of this home; it is no other key, so that it can be kept apart.

    Raises:
        UnavailableError: its file is open to others, or damaged.
    """
    return signing_key(home.folder / "audit.key")


def register(queue: Queue, home: Home, post: Post) -> None:
    """Let workers of ``queue`` anchor every chain each ten minutes and walk all of them every night.

    The auditors of a chain that was walked and holds are sent its newest anchor.
    """

    @queue.app.periodic(cron=_EVERY_10_MIN)
    @queue.app.task(name=ANCHOR, queue=AUDIT, queueing_lock=ANCHOR, lock=ANCHOR)
    def anchor(timestamp: int) -> int:  # noqa: ARG001  the queue says when; the injected clock counts
        return len(anchor_all(home, post).made)

    @queue.app.periodic(cron=_NIGHTLY)
    @queue.app.task(name=WALK, queue=AUDIT, queueing_lock=WALK, lock=WALK)
    def walk(timestamp: int) -> int:  # noqa: ARG001  as above
        states = walk_all(home, [*home.tenants(), PLATFORM])
        for state in states:
            if state.broken is None and state.anchored is not None:
                with home.factory.begin(state.tenant_id) as work:
                    act.tell_anchored(work, post, state.anchored)
        log.info("walked the audit chains", chains=len(states), broken=sum(one.broken is not None for one in states))
        return len(states)


def anchor_all(home: Home, post: Post | None = None, *, only: Sequence[UUID] = (), folder: Path | None = None) -> Round:
    """Seal the looks and anchor the chain of every tenant, and hand the anchors out.

    A tenant whose chain does not hold gets no anchor; its people are told. None waits for another that breaks.

    Args:
        home: whose chains.
        post: the outbox of who subscribes to anchors; nobody is sent one where None.
        only: these tenants alone.
        folder: where the files go; ``PIPEWARDEN_AUDIT_ANCHORS`` when None.

    Raises:
        UnavailableError: the folder takes no file; nothing was anchored there, and the next round tries again.
    """
    signer, into = key(home), folder or home.settings.audit_anchors
    made: list[SignedAnchor] = []
    broken: dict[UUID, AuditBreak] = {}
    failed: Exception | None = None
    for tenant_id in only or [*home.tenants(), PLATFORM]:
        _seal(home, tenant_id)
        try:
            with home.factory.begin(tenant_id) as work:
                found = people.anchor_chain(work, signer)
                if found.anchor is not None:
                    if into is not None:
                        _keep(into, found.anchor)  # before the commit: a folder that is full takes no anchor back
                    if post is not None:
                        act.announce_anchor(work, post, found.anchor)
                    made.append(found.anchor)
            if found.broken is not None:
                broken[tenant_id] = found.broken
                tell_broken(home, tenant_id, found.broken)
        except Exception as error:
            log.exception("a chain could not be anchored", tenant=str(tenant_id))
            failed = error
    if failed is not None:
        raise failed
    return Round(tuple(made), broken)


def _seal(home: Home, tenant_id: UUID) -> None:
    try:
        with home.factory.begin(tenant_id) as work:
            people.seal_views(work)
    except OperationalError:  # somebody looks just now for long; the looks are sealed with the next round
        log.warning("looks could not be sealed and are tried again", tenant=str(tenant_id))


def _keep(folder: Path, anchor: SignedAnchor) -> None:
    """Write an anchor as a file of its own, never over another: the folder may let nobody change what it has."""
    path = folder / str(anchor.tenant_id) / f"{anchor.seq:012d}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(people.anchor_line(anchor) + "\n")
            out.flush()
            os.fsync(out.fileno())
    except FileExistsError:  # a round that was cut off after it had written: what lies there holds for the same entry
        log.info("an anchor lies there already", path=str(path))
    except OSError as error:
        raise UnavailableError(
            field="PIPEWARDEN_AUDIT_ANCHORS",
            problem=f"{path} cannot be written ({error.strerror})",
            fix="Mount the folder so that this user may add files to it.",
        ) from error


def walk_all(
    home: Home, tenants: Iterable[UUID], outside: Sequence[SignedAnchor] = (), *, folder: Path | None = None
) -> list[ChainState]:
    """Walk whole chains against every anchor in and outside the database; who is responsible is told of a break.

    Raises:
        InputError: a file beside the anchors in the folder is none.
    """
    into = folder or home.settings.audit_anchors
    states = []
    for tenant_id in tenants:
        kept = [] if into is None or not (into / str(tenant_id)).is_dir() else read_anchors([into / str(tenant_id)])
        with home.factory.begin(tenant_id) as work:
            root = people.operator(tenant_id)
            states.append(people.verify_record(work, root, [*kept, *outside], genuine=verified))
        if (broken := states[-1].broken) is not None:
            tell_broken(home, tenant_id, broken)
    return states


def tell_broken(home: Home, tenant_id: UUID, broken: AuditBreak) -> None:
    """Put a broken chain before the people who look after the house; once a day, and in the log each time."""
    log.error("an audit chain is broken", tenant=str(tenant_id), entry=broken.seq, problem=broken.problem)
    there = home.tenant_id if tenant_id == PLATFORM else tenant_id  # the platform has nobody of its own on duty
    whose = "the platform's audit chain" if tenant_id == PLATFORM else "the audit chain"
    with home.factory.begin(there) as work:
        words = f"{whose} is broken at entry {broken.seq}: {broken.problem}"
        casework_store.watched.add_breach(work, BROKEN, tenant_id, words)


def export(home: Home, work: Work, **more: object) -> bytes:
    """Return a tenant's record as the operator at the machine takes it; see ``people.service.export_record``."""
    return people.export_record(work, people.operator(work.tenant_id), key(home), **more)  # type: ignore[arg-type]  # the names are that function's


def check(paths: Sequence[Path], *, key: str | None = None) -> Checked:
    """Return what is wrong with anchors and exports; needs nothing but the files.

    Raises:
        InputError: a file cannot be read, or holds something else.
    """
    exports = [one for one in _files(paths) if _is_export(one)]
    anchors = read_anchors([one for one in _files(paths) if one not in exports])
    found = {
        str(path): people.check_export(_content(path, None), verified, key=key, outside=anchors) for path in exports
    }
    return Checked(tuple(anchors), found, tuple(people.anchor_problems(anchors, verified, key=key)))


def read_anchors(paths: Sequence[Path]) -> list[SignedAnchor]:
    """Return the anchors in files, one a line, and in folders of such files.

    Raises:
        InputError: a file cannot be read, or a line is no anchor.
    """
    found = []
    for path in _files(paths):
        for number, line in enumerate(_content(path, _MOST_FILE).decode("utf-8", "replace").splitlines(), start=1):
            if not line.strip():
                continue
            try:
                found.append(people.read_anchor(line))
            except ValueError as error:
                fix = "Name files that `pipewarden audit anchor` or `pipewarden audit export` wrote."
                raise InputError(field=str(path), problem=f"line {number} is no anchor", fix=fix) from error
    return found


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.suffix in _SUFFIXES and one.is_file())
        else:
            yield path


def _is_export(path: Path) -> bool:
    return _content(path, 4) == b"PK\x03\x04"


def _content(path: Path, most: int | None) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read() if most is None else file.read(most)
    except OSError as error:
        raise InputError(field=str(path), problem=f"cannot be read ({error.strerror})", fix="Name its file.") from error
