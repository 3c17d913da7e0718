"""A backup taken under load comes back whole on a bare folder, and nothing that was changed ever does."""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import create_engine, func, select, text

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.db import make_engine
from pipewarden.kit.errors import InputError, UnavailableError
from pipewarden.kit.sealed import SealBrokenError, SealKey
from pipewarden.kit.settings import Settings
from pipewarden.kit.standstill import may_delete
from pipewarden.main import backup
from pipewarden.main.backup import Shelf, manifest
from pipewarden.main.home import UNFINISHED, Home, open_home
from pipewarden.people import service as people
from pipewarden.people.store.record import AuditRow
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind
from pipewarden.sense.store.river import ObservationRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pipewarden.main.backup import Restored, Taken

KEY = SealKey(hashlib.sha256(b"a key for tests").digest())
LOAD, GONE = "load.written", "gone"
QUIET = 120  # pictures before the load


@dataclass
class Load:
    """Hands that report, and one that deletes, until they are told to stop; every report is two rows and a file."""

    home: Home
    written: int = 0
    deleted: int = 0
    refused: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    count: threading.Lock = field(default_factory=threading.Lock)
    broken: list[BaseException] = field(default_factory=list)

    def report(self, hand: int) -> None:
        turn = 0
        while not self.stop.is_set():
            turn += 1
            self.one(f"{hand}-{turn}")
            with self.count:
                self.written += 1

    def one(self, name: str) -> None:
        picture = SystemChance().bytes(5000)
        with self.home.work() as work:
            new = NewObservation("load", name, ObservationKind.SINGLE, picture, "upload")
            made = sense.observe(work, self.home.blobs, new)
            people.record(work, people.operator(), LOAD, ("observation", made.id))

    def delete(self) -> None:
        while not self.stop.is_set():
            with self.home.work() as work:
                row = work.session.scalars(
                    select(ObservationRow).where(ObservationRow.picture != GONE).order_by(ObservationRow.id).limit(1)
                ).first()
                if row is None:
                    continue
                if not may_delete(work.session):
                    self.refused += 1
                    continue
                self.home.blobs.path(row.picture).unlink()
                row.picture = GONE
                self.deleted += 1

    def run(self, do: Callable[[], None]) -> None:
        def watched() -> None:
            try:
                do()
            except BaseException as error:  # noqa: BLE001  told by the test
                self.broken.append(error)

        thread = threading.Thread(target=watched)
        thread.start()
        self.threads.append(thread)

    threads: list[threading.Thread] = field(default_factory=list)


@dataclass(frozen=True)
class House:
    """A home that was backed up under load, twice, and where the backups lie."""

    room: Path
    settings: Settings
    home: Home
    shelf: Shelf
    first: Taken
    second: Taken
    load: Load
    between: int  # reports written while the second backup was being taken
    keys: dict[str, bytes]

    @property
    def id(self) -> str:
        return self.second.manifest.id

    def beside(self, name: str) -> Settings:
        """Return settings of an empty home on an empty database of the same server: quicker than a server each."""
        secret = (self.settings.home / "database.secret").read_text()
        word = dict(line.split("=", 1) for line in secret.splitlines())["super"]
        owner = make_engine(self.home.urls().owner).url
        admin = create_engine(owner.set(username="postgres", password=word), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            if connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}) is None:
                connection.execute(text(f"CREATE DATABASE {name} OWNER pipewarden_owner"))
        admin.dispose()
        url = owner.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
        return Settings(home=self.room / name, database_url=url)


