"""What a warm square of the network costs beside an empty request of the same run: one JSON line.

A home of its own, pipes over a town, a signed-in patroller whose area covers half of it, the real server and one
connection that stays open. The same squares are asked for in turn with the empty request (``GET /v1/me``: the same
door, one transaction, no square), so that a change of the machine's load meets both; the first round warms and is not
counted. ``ratio`` is p95 / p95 (issue "# 12.": at most 3); a square that the browser still has (304) is told beside.

    python bench/network_tiles.py [--pipes N] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import shapely
import uvicorn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from pipewarden.kit.settings import Settings
from pipewarden.main.home import open_home
from pipewarden.main.web.app import Parts, build, real_gate
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.people import service as people
from pipewarden.people.facts import PLATFORM, NewArea, NewMembership, NewPerson, Role, SignedIn
from pipewarden.people.http import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipewarden.main.home import Home

GOAL = 3.0
WEST, SOUTH, EAST, NORTH = 116.60, 39.40, 116.90, 39.60
SECRET = b"a secret of this bench run alone"
PASSWORD = "Kein Bagger am Rohr 7"  # noqa: S105  of a made-up person in a home that is thrown away
SQUARES = 24
SEED = 20261127


def lay(home: Home, folder: Path, count: int) -> None:
    """Import ``count`` short pipes in streets over the town."""
    rng = np.random.default_rng(SEED)
    places = np.column_stack([rng.uniform(WEST, EAST, count), rng.uniform(SOUTH, NORTH, count)])
    classes = ("low", "medium", "sub_high", "high")
    features = [
        {
            "type": "Feature",
            "properties": {"id": f"p{n}", "pressure": classes[n % 4], "diameter_mm": 200},
            "geometry": {"type": "LineString", "coordinates": [[x, y], [x + 0.002 * (n % 2), y + 0.002 * (1 - n % 2)]]},
        }
        for n, (x, y) in enumerate(places.tolist())
    ]
    path = folder / "pipes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    with home.work() as work:
        network.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")


def sign_in(home: Home, gate: people.Gate, role: Role = Role.PATROLLER, east: float = (WEST + EAST) / 2) -> str:
    """Return the cookie of somebody whose area is the western half, or as far as ``east``."""
    root, outline = people.operator(), bytes(shapely.to_wkb(shapely.box(WEST, SOUTH, east, NORTH)))
    with home.factory.begin(PLATFORM) as work:
        area = people.add_area(work, root, NewArea("half", "西半", wkb=outline), shared=True)
        wanted = NewPerson(login="bench", name="bench", password=PASSWORD, must_change=False)
        person = people.add_person(work, gate, root, wanted)
    with home.work() as work:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        people.grant(
            work,
            root,
            NewMembership(person_id=person.id, tenant_id=work.tenant_id, role=role, begins_at=since, area_id=area.id),
        )
    with home.factory.begin(PLATFORM) as work:
        answer = people.sign_in(work, gate, "bench", PASSWORD, source="10.0.0.1")
    if not isinstance(answer, SignedIn):
        raise TypeError("the bench's person signs in")
    return answer.token


def squares() -> list[str]:
    """Return addresses of squares over the reader's half, of the zooms that desks show."""
    rng = np.random.default_rng(SEED)
    found = []
    for n in range(SQUARES):
        z = 13 + n % 4
        lon, lat = rng.uniform(WEST, (WEST + EAST) / 2), rng.uniform(SOUTH, NORTH)
        down = 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)
        found.append(f"/v1/tiles/network/{z}/{int((lon / 360 + 0.5) * 2**z)}/{int(down * 2**z)}")
    return found


@contextmanager
def served(home: Home, gate: people.Gate) -> Iterator[str]:
    """Serve the home on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    app = build(home, Parts(secret=SECRET, gate=gate, cookie_secure=False))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def measure(client: httpx.Client, rounds: int) -> dict[str, object]:
    """Ask for everything in turn and return milliseconds."""
    paths = squares()
    tags = {path: client.get(path).headers["etag"] for path in paths}  # the first round draws them
    spent: dict[str, list[float]] = {"empty": [], "square": [], "kept": []}
    size = []
    for _ in range(rounds):
        for path in paths:
            for name, where, headers in (
                ("empty", "/v1/me", {}),
                ("square", path, {}),
                ("kept", path, {"If-None-Match": tags[path]}),
            ):
                since = time.perf_counter()
                answer = client.get(where, headers=headers)
                spent[name].append(1e3 * (time.perf_counter() - since))
                expected = {304} if name == "kept" else {200, 204} if name == "square" else {200}
                if answer.status_code not in expected:
                    raise RuntimeError(f"{where}: {answer.status_code}")
                if name == "square":
                    size.append(len(answer.content))
    p95 = {name: statistics.quantiles(values, n=20)[-1] for name, values in spent.items()}
    return {
        "requests": len(spent["square"]),
        "median_ms": {name: round(statistics.median(values), 2) for name, values in spent.items()},
        "p95_ms": {name: round(value, 2) for name, value in p95.items()},
        "ratio": round(p95["square"] / p95["empty"], 2),
        "ratio_kept": round(p95["kept"] / p95["empty"], 2),
        "square_bytes": {"median": int(statistics.median(size)), "most": max(size)},
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    """Print the figures; 1 when a warm square costs more than the goal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipes", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_home(Settings(home=Path(folder) / "home")) as home:
        lay(home, Path(folder), given.pipes)
        gate = real_gate(SECRET)
        token = sign_in(home, gate)
        with served(home, gate) as address, httpx.Client(base_url=address, timeout=120) as client:
            client.headers["Cookie"] = f"{COOKIE}={token}"
            told = measure(client, given.rounds)
    print(json.dumps({"bench": "network_tiles", "pipes": given.pipes, **told, "goal": GOAL}))
    return 0 if float(str(told["ratio"])) <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
