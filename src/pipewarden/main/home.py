"""Opens a home: database (embedded or by URL), migrations, blobs, tenant, queue. Every command starts here."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url
from sqlalchemy.orm import sessionmaker

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.clock import Clock, SystemClock
from pipewarden.kit.db import check_server, make_engine, sqlalchemy_url
from pipewarden.kit.emit import ProcrastinateDefer, Registry
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.postgres import Urls, cluster_at, embedded, sweep
from pipewarden.kit.work import Work, WorkFactory
from pipewarden.main import migrate
from pipewarden.main.queue import DRAIN, RIVER, Queue, make_queue
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from uuid import UUID

    from pipewarden.kit.settings import Settings

_TEMPORARY = "pipewarden-tmp-"
UNFINISHED = "restore.unfinished"  # lies in a home while it is being restored, and stays when that was cut short


@dataclass(frozen=True, slots=True)
class Home:
    """An open home: everything a command needs to work for one tenant."""

    folder: Path
    settings: Settings
    factory: WorkFactory
    registry: Registry
    queue: Queue
    blobs: BlobStore
    tenant_id: UUID

    def work(self) -> AbstractContextManager[Work]:
        """Open a unit of work for the home's tenant."""
        return self.factory.begin(self.tenant_id)

    def urls(self) -> Urls:
        """Return the two ways into its database."""
        if self.settings.database_url is not None and self.folder == self.settings.home:
            return urls_of(self.settings)
        return cluster_at(self.folder).urls()

    def tenants(self) -> list[UUID]:
        """Return every tenant of the house, oldest first."""
        with self.work() as work:
            return [one.id for one in people.tenants(work, people.operator())]


@contextmanager
def open_home(settings: Settings, *, temporary: bool = False, clock: Clock | None = None) -> Iterator[Home]:
    """Open the home of ``settings``, migrated, and close it at the end.

    Args:
        settings: where data lives; ``home`` and the URLs are ignored when ``temporary``.
        temporary: use a new folder and an embedded server of its own, both removed at the end.
        clock: the system's when None.
    """
    if temporary:
        sweep(Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*"))
        folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY))
        folder.chmod(0o711)  # the lent user of the embedded server must walk through
        try:
            with embedded(folder, temporary=True) as urls, _on(urls, folder, settings, clock) as home:
                yield home
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return
    _make_folder(settings.home)
    if (settings.home / UNFINISHED).exists():
        raise UnavailableError(
            field="PIPEWARDEN_HOME",
            problem=f"{settings.home} is being restored, or its restore was cut short",
            fix="Wait for its end; if nothing restores any more, remove the folder and restore again.",
        )
    if settings.database_url is not None:
        with _on(urls_of(settings), settings.home, settings, clock) as home:
            yield home
        return
    with embedded(settings.home) as urls, _on(urls, settings.home, settings, clock) as home:
        yield home


def urls_of(settings: Settings) -> Urls:
    """Return the two ways into a server that the settings name.

    Raises:
        InputError: they name none.
    """
    if settings.database_url is None:
        raise InputError(field="PIPEWARDEN_DATABASE_URL", problem="is not set", fix="Name the server.")
    return Urls(owner=settings.database_owner_url or settings.database_url, app=settings.database_url)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            field="PIPEWARDEN_HOME", problem=f"{folder} cannot be made ({error.strerror})", fix="Name another folder."
        ) from error


@contextmanager
def _on(urls: Urls, folder: Path, settings: Settings, clock: Clock | None) -> Iterator[Home]:
    the_clock = clock or SystemClock()
    ids = Uuid7Source(the_clock)
    owner = make_engine(urls.owner, pool_size=1)
    engine = make_engine(urls.app)
    try:
        check_server(owner)
        migrate.upgrade(owner, make_url(sqlalchemy_url(urls.app)).username or "")
        sessions = sessionmaker(engine, expire_on_commit=False)
        with sessions() as session, session.begin():
            tenant = people.ensure_tenant(session, the_clock, ids, settings.tenant)
        queue = make_queue(urls.app)
        registry = Registry(defer=ProcrastinateDefer(app=queue.deferring, task=DRAIN, queue=RIVER))
        factory = WorkFactory(sessions=sessions, clock=the_clock, ids=ids, emitter=registry)
        queue.serve(lambda partition: registry.drain(factory, partition))
        yield Home(
            folder=folder,
            settings=settings,
            factory=factory,
            registry=registry,
            queue=queue,
            blobs=BlobStore(folder / "blobs"),
            tenant_id=tenant.id,
        )
    finally:
        engine.dispose()
        owner.dispose()
