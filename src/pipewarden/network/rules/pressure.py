"""Pressure classes from numbers and words, by highest working pressure (GB 50028; GB 55009-2021 5.1.1).

Boundaries: low up to and including 0.01 MPa (GB 55009 prints P <= 0.01), medium up to and including 0.4, sub-high up to
and including 1.6, high above it (ultra-high, above 4.0, counts as high: "高压及高压以上").
"""

from __future__ import annotations

import math
import re

from pipewarden.network.facts import PressureClass

_TO_MPA = {"mpa": 1.0, "兆帕": 1.0, "kpa": 1e-3, "千帕": 1e-3, "pa": 1e-6, "bar": 0.1, "巴": 0.1, "mbar": 1e-4}
_LOW_MPA, _MEDIUM_MPA, _SUB_HIGH_MPA = 0.01, 0.4, 1.6
_ROUNDING = 1e-9  # 4 bar * 0.1 is not exactly 0.4; a boundary is inclusive
_NUMBER = re.compile(r"^\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z兆千帕巴]*)\s*$")

# longest first, so that 次高压 is not read as 高压
_WORDS: tuple[tuple[str, PressureClass], ...] = (
    ("超高压", PressureClass.HIGH),
    ("次高压", PressureClass.SUB_HIGH),
    ("高压", PressureClass.HIGH),
    ("中压", PressureClass.MEDIUM),
    ("低压", PressureClass.LOW),
)
_LABELS = {
    "low": PressureClass.LOW,
    "low pressure": PressureClass.LOW,
    "lp": PressureClass.LOW,
    "medium": PressureClass.MEDIUM,
    "medium pressure": PressureClass.MEDIUM,
    "medium a": PressureClass.MEDIUM,
    "medium b": PressureClass.MEDIUM,
    "mp": PressureClass.MEDIUM,
    "sub_high": PressureClass.SUB_HIGH,
    "sub-high": PressureClass.SUB_HIGH,
    "sub high": PressureClass.SUB_HIGH,
    "subhigh": PressureClass.SUB_HIGH,
    "sub-high pressure": PressureClass.SUB_HIGH,
    "high": PressureClass.HIGH,
    "high pressure": PressureClass.HIGH,
    "hp": PressureClass.HIGH,
    "ultra-high": PressureClass.HIGH,
    "ultra_high": PressureClass.HIGH,
}


def units() -> frozenset[str]:
    """Return the units a pressure number may have, in lower case."""
    return frozenset(_TO_MPA)


def class_of_mpa(mpa: float) -> PressureClass:
    """Return the class of a highest working pressure in MPa (gauge); unknown for a number that is no pressure."""
    if not math.isfinite(mpa) or mpa <= 0:
        return PressureClass.UNKNOWN
    for limit, cls in (
        (_LOW_MPA, PressureClass.LOW),
        (_MEDIUM_MPA, PressureClass.MEDIUM),
        (_SUB_HIGH_MPA, PressureClass.SUB_HIGH),
    ):
        if mpa <= limit * (1 + _ROUNDING):
            return cls
    return PressureClass.HIGH


def class_of_number(value: float, unit: str) -> PressureClass:
    """Return the class of ``value`` in ``unit`` (MPa, kPa, Pa, bar, mbar)."""
    return class_of_mpa(value * _TO_MPA[unit.lower()])


def class_of_label(label: str) -> PressureClass:
    """Return the class of a Chinese or English label, or of a number with its unit; unknown when it says neither."""
    text = label.strip()
    if (known := _LABELS.get(text.lower())) is not None:
        return known
    if (number := _NUMBER.match(text)) is not None:
        unit = number.group(2).lower()
        return class_of_number(float(number.group(1)), unit) if unit in _TO_MPA else PressureClass.UNKNOWN
    return next((cls for word, cls in _WORDS if word in text), PressureClass.UNKNOWN)
