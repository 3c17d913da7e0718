"""The scoped query on PostgreSQL 15, the oldest server allowed: polygons, prefixes and laterals work there too."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import shapely
from sqlalchemy import Column, Double, MetaData, Table, Uuid, insert, select
from sqlalchemy.orm import Session

from pipewarden.kit.clock import SetClock
from pipewarden.kit.db import Base, make_engine
from pipewarden.kit.ids import Uuid7Source
from pipewarden.kit.work import Work
from pipewarden.people import service
from pipewarden.people.facts import PLATFORM, NewArea, NewMembership, NewPerson, Role, SignedIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from pipewarden.people.service import Gate

OLDEST = sorted(glob.glob("/usr/lib/postgresql/15/bin"))  # noqa: PTH207  an absolute pattern
SPOTS = Table(
    "people_test_spots",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("tenant_id", Uuid, nullable=False),
    Column("lon", Double),
    Column("lat", Double),
)


@pytest.fixture
def oldest() -> Iterator[Engine]:
    folder = Path(tempfile.mkdtemp(prefix="pw-people-"))
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user is not None:
        folder.chmod(0o755)
        os.chown(folder, user.pw_uid, user.pw_gid)
    as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(program: str, *words: str) -> None:
        subprocess.run(
            [f"{OLDEST[0]}/{program}", *words],
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **as_user,  # type: ignore[call-overload]  the keys are subprocess's own
        )

    data = str(folder / "data")
    run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
    run("pg_ctl", "-w", "-D", data, "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses=''", "start")
    try:
        made = make_engine(f"postgresql://postgres@/postgres?host={folder}")
        yield made
        made.dispose()
    finally:
        run("pg_ctl", "-w", "-m", "fast", "-D", data, "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.system(OLDEST[0] + "/initdb" if OLDEST else "/usr/lib/postgresql/15/bin/initdb")
def test_a_day_of_people_on_the_oldest_server(oldest: Engine, gate: Gate) -> None:
    Base.metadata.create_all(oldest, tables=[t for n, t in Base.metadata.tables.items() if n.startswith("people_")])
    SPOTS.create(oldest)
    clock = SetClock(datetime(2026, 11, 20, 1, 0, tzinfo=UTC))
    ids, root = Uuid7Source(clock), service.operator()
    with Session(oldest) as session, session.begin():
        gas = service.ensure_tenant(session, clock, ids, "gas")
        work, platform = Work(session, clock, ids, gas.id), Work(session, clock, ids, PLATFORM)
        assert service.import_roles(platform) == len(Role)
        outline = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(4, 4), (6, 4), (6, 6), (4, 6)]])
        city = service.add_area(platform, root, NewArea("city", "城", None, shapely.to_wkb(outline)), shared=True)
        person = service.add_person(platform, gate, root, NewPerson("liwei", "李伟", "three herons over ice"))
        service.grant(work, root, NewMembership(person.id, gas.id, Role.DISPATCHER, clock.now(), area_id=city.id))
        signed = service.sign_in(platform, gate, "liwei", "three herons over ice", source="192.0.2.1")
        assert isinstance(signed, SignedIn)
        changed = service.change_password(
            work,
            gate,
            service.actor_by_token(session, signed.token, clock.now()),
            "three herons over ice",
            "seven boats under moss",
            source="192.0.2.1",
        )
        actor = service.actor_by_token(session, changed.token, clock.now())
        rows = [(1, 1.0, 1.0), (2, 5.0, 5.0), (3, 11.0, 5.0), (4, 3.0, 9.0)]
        session.execute(
            insert(SPOTS), [{"id": UUID(int=n), "tenant_id": gas.id, "lon": x, "lat": y} for n, x, y in rows]
        )
        table = service.ScopedTable(tenant_id=SPOTS.c.tenant_id, lon=SPOTS.c.lon, lat=SPOTS.c.lat)
        seen = session.scalars(select(SPOTS.c.id).where(service.scope_filter(actor, "alarm:read", table))).all()
        assert {one.int for one in seen} == {1, 4}, "inside, and not in the hole"
        assert service.verify(platform) is None
        upper = service.add_area(platform, root, NewArea("upper", "上", None), shared=True)
        assert service.move_area(platform, root, city.id, upper.id) == 1
        assert service.areas(work)[1].path == f"{upper.path}{city.id.hex}/"
