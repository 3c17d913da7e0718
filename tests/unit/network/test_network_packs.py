"""Rule packs: the numbers of the statutes, fallback to the nation, the wider of two, the day of the event."""

from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from pipewarden.kit.errors import InputError
from pipewarden.network import store
from pipewarden.network.facts import Datum, Kind, PressureClass, Regime
from pipewarden.network.rules import packs

CLASSES = [PressureClass.LOW, PressureClass.MEDIUM, PressureClass.SUB_HIGH, PressureClass.HIGH]
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
NATIONAL = "CN-GB55009"
SHIPPED = {
    "CN-GB55009", "CN-HE-langfang", "CN-BJ", "CN-SD-qingdao", "CN-SH", "CN-ZJ-hangzhou", "CN-HA-luoyang",
    "CN-SX-datong", "CN-LONGDISTANCE",
}  # fmt: skip


def ranges(jurisdiction: str, regime: Regime = Regime.CITY_GAS, at: datetime = NOW) -> packs.Ranges:
    found = packs.resolve(
        store.shipped_packs(), store.shipped_assumptions(), jurisdiction=jurisdiction, regime=regime, at=at
    )
    assert found is not None
    return found


def numbers(jurisdiction: str, kind: Kind, which: str, regime: Regime = Regime.CITY_GAS) -> list[float | None]:
    table = ranges(jurisdiction, regime).table
    values = [getattr(table[kind, cls], which) for cls in CLASSES]
    return [None if v is None else v.value for v in values]


def test_every_pack_the_product_promises_is_shipped() -> None:
    assert {pack.pack for pack in store.shipped_packs()} == SHIPPED


@pytest.mark.parametrize(
    ("jurisdiction", "protect", "control"),
    [
        ("CN-GB55009", [0.5, 0.5, 1.5, 5.0], [5.0, 5.0, 15.0, 50.0]),
        ("CN-HE-langfang", [0.5, 0.5, 1.5, 5.0], [5.0, 5.0, 15.0, 50.0]),
        ("CN-BJ", [0.5, 0.5, 1.5, 5.0], [5.0, 5.0, 15.0, 50.0]),
        ("CN-SD-qingdao", [1.5, 1.5, 3.0, 5.0], [5.0, 5.0, 30.0, 50.0]),
        ("CN-SH", [0.7, 0.7, 1.5, 6.0], [6.0, 6.0, 15.0, 50.0]),
        ("CN-ZJ-hangzhou", [0.5, 0.5, 1.5, 5.0], [5.0, 5.0, 15.0, 50.0]),
        ("CN-HA-luoyang", [0.5, 0.75, 2.0, 5.0], [5.0, 5.0, 15.0, 50.0]),
        ("CN-SX-datong", [1.0, 1.5, 6.5, 6.5], [5.0, 5.0, 15.0, 50.0]),
    ],
)
def test_ranges_of_city_gas(jurisdiction: str, protect: list[float], control: list[float]) -> None:
    assert numbers(jurisdiction, Kind.PIPE, "protect") == protect
    assert numbers(jurisdiction, Kind.PIPE, "control") == control
    assert ranges(jurisdiction).datum is Datum.OUTER_EDGE


def test_the_long_distance_law_is_its_own_regime_from_the_centre_line() -> None:
    law = ranges("CN-LONGDISTANCE", Regime.LONG_DISTANCE)
    assert law.datum is Datum.CENTRE_LINE
    assert numbers("CN-LONGDISTANCE", Kind.PIPE, "protect", Regime.LONG_DISTANCE) == [5.0] * 4
    assert numbers("CN-LONGDISTANCE", Kind.PIPE, "control", Regime.LONG_DISTANCE) == [50.0] * 4
    assert law.table[Kind.PIPE, PressureClass.UNKNOWN].protect == law.table[Kind.PIPE, PressureClass.HIGH].protect


