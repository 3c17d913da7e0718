"""Both languages say the same things, and every word on the desk is there in both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipewarden.people.facts import ROLE_NAMES

WEB = Path(__file__).resolve().parents[4] / "web" / "src"
SOURCES = sorted(path for path in WEB.rglob("*") if path.suffix in {".vue", ".ts"} and path.name != "schema.d.ts")


def flat(tree: dict[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in tree.items():
        found |= flat(value, f"{before}{key}.") if isinstance(value, dict) else {before + key: value}
    return found


def words(language: str) -> dict[str, str]:
    """Return what the phone carries along and what the desk says beside that; no group stands in both."""
    common, desk = (
        json.loads((WEB / "words" / name).read_text(encoding="utf-8"))
        for name in (f"{language}.json", f"desk.{language}.json")
    )
    assert not common.keys() & desk.keys()
    return flat(common | desk)


ZH, EN = words("zh"), words("en")


def test_both_languages_have_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()
    assert all(said.strip() for said in (*ZH.values(), *EN.values()))


@pytest.mark.parametrize("key", sorted(ZH))
def test_both_languages_fill_in_the_same_parts(key: str) -> None:
    parts = [set(re.findall(r"{(\w+)}", said[key])) for said in (ZH, EN)]
    assert parts[0] == parts[1] or (parts[1] < parts[0] and "|" in EN[key])


def test_chinese_is_chinese_and_english_is_not() -> None:
    names = {"report.place_like", "reason.also", "matched.also", "insight.two_times", "insight.comma", "insight.colon"}
    assert [key for key, said in EN.items() if re.search(r"[\u4e00-\u9fff]", said) and key != "bar.title"] == []
    assert [key for key, said in ZH.items() if not re.search(r"[\u4e00-\u9fff]", said) and key not in names] == []


def test_the_phone_says_nothing_that_only_the_desk_carries() -> None:
    groups = json.loads((WEB / "words" / "desk.zh.json").read_text(encoding="utf-8"))
    named = re.compile(rf"['`\"]({'|'.join(groups)})\.\w")
    for path in SOURCES:
        if path.relative_to(WEB).parts[0] not in {"desk", "words"}:
            assert not named.search(path.read_text(encoding="utf-8")), path


def test_nothing_claims_to_think() -> None:
    assert [said for said in (*ZH.values(), *EN.values()) if re.search(r"认为|\bAI\b|智能", said)] == []


def used() -> tuple[set[str], list[re.Pattern[str]]]:
    """Return the keys that the sources name, and the patterns of those that they put together."""
    whole: set[str] = set()
    built: list[re.Pattern[str]] = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        whole |= {key for key in ZH if f"'{key}'" in text}
        templates = re.findall(r"`([a-z_]+\.[^`\s]*\$\{[^`]*)`", text)
        built += [re.compile(re.sub(r"\\\$\\\{.*?\\\}", "[A-Za-z0-9_]+", re.escape(one))) for one in templates]
        if "known('" in text:
            built += [re.compile(rf"{group}\.\w+") for group in re.findall(r"known\('(\w+)'", text)]
    return whole, built


def test_every_word_is_used() -> None:
    whole, built = used()
    groups = ("wrong.", "decide.said.")
    idle = {
        key
        for key in ZH
        if key not in whole and not key.startswith(groups) and not any(p.fullmatch(key) for p in built)
    }
    assert idle == set()


def test_every_word_asked_for_is_there() -> None:
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        asked = set(re.findall(r"(?:say\.)?\b[tn]\('([a-z_]+\.[A-Za-z0-9_.]+)'", text))
        assert asked <= ZH.keys(), path.name


def test_roles_have_the_names_of_the_house() -> None:
    assert {key.removeprefix("role."): said for key, said in ZH.items() if key.startswith("role.")} == {
        role.value: name.zh for role, name in ROLE_NAMES.items()
    }
    assert {key.removeprefix("role."): said for key, said in EN.items() if key.startswith("role.")} == {
        role.value: name.en for role, name in ROLE_NAMES.items()
    }