@pytest.fixture(scope="module")
def house(roomy: Callable[[], Path]) -> Iterator[House]:
    room = roomy()
    settings = Settings(home=room / "home")
    with open_home(settings) as home:
        load = Load(home)
        for name in range(QUIET):
            load.one(f"quiet-{name}")
        for store in ("indoor", "sites/0199", "documents/0199"):
            type(home.blobs)(home.blobs.root / store).put(store.encode() * 900)
        keys = {"service.secret": b"s" * 40, "signing.key": bytes(range(48))}
        for name, content in keys.items():
            (home.folder / name).write_bytes(content)
            (home.folder / name).chmod(0o600)
        (home.folder / "open.txt").write_text("everybody reads this")
        shelf = Shelf(room / "out", KEY)
        first = backup.take(home, shelf)
        for hand in range(3):
            load.run(lambda hand=hand: load.report(hand))  # type: ignore[misc]
        load.run(load.delete)
        while load.deleted < 3 or load.written < 10:
            assert not load.broken
            time.sleep(0.01)
        before = load.written
        second = backup.take(home, shelf)
        between = load.written - before
        load.stop.set()
        for thread in load.threads:
            thread.join(20)
        yield House(room, settings, home, shelf, first, second, load, between, keys)


@dataclass(frozen=True)
class Back:
    """What was restored of the second backup, and where."""

    home: Home
    done: Restored


@pytest.fixture(scope="module")
def back(house: House) -> Iterator[Back]:
    settings = Settings(home=house.room / "back")
    done = backup.restore(settings, house.shelf, house.id)
    assert not (settings.home / UNFINISHED).exists()
    with open_home(settings) as home:
        yield Back(home, done)


def test_the_load_was_real(house: House) -> None:
    assert house.load.broken == []
    assert house.between >= 3  # reports went on while the backup was taken
    assert house.load.refused >= 1  # a deletion was tried meanwhile, and waited
    assert house.load.deleted >= 3
    assert house.second.manifest.damaged == ()


def test_rows_and_files_come_back_as_they_were(house: House, back: Back) -> None:
    told = house.second.manifest
    assert back.done.manifest == told
    again = backup.take(back.home, Shelf(house.room / "again", KEY)).manifest
    assert again.tables == told.tables
    assert again.blobs == told.blobs
    assert len(told.tables) > 100
    assert told.tables["sense_observations"].rows > QUIET
    root = back.home.blobs.root
    found = {one.relative_to(root).as_posix(): one.read_bytes() for one in root.rglob("*") if one.is_file()}
    assert {path: hashlib.sha256(content).hexdigest() for path, content in found.items()} == {
        one.path: one.sha256 for one in told.blobs
    }
    assert {"indoor", "sites", "documents"} <= {path.split("/")[0] for path in found}


def test_it_is_one_moment(back: Back) -> None:
    with back.home.work() as work:
        pictures = work.session.scalars(select(ObservationRow.picture)).all()
        said = work.session.scalar(select(func.count()).where(AuditRow.act == LOAD))
        missing = [one for one in pictures if one != GONE and not back.home.blobs.path(one).exists()]
        assert said == len(pictures)  # no report is there by half
        assert missing == []  # no row came back without its picture, whatever was deleted meanwhile
        assert people.verify(work) is None


def test_work_goes_on_in_what_was_restored(back: Back) -> None:
    Load(back.home).one("after")
    with back.home.work() as work:
        work.emit("t.after", work.ids.new(), partition="p")  # its number follows those that were there
    with back.home.work() as work:
        assert work.session.scalar(text("SELECT count(*) FROM kit_facts WHERE kind = 't.after'")) == 1


def test_the_homes_own_keys_come_back_closed_and_the_databases_are_new(house: House, back: Back) -> None:
    for name, content in house.keys.items():
        assert (back.home.folder / name).read_bytes() == content
        assert (back.home.folder / name).stat().st_mode & 0o077 == 0
    assert not (back.home.folder / "open.txt").exists()
    secret = "database.secret"  # noqa: S105  a file's name
    assert (back.home.folder / secret).read_text() != (house.settings.home / secret).read_text()


def test_pictures_that_lie_there_already_are_not_written_again(house: House) -> None:
    first, second = house.first.manifest, house.second.manifest
    fresh = {one.sha256 for one in second.blobs} - {one.sha256 for one in first.blobs}
    assert house.first.fresh == len({one.sha256 for one in first.blobs})
    assert house.second.fresh == len(fresh) > 0
    assert house.second.fresh_bytes == sum(one.size for one in second.blobs if one.sha256 in fresh)


