"""A house on a server of its own whose owner role is at hand: who tampers with a record needs more than the app has."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from pipewarden.kit.db import make_engine
from pipewarden.kit.postgres import embedded
from pipewarden.kit.settings import Settings
from pipewarden.main.home import Home, open_home
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class House:
    """One tenant of the house, and who owns its database."""

    home: Home
    owner: Engine
    key: str

    @property
    def tenant(self) -> UUID:
        return self.home.tenant_id

    def fresh(self, settings: Settings | None = None) -> House:
        """The same house acting for a tenant of its own."""
        with self.home.work() as work:
            key = f"t{work.ids.new().hex[-12:]}"
            made = people.ensure_tenant(work.session, work.clock, work.ids, key)
        return House(replace(self.home, tenant_id=made.id, settings=settings or self.home.settings), self.owner, key)

    def write(self, count: int = 5) -> None:
        with self.home.work() as work:
            for number in range(count):
                details = {"n": number, "why": "王五13800009999"}
                people.record(work, people.operator(self.tenant), "thing.done", ("thing", number), details)

    def forge(self, statement: str) -> None:
        """Do something to this tenant's rows (``:t``) as the database's owner."""
        with self.owner.begin() as connection:
            assert connection.execute(text(statement), {"t": self.tenant}).rowcount > 0


@pytest.fixture(scope="module")
def whole_house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="pipewarden-audited-"))
    folder.chmod(0o755)
    try:
        with embedded(folder, temporary=True) as urls:
            settings = Settings(home=folder, database_url=urls.app, database_owner_url=urls.owner)
            owner = make_engine(urls.owner)
            with open_home(settings) as home:
                yield House(home, owner, settings.tenant)
            owner.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(whole_house: House) -> House:
    return whole_house.fresh()
