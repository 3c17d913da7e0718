"""Other days at the demo's cameras (rendered 渲染), for `bench/ablation.py --day`: `other_days.py OUT COUNT [SEED]`.

The cameras, the city and what happens stay; light, weather, parked cars, passers-by, the machines' poses, colours and
sizes, and by metres their places, are drawn anew, and so is the truth. Never committed. Needs PYTHONPATH=src.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import demo
import numpy as np
from demo_parts import DAY, DUSK, HAZE, OVERCAST, RAIN
from demo_plan import WORLDS
from render import Renderer
from scenes import Sampler

from pipewarden.sim.rules import network_geojson

if TYPE_CHECKING:
    from demo_parts import Machine, World

LIGHTS = (DAY, DAY, HAZE, OVERCAST, OVERCAST, DUSK, RAIN)
COLORS = (0xE3B21C, 0xE8781E, 0xD9A520, 0xC8C21A, 0xE9C53A, 0xB8BCC0)
ANGLES = {"boom": 8, "stick": 14, "bucket": 20, "swing": 35, "lift": 12, "curl": 12}


def another(world: World, seed: int) -> World:
    """The same stretch of street on another day; nothing moves so far that its story would be another."""
    s = Sampler(seed)
    azimuth, elevation = world.light["sun"]
    shift = s.u(-0.5, 0.5), s.u(-3, 3)
    return replace(
        world,
        light={**s.pick(LIGHTS), "sun": [azimuth + s.u(-50, 50), elevation + s.u(-4, 25)]},
        dressing={**world.dressing, "seed": seed % 10_000},
        machines=tuple(_elsewhere(s, machine, shift) for machine in world.machines),
        props=tuple({**one, "x": one["x"] + shift[0], "y": one["y"] + shift[1]} for one in world.props),
        passing={
            index: tuple({**one, "y": one["y"] + s.u(-3, 3)} for one in things)
            for index, things in world.passing.items()
        },
        parked=min(0.6, max(0.1, world.parked + s.u(-0.15, 0.2))),
        walkers=max(0, world.walkers + int(s.r.integers(-2, 3))),
        movers=max(0, world.movers + int(s.r.integers(-1, 3))),
    )


def _elsewhere(s: Sampler, machine: Machine, shift: tuple[float, float]) -> Machine:
    params: dict[str, Any] = dict(machine.params)
    for name, spread in ANGLES.items():
        if name in params and machine.work:
            params[name] += s.u(-spread, spread)
    if "color" in params and s.p(0.7):
        params["color"] = s.pick(COLORS)
    if machine.make in {"excavator", "loader"}:
        params["scale"] = params.get("scale", 1) * s.u(0.88, 1.08)
    turn = s.u(-70, 70) if machine.work else s.u(-15, 15)
    return replace(machine, x=machine.x + shift[0], y=machine.y + shift[1], yaw=machine.yaw + turn, params=params)


def main(out: Path, count: int, seed: int) -> None:
    """Render ``count`` days into out/day-1, out/day-2 …; one that is whole is left as it is."""
    np.seterr(all="raise", under="ignore")
    with Renderer() as renderer:
        for day in range(1, count + 1):
            root = out / f"day-{day}"
            if (root / "truth.json").exists():
                continue
            shutil.rmtree(root, ignore_errors=True)
            demo.PICTURES.clear()
            worlds = [another(world, seed + 1000 * day + number) for number, world in enumerate(WORLDS)]
            cameras = [
                demo.shoot(renderer, world, view, root / "cameras" / view.key)
                for world in worlds
                for view in world.views
            ]
            demo.save_pictures(demo.BUDGET_BYTES * len(demo.PICTURES))
            demo.write_data(root, demo.sites(network_geojson(), worlds), cameras)
            print(root, sum(len(one["expected_alarms"]) for one in cameras), "sites seen", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 50_000)
