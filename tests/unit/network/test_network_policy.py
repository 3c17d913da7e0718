"""The shipped files themselves: named as they say, complete, quoted as the documents say."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from pipewarden.network import rules, store
from pipewarden.network.facts import Datum, Regime

POLICY = Path(rules.__file__).resolve().parents[2] / "policy"
PACKS = sorted((POLICY / "packs").glob("*.yaml"))
MAPPINGS = sorted((POLICY / "mappings").glob("*.yaml"))


@pytest.mark.parametrize("path", PACKS, ids=lambda p: p.stem)
def test_a_packs_file_has_its_name(path: Path) -> None:
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert body["pack"] == path.stem
    assert body["sources"]
    assert body["name"]


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda p: p.stem)
def test_a_mappings_file_has_its_name_and_a_note(path: Path) -> None:
    body = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert body["mapping"] == path.stem
    assert body["note"]


def test_every_parent_is_shipped_and_of_the_same_regime() -> None:
    by_name = {pack.pack: pack for pack in store.shipped_packs()}
    for pack in by_name.values():
        if pack.parent is not None:
            parent = by_name[pack.parent]
            assert parent.regime is pack.regime
            assert parent.parent is None


def test_regimes_and_where_they_measure_from() -> None:
    for pack in store.shipped_packs():
        long = pack.pack == "CN-LONGDISTANCE"
        assert pack.regime is (Regime.LONG_DISTANCE if long else Regime.CITY_GAS)
        assert pack.datum is (Datum.CENTRE_LINE if long else Datum.OUTER_EDGE)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("CN-GB55009", date(2022, 1, 1)),
        ("CN-LONGDISTANCE", date(2010, 10, 1)),
        ("CN-HA-luoyang", date(2016, 3, 1)),
        ("CN-BJ", date(2021, 1, 1)),
        ("CN-SD-qingdao", date(2022, 1, 21)),
        ("CN-ZJ-hangzhou", date(2021, 12, 3)),
    ],
)
def test_first_days(name: str, start: date) -> None:
    pack = next(p for p in store.shipped_packs() if p.pack == name)
    assert pack.effective.start == start
    assert pack.effective.to is None


@pytest.mark.parametrize(
    ("name", "notice", "clause"),
    [
        ("CN-HE-langfang", "P5D", "河北省燃气管理条例 第四十三条"),
        ("CN-SD-qingdao", "P3D", "青岛市燃气管理条例 第三十七条"),
        ("CN-ZJ-hangzhou", "PT24H", "杭州市燃气管理条例 第二十三条"),
        ("CN-LONGDISTANCE", "P7D", "石油天然气管道保护法 第三十七条"),
    ],
)
def test_notice_periods(name: str, notice: str, clause: str) -> None:
    duty = next(p for p in store.shipped_packs() if p.pack == name).duties["notice_before_start"]
    assert (duty.value, duty.clause, duty.confidence) == (notice, clause, "H")


def test_what_only_a_summary_says_is_never_sold_as_certain() -> None:
    for pack in store.shipped_packs():
        for table in (pack.protect_m, pack.control_m, pack.station_protect_m, pack.station_control_m):
            for value in table.values():
                assert ("not checked" in value.clause) == (value.confidence == "M"), (pack.pack, value)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("law", "article", "words"),
    [
        ("青岛市燃气管理条例", "第三十七条", "三日前"),
        ("杭州市燃气管理条例", "第二十三条", "二十四小时"),
        ("杭州市燃气管理条例", "第二十二条", "三日内"),
        ("杭州市燃气管理条例", "第二十一条", "按照国家燃气设计规范"),
        ("北京市燃气管理条例", "第四十一条", "按照国家相关标准"),
        ("北京市燃气管理条例", "第三十七条", "安全监护协议"),
        ("上海市燃气管理条例", "第四十二条", "三日内"),
        ("石油天然气管道保护法", "第三十七条", "七日前"),
        ("石油天然气管道保护法", "第二十九条", "上方"),
        ("洛阳市燃气管理条例", "第五十条", "2016年3月1日"),
        ("城镇燃气管理条例", "第三十三条", "按照国家有关标准"),
    ],
)
def test_articles_that_the_packs_lean_on(shared_data: Path, law: str, article: str, words: str) -> None:
    text = next((shared_data / "law" / "laws").glob(f"{law}*.md")).read_text(encoding="utf-8")
    body = re.split(r"\n第[一二三四五六七八九十百]+条", text[text.index(f"\n{article}") + 1 :])[0]
    assert words in body


def test_assumptions_are_no_narrower_than_any_rule() -> None:
    assumed = store.shipped_assumptions()
    assert float(assumed.city_gas.diameter_mm.value) >= 1000
    assert float(assumed.long_distance.diameter_mm.value) == 0
    assert "Product assumptions, not law" in (POLICY / "assumptions.yaml").read_text(encoding="utf-8")
