"""Transfers a second with every caller answered after its commit, against one transaction a transfer: JSON lines.

The peer is a PL/pgSQL function on the same server that locks both accounts' rows in one order, refuses an overdraft,
keeps the key unique and writes one row: no chain, no postings, no history of balances, and so less than the book does.
10,000 accounts, 20 % of transfers from 10 hot ones, synchronous_commit on. Callers are threads of one process; the
peer's have the better of 8 connections and one each. Rounds alternate, ratios are of one round, the median of them
counts; sums are checked at the end. Wall times are told with the load of the machine and asserted by nobody.

    python bench/ledger.py [--callers 64] [--each 150] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import statistics
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import numpy as np
import psycopg

from pipewarden.kit.settings import Settings
from pipewarden.ledger import service
from pipewarden.ledger.facts import Asset, FundsError, Kind, Order, Posting
from pipewarden.main import ledger
from pipewarden.main.home import open_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipewarden.main.home import Home

ACCOUNTS, HOT, SHARE = 10_000, 10, 0.2
FUNDS = 1_000_000
PEER = """
CREATE TABLE peer_accounts (address text PRIMARY KEY, posted bigint NOT NULL CHECK (posted >= 0))
  WITH (fillfactor = 60);
CREATE TABLE peer_transfers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL UNIQUE,
  source text NOT NULL, destination text NOT NULL, amount bigint NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE FUNCTION peer_transfer(k text, s text, d text, a bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE available bigint; made bigint;
BEGIN
  PERFORM 1 FROM peer_accounts WHERE address IN (s, d) ORDER BY address FOR UPDATE;
  SELECT posted INTO available FROM peer_accounts WHERE address = s;
  IF available < a THEN RETURN -1; END IF;
  UPDATE peer_accounts SET posted = posted - a WHERE address = s;
  UPDATE peer_accounts SET posted = posted + a WHERE address = d;
  INSERT INTO peer_transfers (key, source, destination, amount) VALUES (k, s, d, a) RETURNING id INTO made;
  RETURN made;
END $$;
"""
CALL = "SELECT peer_transfer(%s, %s, %s, %s)"
Move = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """What one variant came to in one round; processor time is that of a transfer, here and in the server."""

    per_s: float
    p50_ms: float
    p99_ms: float
    client_us: float
    server_us: float

    @property
    def cpu_us(self) -> float:
        """Return the processor time of a transfer."""
        return self.client_us + self.server_us


def server_cpu_s(folder: Path) -> float:
    """Return the processor time that the server's processes have used, those that are gone included."""
    postmaster = int((folder / "database" / "data" / "postmaster.pid").read_text().split()[0])
    total = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # it ended just now
            continue
        if int(path.parent.name) == postmaster:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / os.sysconf("SC_CLK_TCK")


def moves_of(seed: int, name: str, callers: int, each: int) -> list[list[Move]]:
    """Return what every caller moves."""
    chance = np.random.default_rng(seed)
    found = []
    for caller in range(callers):
        hot = chance.random(each) < SHARE
        source = np.where(hot, chance.integers(0, HOT, each), chance.integers(HOT, ACCOUNTS, each))
        destination = (source + chance.integers(1, ACCOUNTS, each)) % ACCOUNTS
        amounts = chance.integers(1, 500, each)
        rows = zip(source.tolist(), destination.tolist(), amounts.tolist(), strict=True)
        found.append([(f"{name}:{caller}:{n}", address(s), address(d), a) for n, (s, d, a) in enumerate(rows)])
    return found


def address(number: int) -> str:
    """Return the address of an account; as long as a real one."""
    return f"person:01990000-0000-7000-8000-{number:012d}:cash"


def drive(folder: Path, moves: list[list[Move]], post: Callable[[int, Move], None]) -> Round:
    """Let every caller post its moves one after another, and measure each answer."""
    took: list[list[float]] = [[] for _ in moves]
    ready = threading.Barrier(len(moves) + 1)

    def one(caller: int) -> None:
        ready.wait()
        for move in moves[caller]:
            begun = time.perf_counter()
            post(caller, move)
            took[caller].append(time.perf_counter() - begun)

    threads = [threading.Thread(target=one, args=(caller,)) for caller in range(len(moves))]
    for thread in threads:
        thread.start()
    ready.wait()
    begun, cpu, server = time.perf_counter(), time.process_time(), server_cpu_s(folder)
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begun
    times = np.array([one for caller in took for one in caller]) * 1000
    p50, p99 = np.percentile(times, [50, 99])
    client = (time.process_time() - cpu) / len(times) * 1e6
    server = (server_cpu_s(folder) - server) / len(times) * 1e6
    return Round(len(times) / wall, float(p50), float(p99), client, server)


def prepared(home: Home) -> None:
    """Open and fund the accounts on both sides."""
    names = [address(number) for number in range(ACCOUNTS)]
    with home.work() as work:
        service.open_account(work, "outside:bank", Asset.CNY)
        for begin in range(0, ACCOUNTS, 2000):
            service.open_accounts(work, *((one, Asset.CNY) for one in names[begin : begin + 2000]))
    for begin in range(0, ACCOUNTS, 2000):
        with home.work() as work:
            lines = [(Posting("outside:bank", one, Asset.CNY, FUNDS),) for one in names[begin : begin + 2000]]
            service.write(work, [Order(f"f {one[0].destination}", Kind.POSTED, "funds", one) for one in lines])
    with psycopg.connect(home.urls().owner, autocommit=True) as connection:
        connection.execute(PEER)
        connection.execute(
            "INSERT INTO peer_accounts SELECT address, posted FROM ledger_accounts WHERE address LIKE 'person:%'"
        )
        connection.execute("VACUUM ANALYZE")


def by_book(group: service.GroupCommit) -> Callable[[int, Move], None]:
    """Post through the group."""

    def post(_: int, move: Move) -> None:
        key, source, destination, amount = move
        try:
            group.post(Order(key, Kind.POSTED, "bench", (Posting(source, destination, Asset.CNY, amount),)))
        except FundsError:
            return

    return post


def by_peer(url: str, connections: int, callers: int) -> tuple[Callable[[int, Move], None], Callable[[], None]]:
    """Post by the function, one transaction a transfer; with a connection each, or with a few that all share."""
    opened = [psycopg.connect(url, autocommit=True, prepare_threshold=1) for _ in range(connections)]
    free: queue.SimpleQueue[psycopg.Connection] = queue.SimpleQueue()
    for one in opened:
        free.put(one)

    def post(caller: int, move: Move) -> None:
        if connections == callers:
            opened[caller].execute(CALL, move).fetchone()
            return
        mine = free.get()
        mine.execute(CALL, move).fetchone()
        free.put(mine)

    def close() -> None:
        for one in opened:
            one.close()

    return post, close


def compared(home: Home, group: service.GroupCommit, callers: int, each: int, rounds: int) -> dict[str, object]:
    """Return what alternating rounds came to."""
    url, found = home.urls().owner, {"book": [], "peer": []}
    sizes = sorted({min(8, callers), callers})
    for number in range(rounds + 1):
        book = drive(home.folder, moves_of(number, f"b{callers}.{number}", callers, each), by_book(group))
        peers = []
        for size in sizes:
            post, close = by_peer(url, size, callers)
            peers.append(drive(home.folder, moves_of(number, f"p{callers}.{number}.{size}", callers, each), post))
            close()
        if number:  # the first one warms up
            found["book"].append(book)
            found["peer"].append(max(peers, key=lambda one: one.per_s))
    pairs = list(zip(found["book"], found["peer"], strict=True))
    told = {
        name: {key: round(statistics.median(getattr(one, key) for one in runs), 1) for key in Round.__slots__}
        for name, runs in found.items()
    }
    return {
        "callers": callers,
        "rounds": rounds,
        "transfers": callers * each,
        **told,
        "x_per_s": round(statistics.median(a.per_s / b.per_s for a, b in pairs), 2),
        "x_per_cpu_s": round(statistics.median(b.cpu_us / a.cpu_us for a, b in pairs), 2),
        "x_p99": round(statistics.median(a.p99_ms / b.p99_ms for a, b in pairs), 2),
        "all_x_per_s": [round(a.per_s / b.per_s, 2) for a, b in pairs],
    }


def main() -> int:
    """Run both comparisons and check both books."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--callers", type=int, default=64)
    asked.add_argument("--each", type=int, default=150)
    asked.add_argument("--rounds", type=int, default=5)
    wanted = asked.parse_args()
    with open_home(Settings(), temporary=True) as home:
        prepared(home)
        group = service.GroupCommit(home.factory, home.tenant_id)
        for callers, each in ((wanted.callers, wanted.each), (1, wanted.each * 10)):
            print(json.dumps({**compared(home, group, callers, each, wanted.rounds), "load": os.getloadavg()}))
        group.close()
        checked = ledger.check(home)
        with psycopg.connect(home.urls().owner) as connection:
            row = connection.execute("SELECT sum(posted), min(posted) FROM peer_accounts").fetchone()
        same = row is not None and row[0] == ACCOUNTS * FUNDS
        print(json.dumps({"whole": checked.whole, "transfers": checked.transfers, "peer_whole": same}))
    return 0 if checked.whole and same else 1


if __name__ == "__main__":
    sys.exit(main())
