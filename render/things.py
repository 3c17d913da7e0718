"""What can stand in a scene: makers, room they need, classes, colours of paint (rendered 渲染)."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]
YELLOWS = [0xE8A814, 0xDD9A12, 0xF0B41E, 0xD9A03A, 0xCE8F1F]
PAINTS = [*YELLOWS, *YELLOWS, 0xD8501E, 0xE06A20, 0xC9481F, 0x2F7F6E, 0x3E8F4A, 0x2B6CA8, 0xD5D7D6, 0x8A8F92, 0xB03025]
CAR_PAINTS = [
    0xF2F2F0,
    0xE4E5E3,
    0xB9BDC1,
    0x8A8E92,
    0x3A3D41,
    0x17181A,
    0x17181A,
    0x7A1F1F,
    0x1F3F6E,
    0xA7895A,
    0x3E5B4A,
    0xD8D3C4,
]
TRUCK_PAINTS = [0xB3261E, 0xC23A1A, 0x1F5FA8, 0x2C8C57, 0xE0A614, 0xD9DAD6, 0x3B4A57, 0xE2731C]
VESTS = [0xD8E020, 0xE8711C, 0xC9DD3A, 0xF08A24]
HELMETS = [0xE0B010, 0xE6E4DE, 0xC8281E, 0x2A5FB0, 0xE87A1C]
RADIUS = {
    "excavator": 4.0,
    "loader": 4.2,
    "dozer": 3.4,
    "dumpTruck": 5.0,
    "mixer": 5.0,
    "crane": 6.8,
    "roller": 3.3,
    "drill": 4.2,
    "car": 2.6,
    "bus": 6.0,
    "lorry": 3.8,
    "sweeper": 3.8,
    "tricycle": 1.6,
    "person": 0.5,
    "cone": 0.4,
    "mound": 2.2,
    "barrier": 1.0,
}
CATEGORY = {
    "excavator": 1,
    "loader": 2,
    "dozer": 2,
    "dumpTruck": 3,
    "crane": 4,
    "mixer": 5,
    "roller": 6,
    "drill": 6,
    "person": 7,
    "cone": 8,
    "car": 9,
    "bus": 9,
    "lorry": 9,
    "sweeper": 9,
    "tricycle": 9,
}
TYPES = {
    1: "excavator",
    2: "loader_dozer",
    3: "dump_truck",
    4: "crane",
    5: "concrete_mixer",
    6: "machinery_other",
    7: "person",
    8: "cone",
    9: "vehicle_other",
}


def supercategory(category: int) -> str:
    """Machine / person / cone / vehicle of a category id."""
    return "machine" if category <= 6 else {7: "person", 8: "cone", 9: "vehicle"}[category]


def thing(make: str, x: float, y: float, yaw: float, seed: int, **params: Any) -> Spec:
    """One object of the scene; furniture of the works has no category and is not measured."""
    category = CATEGORY.get(make)
    return {
        "make": make,
        "x": x,
        "y": y,
        "yaw": yaw,
        "seed": seed,
        "params": params,
        "cls": None if category is None else supercategory(category),
        "category": category,
    }


def on_kerbs(objects: list[Spec], width: float) -> list[Spec]:
    """Raise what stands beside the road onto the pavement, which lies a kerb higher."""
    for o in objects:
        o["z"] = 0.13 if abs(o["x"]) > width / 2 + 0.3 else 0.0
    return objects
