"""How many documents the whole path issues in a minute, draft and issue, database, audit chain and disk: a JSON line.

Two hands, each at a site of its own, issue every kind in turn with all its fields filled, as two requests do it: the
draft in one transaction, the document in another. Home and database are temporary. The minute by the wall is told with
the load of the machine, which others share, and asserted by nobody; what is asserted is the processor time of a
document, database and press included, against what two cores have in a minute. With --profile the calls that took the
most of one hand's time follow on standard error.

    python bench/issued.py [--count N] [--hands N] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import json
import os
import pstats
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import planted
from pipewarden.act import service
from pipewarden.act.adapters.press import ChildPress
from pipewarden.act.facts import Told
from pipewarden.act.rules.documents import sample
from pipewarden.act.rules.documents.kind_file import ALWAYS
from pipewarden.act.service import Desk, Wanted
from pipewarden.act.store import shipped_law, shipped_samples
from pipewarden.casework import service as casework
from pipewarden.casework.facts import Discovered
from pipewarden.kit.chance import SystemChance
from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.masking import masking
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.perceive import service as perceive

if TYPE_CHECKING:
    from uuid import UUID

    from pipewarden.main.home import Home

GOAL = 1000  # documents a minute (issue "# 7.")
CORES = 2
PLACE = (116.7, 39.5)
WARM = 12


@dataclass(frozen=True, slots=True)
class Office:
    """A home, its desk, and what is wanted of each kind."""

    home: Home
    desk: Desk
    wanted: tuple[Wanted, ...]

    def site(self, number: int) -> UUID:
        """Open a site."""
        with self.home.work() as work:
            body = Discovered(None, Zone.PROTECTION, 1, PLACE[0] + number / 100, PLACE[1], "a bench")
            return casework.open_site(work, body).id

    def issue(self, site: UUID, turn: int) -> None:
        """Look at a draft, then issue it, as two requests do."""
        wanted = self.wanted[turn % len(self.wanted)]
        with self.home.work() as work:
            seen = service.draft(work, people.operator(work.tenant_id), self.desk, site, wanted).seen
        with self.home.work() as work:
            actor, entropy = people.operator(work.tenant_id), SystemChance().bytes(service.TOKEN_BYTES)
            service.issue(work, actor, self.desk, site, wanted, seen=seen, entropy=entropy)


def spent_s(home: Home) -> dict[str, float]:
    """Return the processor time of this process, of its presses, and of the database, seconds."""
    postmaster = planted.postmaster(home)
    database = {postmaster, *planted.children(postmaster)}
    presses = set(planted.children(os.getpid())) - database
    return {
        "house": time.process_time(),  # ended threads are in it, in schedstat they are not
        "press": planted.ran_s(presses),
        "database": planted.ran_s(database),
    }


def measure(office: Office, count: int, hands: int, *, profile: bool) -> dict[str, object]:
    """Let the hands issue ``count`` documents and return the figures."""
    sites = [office.site(number) for number in range(hands)]
    for turn in range(WARM):
        office.issue(sites[turn % hands], turn)
    left, lock, watch = iter(range(count)), threading.Lock(), cProfile.Profile() if profile else None

    def hand(number: int) -> None:
        with nullcontext() if watch is None or number else watch:
            while True:
                with lock:
                    turn = next(left, None)
                if turn is None:
                    return
                office.issue(sites[number], turn + number * 5)

    load, cpu, wall = os.getloadavg()[0], spent_s(office.home), time.perf_counter()
    threads = [threading.Thread(target=hand, args=(number,)) for number in range(hands)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    wall, after = time.perf_counter() - wall, spent_s(office.home)
    each_ms = {part: 1e3 * (after[part] - before) / count for part, before in cpu.items()}
    if watch is not None:
        pstats.Stats(watch, stream=sys.stderr).sort_stats("cumulative").print_stats(60)
    return {
        "bench": "issued",
        "documents": count,
        "hands": hands,
        "per_minute": round(60 * count / wall),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "cpu_ms": {part: round(spent, 1) for part, spent in each_ms.items()},
        "per_minute_of_two_cores": round(60e3 * CORES / sum(each_ms.values())),
        "goal_per_minute": GOAL,
    }


def main() -> int:
    """Print the figures; 1 when two cores have not the processor time for the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=480)
    parser.add_argument("--hands", type=int, default=CORES)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    made = [sample(spec, shipped_samples(), shipped_law()) for spec in service.shipped().values()]
    said = [{key: text for key, text in one.fields.items() if key not in ALWAYS} for one in made]
    wanted = tuple(
        Wanted(one.kind, Told(fields, dict(one.rows), one.signatures)) for one, fields in zip(made, said, strict=True)
    )
    with (
        open_home(Settings(), temporary=True) as home,
        ChildPress(children=given.hands) as press,
        masking() as decoder,
    ):
        office = Office(home, Desk(press, home.blobs, perceive.only_masked(decoder), "https://check.example"), wanted)
        result = measure(office, given.count, given.hands, profile=given.profile)
    print(json.dumps(result))
    return 0 if float(str(result["per_minute_of_two_cores"])) >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