def test_nothing_in_the_folder_tells_anything(house: House) -> None:
    one = next(one for one in house.second.manifest.blobs if one.path.startswith("indoor/"))
    for path in house.shelf.root.rglob("*"):
        assert one.sha256[2:] not in path.as_posix()
        if path.is_file():
            content = path.read_bytes()
            assert b"indoor" not in content
            assert KEY.secret not in content
            assert KEY.secret.hex().encode() not in content
            assert path.stat().st_mode & 0o077 == 0 or path.name == ".lock"


def everything(shelf: Shelf, name: str) -> None:
    """Read a whole backup as a restore does, without a database."""
    told = shelf.manifest(name)
    for piece in ("database", "keys"):
        list(shelf.open(f"{name}/{piece}"))
    for one in told.blobs:
        list(shelf.open(shelf.blob(one.sha256)))


def test_a_flipped_byte_anywhere_is_refused(house: House) -> None:
    name, chance = house.id, np.random.default_rng(8)
    told = house.second.manifest
    blobs = [house.shelf.blob(one.sha256) for one in told.blobs]
    everything(house.shelf, name)
    pieces = [f"{name}/manifest", f"{name}/database", f"{name}/keys", *chance.choice(blobs, 40, replace=False)]
    flipped = 0
    for piece in pieces:
        path = house.shelf.path(str(piece))
        whole = path.read_bytes()
        for at in {0, len(whole) - 1, *chance.integers(0, len(whole), 5).tolist()}:
            changed = bytearray(whole)
            changed[at] ^= 1 << int(chance.integers(0, 8))
            path.write_bytes(bytes(changed))
            with pytest.raises(SealBrokenError):
                list(house.shelf.open(str(piece)))
            flipped += 1
        path.write_bytes(whole)
    assert flipped >= 250
    everything(house.shelf, name)


@pytest.mark.parametrize("piece", ["database", "blob", "swapped", "missing"])
def test_a_changed_backup_restores_nothing(house: House, piece: str) -> None:
    settings = house.beside("refused")  # and stays empty, for the next one too
    told = house.second.manifest
    one = house.shelf.path(house.shelf.blob(told.blobs[0].sha256))
    path = house.shelf.path(f"{house.id}/database") if piece == "database" else one
    whole = path.read_bytes()
    if piece == "swapped":
        shutil.copy(house.shelf.path(house.shelf.blob(told.blobs[1].sha256)), path)
    elif piece == "missing":
        path.unlink()
    else:
        changed = bytearray(whole)
        changed[len(whole) // 2] ^= 1
        path.write_bytes(bytes(changed))
    try:
        with pytest.raises(SealBrokenError) as caught:
            backup.restore(settings, house.shelf, house.id)
    finally:
        path.write_bytes(whole)
    assert ("is missing" if piece == "missing" else "was changed") in caught.value.problem
    assert list(settings.home.iterdir()) == []  # and the folder may be used for the next try


def test_a_database_of_another_backup_is_refused(house: House) -> None:
    path = house.shelf.path(f"{house.id}/database")
    whole = path.read_bytes()
    shutil.copy(house.shelf.path(f"{house.first.manifest.id}/database"), path)
    with pytest.raises(SealBrokenError, match="frame 1"):
        list(house.shelf.open(f"{house.id}/database"))
    path.write_bytes(whole)


def test_another_key_opens_nothing(house: House) -> None:
    other = Shelf(house.shelf.root, SealKey(hashlib.sha256(b"another").digest()))
    with pytest.raises(SealBrokenError, match="another key"):
        other.manifest(house.id)
    with pytest.raises(SealBrokenError, match="another key"):
        backup.take(house.home, other)  # nor may two keys share a folder


def test_nothing_that_lives_is_restored_over(house: House, back: Back) -> None:
    with pytest.raises(InputError, match="is not empty") as caught:
        backup.restore(back.home.settings, house.shelf, house.id)
    assert caught.value.field == "PIPEWARDEN_HOME"
    assert (back.home.folder / "blobs").is_dir()


def test_a_restore_that_was_cut_short_is_served_by_nobody(house: House) -> None:
    settings = Settings(home=house.room / "half")
    settings.home.mkdir()
    (settings.home / UNFINISHED).write_text(house.id)
    with pytest.raises(UnavailableError, match="cut short"), open_home(settings):
        pytest.fail("it must not open")
    with pytest.raises(InputError, match="cut short"):
        backup.restore(settings, house.shelf, house.id)


def test_a_drill_proves_it_is_on_record_and_leaves_home_and_disk_as_they_were(house: House) -> None:
    scratch = house.room / "scratch"
    scratch.mkdir(mode=0o755)
    before = sorted(house.settings.home.iterdir())
    seen: list[tuple[int, int | None]] = []
    assert backup.last_drill(house.home) is None
    assert backup.overdue(house.home)
    made = backup.drill(house.home, house.shelf, scratch=scratch, progress=lambda at, of: seen.append((at, of)))
    told = house.second.manifest
    count = len(told.blobs)
    assert (made.ok, made.problem, made.backup, made.rows, made.blobs) == (True, "", house.id, told.rows, count)
    assert made.taken_at == told.taken_at.replace(microsecond=0)
    assert backup.last_drill(house.home) == backup.last_verified(house.home) == made
    assert not backup.overdue(house.home)
    assert seen[-1] == (count, count)
    assert list(scratch.iterdir()) == []
    assert sorted(house.settings.home.iterdir()) == before


def test_a_verification_says_beforehand_that_there_is_no_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 1 << 20))  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="1 MiB free") as caught:
        backup.verify(house.shelf, house.id, house.settings, scratch=house.room)
    assert caught.value.field == "PIPEWARDEN_BACKUP_SCRATCH"