def test_city_rules_never_apply_to_long_distance_and_the_other_way_round() -> None:
    assert ranges("CN-SD-qingdao", Regime.LONG_DISTANCE).pack_id == "CN-LONGDISTANCE"
    assert ranges("CN-LONGDISTANCE", Regime.CITY_GAS).pack_id == "CN-GB55009"


def test_of_two_values_the_wider_counts_with_its_own_clause() -> None:
    shanghai = ranges("CN-SH").table
    narrower = shanghai[Kind.PIPE, PressureClass.SUB_HIGH]
    assert narrower.protect is not None
    assert (narrower.protect.value, narrower.protect.clause) == (1.5, "GB 55009-2021 5.1.6")
    wider = shanghai[Kind.PIPE, PressureClass.HIGH]
    assert wider.protect is not None
    assert (wider.protect.value, wider.protect.confidence) == (6.0, "M")


def test_of_equal_values_the_local_clause_is_told() -> None:
    luoyang = ranges("CN-HA-luoyang").table[Kind.PIPE, PressureClass.LOW]
    assert luoyang.protect is not None
    assert luoyang.protect.clause == "洛阳市燃气管理条例 第三十四条（一）"
    assert luoyang.control is not None
    assert luoyang.control.clause == "GB 55009-2021 5.1.7"


def test_stations() -> None:
    assert numbers("CN-SD-qingdao", Kind.STATION, "protect") == [1.0, 1.0, 3.0, 5.0]
    assert numbers("CN-SD-qingdao", Kind.STATION, "control") == [50.0] * 4
    assert numbers("CN-SX-datong", Kind.STATION, "protect") == [10.0] * 4
    assert numbers("CN-GB55009", Kind.STATION, "protect") == [1.0, 1.0, 3.0, 5.0]
    assert numbers("CN-GB55009", Kind.STATION, "control") == [None] * 4


def test_an_unknown_class_counts_as_the_strictest() -> None:
    for jurisdiction in SHIPPED - {"CN-LONGDISTANCE"}:
        table = ranges(jurisdiction).table
        assert table[Kind.PIPE, PressureClass.UNKNOWN] == table[Kind.PIPE, PressureClass.HIGH]


@pytest.mark.parametrize("jurisdiction", sorted(SHIPPED - {"CN-LONGDISTANCE"}))
def test_no_city_is_ever_narrower_than_the_nation(jurisdiction: str) -> None:
    for kind in Kind:
        for which in ("protect", "control"):
            here, nation = numbers(jurisdiction, kind, which), numbers("CN-GB55009", kind, which)
            assert all(b is None or (a is not None and a >= b) for a, b in zip(here, nation, strict=True))


def test_the_pack_is_that_of_the_events_day_in_china() -> None:
    qingdao_2022 = datetime(2022, 1, 20, 15, 59, tzinfo=UTC)  # 23:59 on the 20th in China
    assert ranges("CN-SD-qingdao", at=qingdao_2022).pack_id == "CN-GB55009"
    assert ranges("CN-SD-qingdao", at=qingdao_2022 + timedelta(minutes=1)).pack_id == "CN-SD-qingdao"
    west = datetime(2022, 1, 20, 8, 0, tzinfo=timezone(timedelta(hours=-8)))
    assert packs.day_of(west) == date(2022, 1, 21)


def test_before_the_national_pack_there_is_no_answer() -> None:
    found = packs.resolve(
        store.shipped_packs(),
        store.shipped_assumptions(),
        jurisdiction="CN-HA-luoyang",
        regime=Regime.CITY_GAS,
        at=datetime(2019, 1, 1, tzinfo=UTC),
    )
    assert found is None


def test_a_chinese_place_without_a_pack_has_the_national_ranges() -> None:
    assert packs.check_jurisdiction(store.shipped_packs(), "CN-SC-chengdu") == "CN-SC-chengdu"
    assert ranges("CN-SC-chengdu").pack_id == "CN-GB55009"
    assert ranges("CN-SC-chengdu").jurisdiction == "CN-SC-chengdu"
    assert packs.check_jurisdiction(store.shipped_packs(), "cn-he-LANGFANG") == "CN-HE-langfang"


