"""Transfers a second with every caller answered after its commit, against one transaction a transfer: JSON lines.

The peers are PL/pgSQL functions on the same server that lock both accounts' rows in one order, refuse an overdraft and
keep the key unique. The lean one writes one row: no chain, no postings, no statement, and so less than the book does.
The full one writes the rows that the book writes, with the same indexes, but no chain. 10,000 accounts; 20 % of
transfers from 10 hot ones, then all of them from one, as a budget pays. synchronous_commit is on. Callers are threads
of one process; the peers have the better of 8 connections and one a caller. Who shares 8 takes turns as it comes: a few
callers are served while the others wait for most of a round, each of them once, which is less than one in a hundred.
So the 99th percentile is told against one connection a caller, too, and the longest wait. Rounds alternate, ratios are
of one round, the median of them counts; sums are checked at the end. Wall times are told with the load of the machine,
and asserted by nobody: on a machine that others use, a peer's many backends get a larger share of it than the book's
one. To be alone: chrt -r 1 python bench/ledger.py

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
from collections import defaultdict
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

ACCOUNTS = 10_000
SPREAD, ONE = (10, 0.2), (1, 1.0)  # how many hot accounts, and which share of transfers comes from them
FUNDS = 100_000_000
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
CREATE TABLE full_accounts (LIKE peer_accounts INCLUDING ALL);
CREATE SEQUENCE full_seq;
CREATE TABLE full_transfers (LIKE ledger_transfers INCLUDING ALL);
CREATE TABLE full_postings (LIKE ledger_postings INCLUDING ALL);
CREATE FUNCTION full_transfer(k text, s text, d text, a bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE available bigint; made bigint := nextval('full_seq'); sa bigint; da bigint;
  tenant uuid := '01990000-0000-7000-8000-000000000000';
BEGIN
  PERFORM 1 FROM full_accounts WHERE address IN (s, d) ORDER BY address FOR UPDATE;
  SELECT posted INTO available FROM full_accounts WHERE address = s;
  IF available < a THEN RETURN -1; END IF;
  UPDATE full_accounts SET posted = posted - a WHERE address = s RETURNING posted INTO sa;
  UPDATE full_accounts SET posted = posted + a WHERE address = d RETURNING posted INTO da;
  INSERT INTO full_transfers (seq, id, tenant_id, key, kind, what, details, at, inputs, previous, hash)
    VALUES (made, gen_random_uuid(), tenant, k, 'posted', 'bench', '{}', now(), sha256(k::bytea), '', '');
  INSERT INTO full_postings VALUES (made, 0, tenant, s, d, 'CNY', a, sa, da);
  RETURN made;
END $$;
"""
CALLS = {name: f"SELECT {name}_transfer(%s, %s, %s, %s)" for name in ("peer", "full")}
Move = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Round:
    """What one variant came to in one round; processor time is that of a transfer, here and in the server."""

    per_s: float
    p50_ms: float
    p99_ms: float
    max_ms: float
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


def moves_of(seed: int, name: str, callers: int, each: int, sources: tuple[int, float] = SPREAD) -> list[list[Move]]:
    """Return what every caller moves."""
    accounts, share = sources
    chance = np.random.default_rng(seed)
    found = []
    for caller in range(callers):
        hot = chance.random(each) < share
        source = np.where(hot, chance.integers(0, accounts, each), chance.integers(accounts, ACCOUNTS, each))
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
    # first: it looks through every process, for some ten milliseconds in which this process could do nothing else
    cpu, server = time.process_time(), server_cpu_s(folder)
    ready.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - begun
    times = np.array([one for caller in took for one in caller]) * 1000
    p50, p99, most = np.percentile(times, [50, 99, 100])
    client = (time.process_time() - cpu) / len(times) * 1e6
    server = (server_cpu_s(folder) - server) / len(times) * 1e6
    return Round(len(times) / wall, float(p50), float(p99), float(most), client, server)


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
        connection.execute("INSERT INTO full_accounts SELECT * FROM peer_accounts")
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


