"""Make the demo's committed files: network, camera files, rendered (渲染) sequences, truth (`demo.py [KEY…]`).

With keys only those worlds are rendered to /tmp/renders/demo-try for looking at; without keys everything is written to
src/pipewarden/sim/demo. `--add KEY…` renders those into the package beside what is there; `--data` renders nothing and
makes networks and the day's truth anew around the pictures; `--dry` only prints the sites. Needs PYTHONPATH=src.
"""

from __future__ import annotations

import functools
import json
import math
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import yaml
from demo_plan import WORLDS
from render import Renderer, burn_label, finish
from scenes import Sampler
from things import CATEGORY, TYPES, on_kerbs, thing

from pipewarden.sim.facts import CameraPose
from pipewarden.sim.rules import (
    SEED,
    camera_file,
    heading_of,
    long_distance_geojson,
    network_geojson,
    on_street,
    parse_truth,
    street,
    true_look_alikes,
    true_reports,
    true_works,
    true_zone,
)
from pipewarden.sim.service import sequence_starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo_parts import View, World

SIZE = (960, 540)
OUT = Path(__file__).resolve().parents[1] / "src/pipewarden/sim/demo"
FOOT = {
    "excavator": (4.3, 2.8),
    "loader": (6.4, 2.6),
    "dumpTruck": (8.2, 2.5),
    "crane": (12.0, 2.6),
    "car": (4.5, 1.8),
    "bus": (11, 2.5),
    "lorry": (6.5, 2.1),
    "sweeper": (6.4, 2.2),
    "tricycle": (2.6, 1.0),
    "person": (0.5, 0.5),
    "cone": (0.38, 0.38),
}
NOISE, SOFT = 0.9, 0.5
BUDGET_BYTES = 69_000  # a picture, on average
PICTURES: dict[Path, np.ndarray] = {}


def static_objects(world: World, width: float) -> list[dict[str, Any]]:
    """Machines keep their room, props stand, cars park around them; the same in every frame."""
    s = Sampler(world.dressing["seed"] + 5)
    for m in world.machines:
        s.objects.append({**thing(m.make, m.x, m.y, m.yaw, 1), "hold": True})
    for i, p in enumerate(world.props):
        s.objects.append(
            {**thing(p["make"], p["x"], p["y"], p["yaw"], 50 + i, **p["params"]), "key": f"{world.key}-p{i}"}
        )
    for side in (-1, 1):
        y = s.u(9, 14)
        while y < 90:
            if s.p(world.parked):
                s.vehicle("car", side * (width / 2 - 1.15), y, 90 if side > 0 else -90, lights=False)
            y += s.u(6, 8.5)
    for i, o in enumerate(s.objects):
        o.setdefault("key", f"{world.key}-c{i}")
    return s.objects


def frame_objects(world: World, index: int, width: float) -> list[dict[str, Any]]:
    """Everything in one frame: what stands, the machines in this frame's pose, what passes now."""
    held = static_objects(world, width)
    s = Sampler(world.dressing["seed"] * 100 + index)
    s.objects = held
    lights = world.light["kind"] in {"dusk", "rain"}
    for i, m in enumerate(world.machines):
        if index in m.frames:
            p = dict(m.params)
            if m.make == "excavator" and m.work:
                p |= {
                    "swing": p["swing"] + s.u(-28, 28),
                    "boom": p["boom"] + s.u(-6, 9),
                    "stick": p["stick"] + s.u(-12, 14),
                    "bucket": p["bucket"] + s.u(-20, 20),
                    "reachBelow": 0.5,
                }
            elif m.make == "loader":
                p |= {"lift": p["lift"] + s.u(-25, 12), "curl": p["curl"] + s.u(-10, 15)}
            s.objects.append(
                {**thing(m.make, m.x, m.y, m.yaw, 900 + i, **p), "key": m.site or f"{world.key}-m{i}", "site": m.site}
            )
    for i, q in enumerate(world.passing.get(index, ())):
        s.objects.append(
            {
                **thing(q["make"], q["x"], q["y"], q["yaw"], 300 + i, **{**q["params"], "lights": lights}),
                "key": q.get("key", f"{world.key}-q{index}{i}"),
            }
        )
    before = len(s.objects)
    lane = width / (2 if width <= 10 else 4)
    for _ in range(world.movers):
        side = s.pick([-1, 1])
        s.vehicle(
            s.pick(["car", "car", "car", "tricycle"]),
            side * lane * (0.5 if width <= 10 else s.pick([0.5, 1.4])),
            s.u(8, 75),
            90 if side > 0 else -90,
            lights=lights,
        )
    for _ in range(world.walkers):
        side = s.pick([-1, 1])
        s.put(
            "person",
            side * (width / 2 + world.dressing["green"] + s.u(0.6, 2.2)),
            s.u(7, 45),
            s.pick([90, -90]) + s.u(-20, 20),
        )
    for i, o in enumerate(s.objects[before:]):
        o["key"] = f"{world.key}-w{index}{i}"
    return on_kerbs([o for o in s.objects if not o.get("hold")], width)