def test_a_backup_of_a_newer_program_is_said_to_be_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipewarden.main.migrate.known", lambda _revision: False)
    with pytest.raises(InputError, match="newer than this"):
        backup.restore(Settings(home=house.room / "older"), house.shelf, house.id)
    assert not (house.room / "older").exists()


def test_a_table_that_came_back_otherwise_is_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Shelf.manifest

    def lied(self: Shelf, name: str) -> manifest.Manifest:
        told = real(self, name)
        kept = told.tables["kit_facts"]
        told.tables["people_audit"] = manifest.TableSum(kept.rows + 1, kept.sum)
        told.tables["sense_observations"] = manifest.TableSum(told.tables["sense_observations"].rows, "7")
        return told

    monkeypatch.setattr(Shelf, "manifest", lied)
    settings = house.beside("lied")
    with pytest.raises(InputError, match=r"people_audit has .* rows.*sense_observations has as many rows") as caught:
        backup.restore(settings, house.shelf, house.id)
    assert "drop the database" in caught.value.fix
    assert list(settings.home.iterdir()) == []


def test_a_folder_in_the_home_and_another_house_are_refused(house: House) -> None:
    with pytest.raises(InputError, match="lost with it"):
        backup.take(house.home, Shelf(house.settings.home / "out", KEY))
    with open_home(house.beside("neighbour")) as neighbour, pytest.raises(InputError, match="another house"):
        backup.take(neighbour, house.shelf)


def test_a_file_that_rotted_is_told_and_does_not_hold_up_the_others(house: House) -> None:
    blobs = house.home.blobs
    sha256 = blobs.put(b"it was whole once")
    blobs.path(sha256).write_bytes(b"it was whole ones")
    made = backup.take(house.home, Shelf(house.room / "rotten", KEY), with_keys=False)
    blobs.path(sha256).unlink()
    assert made.manifest.damaged == (f"blobs/{sha256[:2]}/{sha256[2:]}: does not match its hash",)
    assert sha256 not in {one.sha256 for one in made.manifest.blobs}
    assert made.fresh == len({one.sha256 for one in made.manifest.blobs}) > QUIET
    assert made.manifest.keys is None
    assert not list((house.room / "rotten").rglob(".part-*"))


def test_names_of_backups_are_in_the_order_of_time(house: House) -> None:
    names = house.shelf.ids()
    assert names == [house.first.manifest.id, house.second.manifest.id]
    assert house.shelf.newest() == house.id
    assert all(re.fullmatch(r"2\d{7}T\d{6}Z-[0-9a-f]{8}", name) for name in names)
