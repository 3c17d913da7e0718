"""The page's colours and words: readable by everybody, in both themes and both languages."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[3] / "src/pipewarden/main/map_page"
CSS = (HOME / "map.css").read_text(encoding="utf-8")
WORDS: dict[str, dict[str, str]] = json.loads((HOME / "words.json").read_text(encoding="utf-8"))
SCRIPT = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HOME.glob("*.js")))
TEMPLATE = (HOME / "template.html.j2").read_text(encoding="utf-8")
DESIGN_LIGHT = {
    "level-1": "#C8102E", "level-2": "#B3590A", "level-3": "#8A6508", "level-4": "#1F6FB2", "blind": "#6B5B95",
    "pipe-low": "#7A8B99", "pipe-medium": "#3B7A57", "pipe-sub_high": "#8A5A00", "pipe-high": "#7B2D8B",
}  # fmt: skip
DESIGN_DARK = {
    "level-1": "#FF5A5F", "level-2": "#FFA94D", "level-3": "#FFD43B", "level-4": "#74C0FC", "blind": "#B197FC",
}  # fmt: skip


def tokens(theme: str) -> dict[str, str]:
    roots = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    assert len(roots) == 2, "one :root for light, one for dark"
    light = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", roots[0]))
    return light if theme == "light" else light | dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", roots[1]))


def linear(colour: str) -> tuple[float, float, float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def luminance(rgb: tuple[float, float, float]) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, 1 to 21."""
    high, low = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_wcag_says():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["level-1", "level-2", "level-3", "level-4", "blind", "ink", "ink-2"])
@pytest.mark.parametrize("under", ["paper", "ground", "shade"])
def test_text_and_levels_stand_out_from_every_ground(theme: str, name: str, under: str):
    has = tokens(theme)
    assert contrast(has[name], has[under]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("cls", ["low", "medium", "sub_high", "high"])
def test_pipes_stand_out_as_graphics_must(theme: str, cls: str):
    has = tokens(theme)
    assert contrast(has[f"pipe-{cls}"], has["ground"]) >= 3.0
    assert contrast(has["seen"], has["ground"]) >= 3.0


@pytest.mark.parametrize(("theme", "wanted"), [("light", DESIGN_LIGHT), ("dark", DESIGN_DARK)])
def test_tokens_are_those_of_the_design(theme: str, wanted: dict[str, str]):
    has = tokens(theme)
    assert {name: has[name] for name in wanted} == wanted


def test_both_themes_name_the_same_tokens():
    light, dark = (set(re.findall(r"--([\w-]+):", root)) for root in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
    assert light == dark


def test_each_level_has_a_shape_of_its_own_and_the_mildest_is_hollow():
    shapes = re.search(r"const SHAPE = \[(.*?)\];", SCRIPT, re.DOTALL)
    assert shapes is not None
    paths = re.findall(r'"(M[^"]+)"', shapes[1])
    assert len(paths) == 4
    assert all(one != other for one, other in itertools.combinations(paths, 2))
    assert 'fill: hollow ? "none"' in SCRIPT


def test_zones_map_to_the_four_shapes():
    assert "LEVEL_OF = { protection: 1, control: 2, unknown: 3, outside: 4 }" in SCRIPT


def test_every_word_is_said_in_both_languages_with_the_same_gaps():
    for key, said in WORDS.items():
        assert set(said) == {"zh", "en"}, key
        assert all(said.values()), key
        assert set(re.findall(r"\{\w+\}", said["zh"])) == set(re.findall(r"\{\w+\}", said["en"])), key


def used_words() -> set[str]:
    asked = set(re.findall(r"\bt\((?:[^()\"`]*\? )?\"(\w+)\"", SCRIPT))
    asked |= set(re.findall(r'(?:data-t|data-aria)="(\w+)"', TEMPLATE)) | set(re.findall(r"zh\.(\w+)", TEMPLATE))
    return asked


def test_every_word_asked_for_exists():
    assert used_words() <= set(WORDS)


def test_no_word_lies_unused():
    families = tuple(set(re.findall(r'known\("(\w+_)"', SCRIPT)) | set(re.findall(r"t\(`(\w+_)\$\{", SCRIPT)))
    idle = {key for key in WORDS if f'"{key}"' not in SCRIPT and not key.startswith(families)} - used_words()
    assert idle == set()


def test_phone_targets_and_reduced_motion_are_in_the_style():
    assert "prefers-reduced-motion: no-preference" in CSS
    phone = CSS[CSS.index("@media (max-width: 760px)") :]
    assert "width: 48px; height: 48px" in phone


@pytest.mark.parametrize("path", sorted(HOME.iterdir()), ids=lambda path: path.name)
def test_no_file_passes_the_house_limit(path: Path):
    if path.is_file():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