def misspelled(name: str) -> set[str]:
    """Every spelling with one letter changed, dropped or doubled."""
    letters = string.ascii_letters + string.digits + "-"
    changed = {name[:i] + c + name[i + 1 :] for i in range(len(name)) for c in letters}
    dropped = {name[:i] + name[i + 1 :] for i in range(len(name))}
    doubled = {name[: i + 1] + name[i:] for i in range(len(name))}
    return changed | dropped | doubled


def _province(name: str) -> bool:
    """A bare province is no misspelling: CN-TJ is as real as CN-BJ, and both have the national ranges."""
    return len(name) == len("CN-BJ") and packs._PLACE.fullmatch(name) is not None


@pytest.mark.parametrize(
    "place",
    ["CN-TJ", "CN-GD-guangzhou", "CN-HA-zhengzhou", "CN-ZJ-wenzhou", "CN-JS-nantong", "CN-HE-tangshan", "CN-XJ"],
)
def test_real_places_without_a_pack_stand_under_the_national_ranges(place: str) -> None:
    assert packs.check_jurisdiction(store.shipped_packs(), place) == place
    assert NATIONAL in str(packs.fallback(store.shipped_packs(), place, Regime.CITY_GAS))


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_one_wrong_letter_never_applies_another_law(name: str) -> None:
    for typo in misspelled(name):
        if typo.lower() in {known.lower() for known in SHIPPED} or _province(typo):
            continue
        with pytest.raises(InputError) as caught:
            packs.check_jurisdiction(store.shipped_packs(), typo)
        assert caught.value.field == "--jurisdiction"
        assert NATIONAL in caught.value.fix


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("CN-LONG-DISTANCE", "CN-LONGDISTANCE"),
        ("CN-long_distance", "CN-LONGDISTANCE"),
        ("CN-SD-longdistance", "CN-LONGDISTANCE"),
        ("CN-HE-long-haul", "CN-LONGDISTANCE"),
        ("CN-pipeline", "CN-LONGDISTANCE"),
        ("CN-HE-changshu-guandao", "CN-LONGDISTANCE"),
        ("CN-SD-quingdao", "CN-SD-qingdao"),
        ("CN-SD-qingdaoshi", "CN-SD-qingdao"),
        ("CN-HE-qingdao", "CN-SD-qingdao"),
        ("CN-SH-pudong", "CN-SH"),
        ("CN-BJ-chaoyang", "CN-BJ"),
        ("CN-GB50028", "CN-GB55009"),
    ],
)
def test_another_spelling_is_asked_back(words: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"Did you mean {meant}"):
        packs.check_jurisdiction(store.shipped_packs(), words)


@pytest.mark.parametrize(
    ("given", "taken"),
    [("CN-GD", "CN-GD"), ("cn-gd-Foshan", "CN-GD-foshan"), ("CN-HE-baoding", "CN-HE-baoding"),
     ("CN-AH-hefei", "CN-AH-hefei"), ("CN-YN-xi-shuang-banna", "CN-YN-xi-shuang-banna")],
)  # fmt: skip
def test_a_place_without_a_pack_is_told_which_ranges_count(given: str, taken: str) -> None:
    assert packs.check_jurisdiction(store.shipped_packs(), given) == taken
    said = packs.fallback(store.shipped_packs(), taken, Regime.CITY_GAS)
    assert said == f"no pack for {taken}: the national ranges CN-GB55009 are used"
    assert "CN-LONGDISTANCE" in str(packs.fallback(store.shipped_packs(), taken, Regime.LONG_DISTANCE))


def test_a_place_with_a_pack_needs_no_telling() -> None:
    assert {packs.fallback(store.shipped_packs(), name, Regime.CITY_GAS) for name in SHIPPED} == {None}


