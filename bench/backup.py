"""How long a backup and a restore take beside the plain tools that they are made of: a JSON line.

A temporary home with pictures and rows is backed up, backed up again with a few pictures more, and restored into an
empty home; beside it pg_dump and a copy of the files. Seconds by the wall are told with the
load of the machine, which others share, and asserted by nobody; the ratio is of one run, the plain tools right before.

    python bench/backup.py [--pictures N] [--kib N] [--rows N]
    nice python bench/backup.py --gb 10    # in files of 4 MiB, without the plain tools; needs three times the room
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from sqlalchemy import text

from pipewarden.kit.chance import SystemChance
from pipewarden.kit.db import make_engine
from pipewarden.kit.sealed import KEY_BYTES, SealKey
from pipewarden.kit.settings import Settings
from pipewarden.main import backup
from pipewarden.main.backup import Shelf, database
from pipewarden.main.home import open_home
from pipewarden.sense import service as sense
from pipewarden.sense.facts import NewObservation, ObservationKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.main.home import Home

FEW = 50
BATCH = 100


def fill(home: Home, first: int, count: int, size: int) -> None:
    """Report pictures, as uploads do, a hundred a transaction."""
    for start in range(first, first + count, BATCH):
        with home.work() as work:
            for number in range(start, min(start + BATCH, first + count)):
                picture = SystemChance().bytes(size)
                new = NewObservation("bench", str(number), ObservationKind.SINGLE, picture, "upload")
                sense.observe(work, home.blobs, new)


def add_rows(home: Home, count: int) -> None:
    """Write facts, which are most of a real house's rows."""
    engine = make_engine(home.urls().owner)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO kit_facts (kind, partition, tenant_id, fact_id, emitted_at) "
                "SELECT 'bench.row', 'p' || n % 8, :tenant, gen_random_uuid(), now() FROM generate_series(1, :count) n"
            ),
            {"tenant": home.tenant_id, "count": count},
        )
    engine.dispose()


def timed(do: Callable[[], object]) -> float:
    """Return the seconds by the wall that something takes, to the disk."""
    began = time.perf_counter()
    do()
    os.sync()
    return round(time.perf_counter() - began, 2)


def plain_out(home: Home, folder: Path) -> None:
    """Dump and copy."""
    engine = make_engine(home.urls().owner)
    with database.frozen(engine) as told, (folder / "dump").open("wb") as out:
        for portion in database.dump(home.urls().owner, told):
            out.write(portion)
    engine.dispose()
    shutil.copytree(home.blobs.root, folder / "blobs")


def peak_mib() -> dict[str, int]:
    """Return the most memory that this process and the largest of its children ever held."""
    who = {"own": resource.RUSAGE_SELF, "child": resource.RUSAGE_CHILDREN}
    return {name: resource.getrusage(one).ru_maxrss >> 10 for name, one in who.items()}


def main(pictures: int, kib: int, rows: int, *, plainly: bool = True) -> dict[str, object]:
    """Return the figures of one run; ``plainly`` also by pg_dump and a copy, which takes the room once more."""
    room = Path(tempfile.mkdtemp(prefix="pipewarden-bench-"))
    room.chmod(0o755)
    shelf, plain = Shelf(room / "out", SealKey(SystemChance().bytes(KEY_BYTES))), room / "plain"
    plain.mkdir()
    try:
        with open_home(Settings(home=room / "home")) as home:
            fill(home, 0, pictures, kib << 10)
            add_rows(home, rows)
            out_plain = timed(lambda: plain_out(home, plain)) if plainly else None
            filled = peak_mib()
            out = timed(lambda: backup.take(home, shelf))
            taken = peak_mib()
            fill(home, pictures, FEW, kib << 10)
            again = timed(lambda: backup.take(home, shelf))
            told = shelf.manifest(shelf.newest())
            dump = told.database.size
        back = timed(lambda: backup.restore(Settings(home=room / "new"), shelf, told.id))
        return {
            "rows": told.rows,
            "pictures": len(told.blobs),
            "picture_mib": told.blob_bytes >> 20,
            "dump_mib": round(dump / (1 << 20), 1),
            "backup_s": out,
            "plain_dump_and_copy_s": out_plain,
            "backup_of_50_more_s": again,
            "restore_s": back,
            "backup_mb_per_s": round(pictures * (kib << 10) / 1e6 / out, 1),
            "restore_mb_per_s": round(told.blob_bytes / 1e6 / back, 1),
            "peak_mib": {"filled": filled, "backed_up": taken, "restored": peak_mib()},
            "load": os.getloadavg(),
        }
    finally:
        shutil.rmtree(room, ignore_errors=True)


if __name__ == "__main__":
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--pictures", type=int, default=2000)
    wanted.add_argument("--kib", type=int, default=150)
    wanted.add_argument("--rows", type=int, default=200_000)
    wanted.add_argument("--gb", type=float, help="gigabytes of pictures, in files of 4 MiB")
    chosen = wanted.parse_args()
    if chosen.gb is None:
        print(json.dumps(main(chosen.pictures, chosen.kib, chosen.rows)))
    else:
        print(json.dumps(main(round(chosen.gb * 1e9 / (4 << 20)), 4 << 10, chosen.rows, plainly=False)))