def spec_of(world: World, view: View, index: int) -> dict[str, Any]:
    """The renderer's scene of one view and frame."""
    where = street(world.street)
    dressing = {
        "width": where.width_m,
        "lanes": 2 if where.width_m <= 10 else 4,
        "yellow": True,
        "treeFree": 14,
        "noShops": False,
        "eyes": [v.camera for v in world.views],
        **world.dressing,
    }
    azimuth, elevation = world.light["sun"]
    light = {**world.light, "sun": 1.0, "azimuth": azimuth - heading_of(where), "elevation": max(elevation, 12)}
    return {
        "size": list(SIZE),
        "camera": view.camera,
        "light": light,
        "street": dressing,
        "objects": frame_objects(world, index, where.width_m),
    }


def pose_of(world: World, view: View) -> CameraPose:
    """The exact pose in the world."""
    where, c = street(world.street), view.camera
    lon, lat = on_street(where, world.along + c["y"], c["x"])
    return CameraPose(
        lon=lon,
        lat=lat,
        height_m=c["h"],
        heading_deg=(c["heading"] + heading_of(where)) % 360,
        tilt_deg=c["tilt"],
        roll_deg=0.0,
        hfov_deg=c["hfov"],
        image_size=SIZE,
    )


def place(world: World, x: float, y: float) -> tuple[float, float]:
    """Lon, lat of a scene point."""
    lon, lat = on_street(street(world.street), world.along + y, x)
    return round(lon, 8), round(lat, 8)


def footprint(world: World, o: dict[str, Any]) -> list[tuple[float, float]]:
    """Corners of the rectangle the object stands on."""
    length, width = FOOT[o["make"]]
    if o["make"] in {"lorry", "bus"}:
        length = o["params"].get("len", length)
    k, a = o["params"].get("scale", 1) if o["make"] in {"excavator", "loader"} else 1, math.radians(o["yaw"])
    out = []
    for dx, dy in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        px, py = dx * length * k / 2, dy * width * k / 2
        out.append(
            place(world, o["x"] + px * math.cos(a) - py * math.sin(a), o["y"] + px * math.sin(a) + py * math.cos(a))
        )
    return out