def by_peer(
    url: str, call: str, connections: int, callers: int
) -> tuple[Callable[[int, Move], None], Callable[[], None]]:
    """Post by the function, one transaction a transfer; with a connection each, or with a few that all share."""
    opened = [psycopg.connect(url, autocommit=True, prepare_threshold=1) for _ in range(connections)]
    free: queue.SimpleQueue[psycopg.Connection] = queue.SimpleQueue()
    for one in opened:
        free.put(one)

    def post(caller: int, move: Move) -> None:
        if connections == callers:
            opened[caller].execute(call, move).fetchone()
            return
        mine = free.get()
        mine.execute(call, move).fetchone()
        free.put(mine)

    def close() -> None:
        for one in opened:
            one.close()

    return post, close


def warmed(home: Home, group: service.GroupCommit) -> None:
    """Let every account move once on both sides."""
    book, (peer, close) = by_book(group), by_peer(home.urls().owner, CALLS["peer"], 8, 64)
    pairs = [(address(n), address((n + 1) % ACCOUNTS), 1) for n in range(ACCOUNTS)]
    for name, post in (("wb", book), ("wp", peer)):
        moves = [[(f"{name}{n}", *pairs[n]) for n in range(caller, ACCOUNTS, 64)] for caller in range(64)]
        drive(home.folder, moves, post)
    close()


@dataclass(frozen=True, slots=True)
class Case:
    """What is compared: how many callers, how many transfers each, from which accounts."""

    callers: int
    each: int
    sources: tuple[int, float]

    def moves(self, seed: int, name: str) -> list[list[Move]]:
        """Return what every caller moves."""
        words = f"{name}.{self.callers}.{self.sources[0]}.{seed}"
        return moves_of(seed, words, self.callers, self.each, self.sources)


def rounds_of(home: Home, case: Case, seed: int, name: str) -> dict[str, Round]:
    """Return the better round of a peer with few connections and with one a caller, and that of one a caller."""
    found = []
    for size in sorted({min(8, case.callers), case.callers}):
        post, close = by_peer(home.urls().owner, CALLS[name], size, case.callers)
        found.append(drive(home.folder, case.moves(seed, f"{name}{size}"), post))
        close()
    return {name: max(found, key=lambda one: one.per_s), f"{name}_own": found[-1]}


def compared(home: Home, group: service.GroupCommit, case: Case, rounds: int) -> dict[str, object]:
    """Return what alternating rounds came to."""
    found: dict[str, list[Round]] = defaultdict(list)
    for number in range(rounds + 1):
        made = {"book": drive(home.folder, case.moves(number, "book"), by_book(group))}
        for name in CALLS:
            made |= rounds_of(home, case, number, name)
        for name, one in made.items():
            found[name] += [one] if number else []  # the first one warms up
    told: dict[str, object] = {"callers": case.callers, "hot": case.sources, "transfers": case.callers * case.each}
    for name, runs in found.items():
        told[name] = {key: round(statistics.median(getattr(one, key) for one in runs), 1) for key in Round.__slots__}
    for name in CALLS:
        pairs = list(zip(found["book"], found[name], strict=True))
        own = zip(found["book"], found[f"{name}_own"], strict=True)
        told[f"x_{name}"] = {
            "per_s": round(statistics.median(a.per_s / b.per_s for a, b in pairs), 2),
            "per_cpu_s": round(statistics.median(b.cpu_us / a.cpu_us for a, b in pairs), 2),
            "p99": round(statistics.median(a.p99_ms / b.p99_ms for a, b in pairs), 2),
            "p99_own": round(statistics.median(a.p99_ms / b.p99_ms for a, b in own), 2),
            "max": round(statistics.median(a.max_ms / b.max_ms for a, b in pairs), 2),
            "each": [round(a.per_s / b.per_s, 2) for a, b in pairs],
        }
    return told


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
        warmed(home, group)
        many, each = wanted.callers, wanted.each
        for case in (Case(many, each, SPREAD), Case(many, each, ONE), Case(1, each * 10, SPREAD)):
            print(json.dumps({**compared(home, group, case, wanted.rounds), "load": os.getloadavg()}), flush=True)
        group.close()
        checked = ledger.check(home)
        with psycopg.connect(home.urls().owner) as connection:
            sums = "SELECT (SELECT sum(posted) FROM peer_accounts), (SELECT sum(posted) FROM full_accounts)"
            row = connection.execute(sums).fetchone()
        same = row is not None and set(row) == {ACCOUNTS * FUNDS}
        print(json.dumps({"whole": checked.whole, "transfers": checked.transfers, "peer_whole": same}))
    return 0 if checked.whole and same else 1


if __name__ == "__main__":
    sys.exit(main())
