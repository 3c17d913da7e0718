"""Pressure classes: the boundaries of the standard, units, labels in two languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.network.facts import PressureClass
from pipewarden.network.rules import pressure

LOW, MEDIUM, SUB_HIGH, HIGH, UNKNOWN = (
    PressureClass.LOW,
    PressureClass.MEDIUM,
    PressureClass.SUB_HIGH,
    PressureClass.HIGH,
    PressureClass.UNKNOWN,
)
ORDER = [LOW, MEDIUM, SUB_HIGH, HIGH]


@pytest.mark.parametrize(
    ("mpa", "cls"),
    [
        (0.002, LOW),
        (0.01, LOW),
        (0.0101, MEDIUM),
        (0.2, MEDIUM),
        (0.4, MEDIUM),
        (0.4001, SUB_HIGH),
        (0.8, SUB_HIGH),
        (1.6, SUB_HIGH),
        (1.6001, HIGH),
        (2.5, HIGH),
        (4.0, HIGH),
        (6.3, HIGH),
        (10.0, HIGH),
    ],
)
def test_boundaries_belong_to_the_lower_class(mpa: float, cls: PressureClass) -> None:
    assert pressure.class_of_mpa(mpa) is cls


@pytest.mark.parametrize(
    ("value", "unit", "cls"),
    [
        (2.0, "kPa", LOW),
        (10, "kPa", LOW),
        (400, "kPa", MEDIUM),
        (4, "bar", MEDIUM),
        (16, "bar", SUB_HIGH),
        (1.0, "bar", MEDIUM),
        (75, "mbar", LOW),
        (74.7, "bar", HIGH),
        (2000, "Pa", LOW),
    ],
)
def test_units(value: float, unit: str, cls: PressureClass) -> None:
    assert pressure.class_of_number(value, unit) is cls


@pytest.mark.parametrize("mpa", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_pressure_is_unknown(mpa: float) -> None:
    assert pressure.class_of_mpa(mpa) is UNKNOWN


@pytest.mark.parametrize(
    ("label", "cls"),
    [
        ("低压", LOW),
        ("中压A", MEDIUM),
        ("中压B级", MEDIUM),
        ("次高压", SUB_HIGH),
        ("次高压A", SUB_HIGH),
        ("高压", HIGH),
        ("高压B", HIGH),
        ("超高压", HIGH),
        ("市政中压管道", MEDIUM),
        ("low", LOW),
        ("Medium", MEDIUM),
        ("SUB_HIGH", SUB_HIGH),
        ("sub-high", SUB_HIGH),
        ("HP", HIGH),
        ("0.4MPa", MEDIUM),
        ("0.4 MPa", MEDIUM),
        ("2.5兆帕", HIGH),
        ("3kPa", LOW),
        ("16 bar", SUB_HIGH),
        ("0.4", UNKNOWN),
        ("中", UNKNOWN),
        ("unknown thing", UNKNOWN),
        ("", UNKNOWN),
        ("5 psi", UNKNOWN),
    ],
)
def test_labels(label: str, cls: PressureClass) -> None:
    assert pressure.class_of_label(label) is cls


@given(st.floats(1e-6, 20), st.floats(1e-6, 20))
def test_more_pressure_never_gives_a_lower_class(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert ORDER.index(pressure.class_of_mpa(low)) <= ORDER.index(pressure.class_of_mpa(high))


@given(st.floats(1e-4, 20))
def test_units_agree(mpa: float) -> None:
    assert pressure.class_of_number(mpa * 1000, "kPa") is pressure.class_of_mpa(mpa) or abs(mpa - 0.01) < 1e-6