def told(world: World, o: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """One object of truth.json."""
    lon, lat = place(world, o["x"], o["y"])
    xywh = lambda q: None if q is None else [q[0], q[1], q[2] - q[0], q[3] - q[1]]  # noqa: E731 - two uses, one line
    return {
        "key": o["key"],
        "cls": o["cls"],
        "type": TYPES[CATEGORY[o["make"]]],
        "lon": lon,
        "lat": lat,
        "footprint": footprint(world, o),
        "box": xywh(b["box"]),
        "visible_box": xywh(b["visibleBox"]),
        "visible_fraction": round(b["seen"] / b["pixels"], 3),
        "site": o.get("site"),
    }


def spots(world: World, view: View) -> list[tuple[float, float]]:
    """Where an installer would click: kerb corners and ends of markings, ahead of the camera."""
    half, c = street(world.street).width_m / 2, view.camera
    ahead = 1 if abs(c["heading"]) < 90 else -1
    rows, lines = (11, 17, 25, 36, 50), (-half, -half * 0.35, half * 0.35, half, half + 3)
    return [place(world, x, c["y"] + ahead * (y + (1.7 if x > 0 else 0))) for y in rows for x in lines]


def shoot(renderer: Renderer, world: World, view: View, folder: Path) -> dict[str, Any]:
    """Render one camera's sequence into its folder and return its truth."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for index, t in enumerate(world.times):
        spec = spec_of(world, view, index)
        picture, boxes = renderer.shoot(spec)
        picture = burn_label(
            finish(picture, spec["light"], world.dressing["seed"] * 10 + index, noise=NOISE, soft=SOFT)
        )
        name = f"{index:04d}.jpg"
        PICTURES[folder / name] = picture
        kept = [b for b in boxes if min(b["box"][2] - b["box"][0], b["box"][3] - b["box"][1]) >= 4]
        frames.append({"file": name, "t": t, "objects": [told(world, spec["objects"][b["index"]], b) for b in kept]})
    sequence = {
        "name": view.key,
        "start": world.start,
        "rendered": True,
        "note": "rendered 渲染 (three.js), no photograph",
        "frames": [{"file": f["file"], "t": f["t"]} for f in frames],
    }
    (folder / "seq.json").write_text(json.dumps(sequence, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    pose = pose_of(world, view)
    points = spots(world, view) if view.by == "points" else None
    content = camera_file(view.key, view.name, pose, spots=points, seed=SEED + int(view.key[-2:]))
    head = "# Demo camera; its pictures are rendered (渲染) by render/demo.py, no photograph.\n"
    (folder / "camera.yaml").write_text(
        head + yaml.safe_dump(content, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110),
        encoding="utf-8",
    )
    alarms = [
        m.site for m in world.machines if m.site and any(o["site"] == m.site for f in frames for o in f["objects"])
    ]
    p = {
        "lon": round(pose.lon, 8),
        "lat": round(pose.lat, 8),
        "height_m": pose.height_m,
        "heading_deg": round(pose.heading_deg, 4),
        "tilt_deg": pose.tilt_deg,
        "roll_deg": 0.0,
        "hfov_deg": pose.hfov_deg,
        "image_size": list(SIZE),
    }
    return {
        "key": view.key,
        "pose": p,
        "light": world.light["kind"],
        "story": view.story,
        "expected_alarms": alarms,
        "frames": frames,
    }


def sites(network: dict[str, Any], worlds: Sequence[World] = WORLDS) -> list[dict[str, Any]]:
    """The true sites with their true zones."""
    out = []
    for world in worlds:
        for m in world.machines:
            if m.site is None:
                continue
            at = place(world, m.x, m.y)
            zone = true_zone(
                network, at, footprint(world, {"make": m.make, "x": m.x, "y": m.y, "yaw": m.yaw, "params": m.params})
            )
            out.append(
                {
                    "key": m.site,
                    "cls": "machine",
                    "type": TYPES[CATEGORY[m.make]],
                    "lon": at[0],
                    "lat": at[1],
                    "zone": zone.zone,
                    "nearest_pipe": zone.pipe_id,
                    "distance_m": zone.distance_m,
                    "footprint_distance_m": zone.footprint_distance_m,
                    "cameras": [v.key for v in world.views],
                    "expected_alarm": True,
                }
            )
    return sorted(out, key=lambda s: s["key"])


def dump(path: Path, content: dict[str, Any]) -> None:
    """Compact JSON, one item of a top-level list and one frame a line, so that diffs can be read."""
    plain = functools.partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
    rows = {
        key: "[\n" + ",\n".join(map(plain, v)) + "\n]" if isinstance(v, list) else plain(v)
        for key, v in content.items()
    }
    text = ",\n".join(f'"{key}":{row}' for key, row in rows.items())
    path.write_text("{" + text.replace('{"file"', '\n{"file"') + "}\n", encoding="utf-8")


def write_data(root: Path, told_sites: list[dict[str, Any]], cameras: list[dict[str, Any]]) -> None:
    """Write the networks and truth.json: the pictures' own truth, then the day's, worked out from it."""
    network = network_geojson()
    dump(root / "network.geojson", network)
    dump(root / "longdistance.geojson", long_distance_geojson())
    told = {
        "rendered": True,
        "note": "Exact truth of the rendered (渲染) demo pictures, and of an invented day of works.",
        "seed": SEED,
        "sites": told_sites,
        "cameras": cameras,
    }
    known = parse_truth(json.dumps({**told, "works": [], "look_alikes": [], "reports": []}), "truth.json")
    starts = sequence_starts()
    works = true_works(known.sites, known.cameras, starts, network, SEED)
    told |= {
        "works": [asdict(work) for work in works],
        "look_alikes": [asdict(thing) for thing in true_look_alikes(known.cameras, starts)],
        "reports": [asdict(report) for report in true_reports(works, SEED)],
    }
    dump(root / "truth.json", told)


def save_pictures(budget_bytes: int) -> None:
    """Write all pictures at the best JPEG quality that keeps them under the budget together."""
    for quality in range(86, 50, -2):
        how = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        coded = {path: cv2.imencode(".jpg", picture, how)[1].tobytes() for path, picture in PICTURES.items()}
        total = sum(len(body) for body in coded.values())
        if total <= budget_bytes:
            break
    for path, body in coded.items():
        path.write_bytes(body)
    print(len(coded), "pictures,", total / 1e6, "MB, quality", quality)


def told_before(root: Path, rendered: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The truth of the committed pictures, with what was rendered anew put in its place."""
    kept = json.loads((root / "truth.json").read_text(encoding="utf-8"))["cameras"]
    both = {camera["key"]: camera for camera in (*kept, *rendered)}
    return [both[key] for key in sorted(both)]


def main(keys: list[str]) -> None:
    """Render all (no keys: into the package), some worlds to look at, or what the options say."""
    np.seterr(all="raise", under="ignore")
    told_sites = sites(network_geojson())
    for s in told_sites:
        print(s["key"], s["type"], s["zone"], s["nearest_pipe"], s["distance_m"], s["footprint_distance_m"])
    options, wanted = {key for key in keys if key.startswith("--")}, {key for key in keys if not key.startswith("--")}
    root = Path("/tmp/renders/demo-try") if wanted and "--add" not in options else OUT
    if not keys:
        shutil.rmtree(root / "cameras", ignore_errors=True)
    cameras = []
    if wanted or not keys:
        with Renderer() as renderer:
            for world in WORLDS:
                for view in world.views:
                    if not keys or world.key in wanted or view.key in wanted:
                        cameras.append(shoot(renderer, world, view, root / "cameras" / view.key))
                        print(view.key, cameras[-1]["expected_alarms"], flush=True)
        save_pictures(BUDGET_BYTES * len(PICTURES))
    if root == OUT and "--dry" not in options:
        write_data(root, told_sites, cameras if not keys else told_before(root, cameras))


if __name__ == "__main__":
    main(sys.argv[1:])