@pytest.mark.parametrize(
    "words", [None, "", "DE-BW", "qingdao", "CN", "CN-", "CN-XX", "CN-SD-青岛", "CN-GD-1", "CN-GD-"]
)
def test_a_place_without_law_is_refused(words: str | None) -> None:
    with pytest.raises(InputError) as caught:
        packs.check_jurisdiction(store.shipped_packs(), words)
    assert caught.value.field == "--jurisdiction"
    assert "CN-HE-langfang" in caught.value.fix


def shipped_body() -> dict[str, object]:
    path = Path(packs.__file__).parents[2] / "policy" / "packs" / "CN-SD-qingdao.yaml"
    body: dict[str, object] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return body


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"surprise": 1}, "surprise"),
        ({"regime": "village_gas"}, "regime"),
        ({"protect_m": {"low": {"value": -1, "clause": "x", "confidence": "H"}}}, "protect_m.low.value"),
        ({"protect_m": {"low": {"value": 1, "confidence": "H"}}}, "protect_m.low.clause"),
        ({"protect_m": {"medium_a": {"value": 1, "clause": "x", "confidence": "H"}}}, "protect_m.medium_a"),
        ({"effective": {"to": None}}, "effective.from"),
        ({"pack": "青岛"}, "pack"),
    ],
)
def test_a_wrong_pack_is_refused_naming_file_and_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as caught:
        packs.read_pack(shipped_body() | change, "qd.yaml")
    assert caught.value.field.startswith(f"qd.yaml: {key}")


def test_every_value_says_its_clause_and_how_sure_it_is() -> None:
    for pack in store.shipped_packs():
        for table in (pack.protect_m, pack.control_m, pack.station_protect_m, pack.station_control_m):
            for value in table.values():
                assert value.clause
                assert value.confidence in {"H", "M"}


@pytest.mark.shared
def test_clauses_quoted_with_full_confidence_stand_in_the_statutes(shared_data: Path) -> None:
    """Each H value of a statute that is held must be in the article it names, as a number of metres in words."""
    laws = {path.name.split("(")[0].removesuffix(".md"): path for path in (shared_data / "law" / "laws").glob("*.md")}
    checked = 0
    for pack in store.shipped_packs():
        for table in (pack.protect_m, pack.control_m, pack.station_protect_m, pack.station_control_m):
            for value in table.values():
                match = re.match(r"(\S+) (第[一二三四五六七八九十]+条)(（[一二三四五]）)?", value.clause)
                if match is None or match.group(1) not in laws or value.confidence != "H" or value.value == 0:
                    continue
                text = laws[match.group(1)].read_text(encoding="utf-8")
                article = re.split(r"\n第[一二三四五六七八九十百]+条", text[text.index(f"\n{match.group(2)}") + 1 :])[0]
                item = article if match.group(3) is None else article[article.index(match.group(3)) :].split("\n")[0]
                assert any(f"{word}米" in item for word in spoken(value.value)), (pack.pack, value)
                checked += 1
    assert checked >= 30


def spoken(value: float) -> list[str]:
    words = {0.5: "零点五", 0.75: "零点七五", 1.0: "一", 1.5: "一点五", 2.0: "二", 3.0: "三", 5.0: "五", 30.0: "三十",
             50.0: "五十", 100.0: "一百"}  # fmt: skip
    return [words[value], f"{value:g}"]


@pytest.mark.shared
def test_city_gas_stands_outside_the_long_distance_law(shared_data: Path) -> None:
    text = next((shared_data / "law" / "laws").glob("石油天然气管道保护法*")).read_text(encoding="utf-8")
    second = text[text.index("\n第二条") :].split("\n第三条")[0]
    assert "城镇燃气管道" in second
    assert "不适用本法" in second


def test_assumptions_are_told_with_a_reason() -> None:
    assumed = store.shipped_assumptions()
    for regime in Regime:
        for name in ("pressure_class", "diameter_mm", "sigma_m", "station_radius_m"):
            entry = getattr(assumed.of(regime), name)
            assert entry.why
    assert assumed.city_gas.pressure_class.value == "high"
    with pytest.raises(InputError, match=r"a\.yaml: city_gas"):
        packs.read_assumptions({"long_distance": {}}, "a.yaml")
