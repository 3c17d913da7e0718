"""Sample street scenes for rendering (渲染): streets, traffic, works and cameras, by seed. Development only.

Scene frame: the street along y, x to the right, metres; yaw counter-clockwise from x, camera heading clockwise from y.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from things import CAR_PAINTS, HELMETS, PAINTS, RADIUS, TRUCK_PAINTS, VESTS, YELLOWS, Spec, on_kerbs, thing


class Sampler:
    """Draws whole scenes from one seed."""

    def __init__(self, seed: int) -> None:
        self.r = np.random.default_rng(seed)
        self.seed = seed
        self.objects: list[Spec] = []

    def pick(self, items: Any) -> Any:
        """Return one of the items."""
        return items[int(self.r.integers(len(items)))]

    def u(self, lo: float, hi: float) -> float:
        """Return a number between lo and hi."""
        return float(self.r.uniform(lo, hi))

    def p(self, chance: float) -> bool:
        """Return true with this chance."""
        return bool(self.r.random() < chance)

    def free(self, x: float, y: float, radius: float) -> bool:
        """Nothing solid closer than the two radii allow (people and cones may stand near machines)."""
        return all(
            math.hypot(o["x"] - x, o["y"] - y) > 0.82 * (RADIUS.get(o["make"], 0.1) + radius)
            for o in self.objects
            if o["make"] in RADIUS
        )

    def put(self, make: str, x: float, y: float, yaw: float, **params: Any) -> Spec | None:
        """Place an object if there is room."""
        if not self.free(x, y, RADIUS.get(make, 0.1)):
            return None
        o = thing(make, x, y, yaw, int(self.r.integers(1, 1 << 30)), **params)
        self.objects.append(o)
        return o

    # ---- parts of a scene
    def light(self) -> Spec:
        """Return weather, hour and exposure."""
        kind = self.pick(
            ["day", "day", "day", "haze", "overcast", "overcast", "overcast", "dusk", "dusk", "night", "rain", "rain"]
        )
        return {
            "kind": kind,
            "wet": self.u(0.6, 1) if kind == "rain" else (0.4 if self.p(0.08) else 0),
            "azimuth": self.u(95, 265),
            "elevation": self.u(18, 55),
            "cloud": self.u(0, 1),
            "exposure": self.u(0.75, 1.25),
            "fog": self.u(0.4, 1.8),
            "sun": self.u(0.6, 1.2),
            "streaks": int(self.u(150, 900)),
        }

    def street(self) -> Spec:
        """Return width, furniture, yards, crossings and hoarding of a street."""
        lanes = self.pick([2, 2, 4])
        s: Spec = {
            "seed": int(self.r.integers(1, 1 << 30)),
            "lanes": lanes,
            "width": self.u(7, 10.5) if lanes == 2 else self.u(13, 17),
            "pavement": self.u(2, 5),
            "green": self.pick([0, 0, 1.2, 1.8, 3.0]),
            "trees": self.pick([0, 6, 8, 11, 15]),
            "treeKind": self.pick([0, 1, 2, 3, 4]),
            "treeSize": self.u(0.7, 1.4),
            "lampGap": self.u(22, 40),
            "yellow": self.p(0.5),
            "wires": self.p(0.2),
            "gap": self.u(0.0, 0.5),
            "turf": self.pick([0, 1, 2]),
            "roadColor": self.pick([0xA6A6A8, 0xC4C2BC, 0x8F9092, 0xB5B0A6]),
            "heights": self.pick([[4.2, 6.5, 9.5], [6.5, 9.5, 16, 19], [16, 19, 33], [3.6, 4.2, 6.5]]),
            "noShops": self.p(0.35),
        }
        if self.p(0.45):
            s |= {"crossWidth": self.u(6, 14), "crossY": self.u(8, 60), "tee": self.pick([0, 0, 1, -1])}
        elif self.p(0.3):
            s["zebra"] = self.u(5, 35)
        if self.p(0.35):
            s |= {"yard": self.u(6, 24), "soilYard": self.p(0.6)}
        if self.p(0.3):
            lo = self.u(-5, 20)
            s |= {"hoarding": self.pick([-1, 1]), "hoardFrom": lo, "hoardTo": lo + self.u(16, 60)}
        return s

    def camera(self, street: Spec) -> Spec:
        """Return a pole camera beside the road, or now and then a low one on it."""
        half = street["width"] / 2
        if self.p(0.14):
            return {
                "x": self.u(-half * 0.7, half * 0.7),
                "y": 0,
                "h": self.u(1.3, 2.2),
                "heading": self.u(-12, 12),
                "tilt": self.u(-1, 5),
                "hfov": self.u(48, 75),
            }
        side = self.pick([-1, 1])
        return {
            "x": side * (half + self.u(-0.5, 1.6)),
            "y": 0,
            "h": self.u(3.8, 10.5),
            "heading": -side * self.u(-6, 38),
            "tilt": self.u(6, 26),
            "hfov": self.u(42, 84),
        }

    def site_point(self, street: Spec, cam: Spec, reach: float) -> tuple[float, float] | None:
        """A point in view on the road, pavement or yard, 9..reach metres off."""
        limit = street["width"] / 2 + street["green"] + street["pavement"] + max(street.get("yard", 0) - 3, -1.5)
        for _ in range(60):
            d, a = (
                self.u(9, reach) if self.p(0.6) else self.u(9, reach * 0.55),
                math.radians(cam["heading"] + 0.46 * cam["hfov"] * self.u(-1, 1)),
            )
            x, y = cam["x"] + d * math.sin(a), cam["y"] + d * math.cos(a)
            if abs(x) < limit:
                return x, y
        return None

    def machine(self, make: str, x: float, y: float, *, lights: bool) -> Spec | None:
        """One machine in a random working or parked pose."""
        along = 90 + self.pick([0, 180]) + self.u(-14, 14)
        yaw = along if self.p(0.55) else self.u(0, 360)
        colour, dust = self.pick(PAINTS), self.u(0.3, 1.0)
        if make == "excavator":
            return self.put(make, x, y, yaw, **self.excavator_pose(), color=colour, dust=dust, lights=lights)
        if make == "loader":
            return self.put(
                make,
                x,
                y,
                yaw,
                color=self.pick(YELLOWS) if self.p(0.8) else colour,
                dust=dust,
                lift=self.u(-25, 38),
                curl=self.u(-10, 45),
                scale=self.pick([1, 1, 0.8, 0.65]),
                rim=self.pick([0xE8A814, 0xD9DAD6, 0x3A3A3A]),
                bucketPaint=self.p(0.3),
                lights=lights,
            )
        if make == "dumpTruck":
            bed = self.pick(TRUCK_PAINTS) if self.p(0.4) else 0
            return self.put(
                make,
                x,
                y,
                along,
                color=self.pick(TRUCK_PAINTS),
                bedColor=bed,
                dust=dust,
                load=self.p(0.5),
                long=self.p(0.45),
                bedHeight=self.u(1.0, 1.7),
                tip=self.u(15, 45) if self.p(0.12) else 0,
                lights=lights,
            )
        if make == "crane":
            up = self.p(0.5)
            return self.put(
                make,
                x,
                y,
                along,
                color=self.pick([*YELLOWS, 0xD8D8D2]),
                dust=dust,
                luff=self.u(35, 70) if up else 3,
                extend=self.u(1, 5) if up else 0,
                swing=self.u(-180, 180) if up else 0,
                outriggers=up,
                hook=self.u(2, 6),
                lights=lights,
            )
        if make == "mixer":
            return self.put(
                make,
                x,
                y,
                along,
                color=self.pick(TRUCK_PAINTS),
                drumColor=self.pick([0xE9E9E4, 0x2C6FB0, 0xE0A614, 0x3E8F4A]),
                dust=dust,
                lights=lights,
            )
        return self.put(make, x, y, yaw, color=colour, dust=dust, mast=self.u(8, 16), lights=lights)

    def excavator_pose(self) -> Spec:
        """Return size, arm angles, tool and trim of an excavator."""
        size = self.pick([1, 1, 1, 1.08, 0.9, 0.75, 0.6, 0.48])
        kind = self.pick(["dig", "dig", "swing", "swing", "reach", "tuck", "rest", "high"])
        boom, stick, bucket = {
            "dig": (self.u(20, 45), self.u(-100, -55), self.u(-165, -110)),
            "swing": (self.u(38, 62), self.u(-100, -60), self.u(-200, -150)),
            "reach": (self.u(15, 40), self.u(-55, -25), self.u(-120, -70)),
            "tuck": (self.u(40, 60), self.u(-125, -105), self.u(-210, -160)),
            "rest": (self.u(28, 42), self.u(-95, -70), self.u(-150, -120)),
            "high": (self.u(55, 70), self.u(-75, -30), self.u(-160, -110)),
        }[kind]
        return {
            "scale": size,
            "boom": boom,
            "stick": stick,
            "bucket": bucket,
            "swing": self.u(-180, 180) if self.p(0.6) else self.u(-20, 20),
            "wheels": size > 0.7 and self.p(0.18),
            "blade": size < 0.8 or self.p(0.1),
            "canopy": size < 0.7 and self.p(0.5),
            "tool": "hammer" if self.p(0.07) else "bucket",
            "bucketWidth": self.u(0.7, 1.4),
            "load": self.p(0.3),
            "reachBelow": 0.9 if kind == "dig" else 0,
            "trim": self.pick([0x25272A, 0x25272A, 0x4A4D50, 0x7A2F1C]),
            "darkCab": self.p(0.6),
            "boomColor": self.pick([0, 0, 0, 0x3A3D40]) or None,
        }

    def works(self, x: float, y: float, radius: float) -> None:
        """Cones, spoil, trench, workers around a machine."""
        if self.p(0.5):
            self.objects.append(
                thing(
                    "dirt",
                    x,
                    y,
                    self.u(0, 180),
                    int(self.u(1, 1e6)),
                    len=self.u(6, 13),
                    w=self.u(4, 8),
                    opacity=self.u(0.4, 0.9),
                )
            )
        if self.p(0.45):
            a = self.u(0, 6.28)
            self.objects.append(
                thing(
                    "trench",
                    x + radius * math.cos(a),
                    y + radius * math.sin(a),
                    self.u(0, 180),
                    int(self.u(1, 1e6)),
                    len=self.u(3, 9),
                    w=self.u(0.8, 1.6),
                )
            )
        for _ in range(self.pick([0, 1, 1, 2])):
            a = self.u(0, 6.28)
            self.put(
                "mound",
                x + (radius + 2) * math.cos(a),
                y + (radius + 2) * math.sin(a),
                0,
                r=self.u(0.9, 2.6),
                h=self.u(0.5, 1.7),
                stretch=self.u(0.8, 1.6),
                color=self.pick([0xD8C8B4, 0xB5A28A, 0xE0D6C6, 0x9A8468]),
            )
        for _ in range(self.pick([0, 1, 2, 3])):
            a, d = self.u(0, 6.28), radius + self.u(0.3, 3.5)
            self.worker(x + d * math.cos(a), y + d * math.sin(a))
        self.cones(x, y, radius + 1.5)

    def worker(self, x: float, y: float) -> None:
        """Put one worker, mostly in vest and helmet."""
        vest = self.pick(VESTS) if self.p(0.75) else 0
        self.put(
            "person",
            x,
            y,
            self.u(0, 360),
            vest=vest or None,
            helmet=self.pick(HELMETS) if self.p(0.8) else None,
            work=self.p(0.3),
        )

    def cones(self, x: float, y: float, radius: float) -> None:
        """Put cones around a dig, and sometimes a barrier."""
        n, a0 = self.pick([0, 0, 3, 5, 7]), self.u(0, 6.28)
        h, black = self.pick([0.5, 0.72, 0.72, 0.9]), self.p(0.3)
        for i in range(n):
            a = a0 + i * self.u(0.35, 0.6)
            self.put("cone", x + radius * math.cos(a), y + radius * math.sin(a) * 1.3, 0, h=h, blackBase=black)
        if self.p(0.3):
            for i in range(self.pick([2, 3, 4])):
                self.put("barrier", x - radius - 0.3, y - 3 + 2.05 * i, 90, kind=self.pick(["water", "rail"]))

    def traffic(self, street: Spec, *, lights: bool, lookalikes: bool) -> None:
        """Parked and moving vehicles, people on the pavements."""
        half, lane = street["width"] / 2, street["width"] / street["lanes"]
        for side in (-1, 1):
            y = self.u(4, 12)
            busy = self.pick([0.1, 0.3, 0.7])
            while y < 85:
                if self.p(busy):
                    self.vehicle("car", side * (half - 1.15), y, 90 if side > 0 else -90, lights=False)
                y += self.u(5.6, 8)
        for _ in range(self.pick([0, 1, 2, 3, 5])):
            side = self.pick([-1, 1])
            make = self.pick(
                ["car", "car", "car", "bus", "lorry", "sweeper", "tricycle", "lorry"]
                if lookalikes
                else ["car", "car", "car", "bus", "lorry"]
            )
            self.vehicle(
                make,
                side * lane * self.pick([0.5, 0.55] if street["lanes"] == 2 else [0.5, 1.4]),
                self.u(7, 80),
                90 if side > 0 else -90,
                lights=lights,
            )
        for _ in range(self.pick([0, 1, 2, 4, 7])):
            side = self.pick([-1, 1])
            self.put(
                "person",
                side * (half + street["green"] + self.u(0.5, max(street["pavement"] - 0.3, 0.6))),
                self.u(5, 50),
                self.pick([90, -90]) + self.u(-25, 25),
            )

    def vehicle(self, make: str, x: float, y: float, yaw: float, *, lights: bool) -> None:
        """Put one ordinary vehicle."""
        params: Spec = {"lights": lights}
        if make == "car":
            params |= {
                "shape": self.pick(["sedan", "sedan", "suv", "suv", "hatch", "van", "van"]),
                "color": self.pick(CAR_PAINTS),
                "green": self.p(0.3),
            }
        elif make == "bus":
            params |= {"color": self.pick([0x2F8F5A, 0x2B6CA8, 0xD8D8D2, 0xB3261E, 0xE0A614]), "len": self.u(8, 12)}
        elif make == "lorry":
            params |= {
                "color": self.pick([0x2B6CA8, 0xE4E5E3, 0xB3261E, 0x3E8F4A, 0xE0A614]),
                "kind": self.pick(["flat", "box", "box"]),
                "len": self.u(5, 8.5),
                "boxColor": self.pick([0xDEDFDC, 0xE0A614, 0x3B6FA0, 0xB9BDC1]),
                "high": self.u(1.5, 2.4),
            }
        elif make == "sweeper":
            params |= {
                "color": self.pick([0xE9EBE8, 0xE87A1C, 0xE0B420, 0x3E9F5A]),
                "band": self.pick([0x2F8F4A, 0x2B6CA8, 0xE87A1C]),
            }
        self.put(make, x, y, yaw + self.u(-2, 2), **params)


NEAR, FAR = (28, 45, 70), (90, 130, 180)  # metres


def training_scene(seed: int, *, negative: bool, far: bool = False) -> Spec:
    """One random scene for training: camera, light, street and objects all drawn from the seed.

    With ``far`` the machines may stand up to 180 m away and the picture is 1080p, as a corridor camera has it.
    """
    s = Sampler(seed)
    light, street = s.light(), s.street()
    cam = s.camera(street)
    lights = light["kind"] in {"dusk", "night", "rain"}
    if negative:
        if s.p(0.35):
            spot = s.site_point(street, cam, 40)
            if spot:
                s.works(*spot, 2.5)
    else:
        makes = ["excavator"] * 11 + ["loader"] * 3 + ["dumpTruck"] * 3 + ["crane", "mixer", "roller", "drill", "dozer"]
        for _ in range(s.pick([1, 1, 1, 2, 2, 3])):
            spot = s.site_point(street, cam, s.pick(list(FAR if far else NEAR)))
            make = s.pick(makes)
            if spot and s.machine(make, *spot, lights=lights) is not None and s.p(0.65):
                s.works(*spot, RADIUS[make])
    s.traffic(street, lights=lights, lookalikes=negative or s.p(0.3))
    size = s.pick([[960, 540], [960, 540], [854, 480], [640, 480], [640, 360], [800, 600]])
    finish = {
        "noise": s.u(0.5, 6),
        "soft": s.u(0, 1.1) if s.p(0.5) else 0.0,
        "colour": s.u(0.55, 1.0),
        "quality": int(s.u(60, 95)),
        "corner": int(s.u(0, 4)),
        "label": s.p(0.3),
    }
    return {
        "size": [1920, 1080] if far else size,
        "camera": cam,
        "light": light,
        "street": street,
        "objects": on_kerbs(s.objects, street["width"]),
        "finish": finish,
        "seed": seed,
    }
