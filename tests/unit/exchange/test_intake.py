"""Messages of other platforms: read by data, kept once, placed or kept for a person, never dropped."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from sqlalchemy import func, select

from pipewarden.casework import service as casework
from pipewarden.casework import store as casework_store
from pipewarden.casework.facts import Discovered, SiteState
from pipewarden.exchange import service, store
from pipewarden.exchange.facts import Incoming, ItemKind, ItemState, Kept
from pipewarden.exchange.rules.mapping import read, read_mapping
from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError, RefusedError
from pipewarden.network import service as network
from pipewarden.network.adapters import FileReader
from pipewarden.network.facts import Zone
from pipewarden.people import service as people
from pipewarden.people.facts import ForbiddenError, NewArea, NotFoundError
from pipewarden.sense import store as sense_store
from pipewarden.sense.facts import OBSERVED

if TYPE_CHECKING:
    from pathlib import Path

    from pipewarden.kit.work import Work

HOTLINE = {"工单编号": "W-1", "诉求内容": "挖机在挖路", "诉求地址": "和平路18号", "经度": "116.7062", "纬度": "39.5013"}


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def take(
    work: Work, blobs: BlobStore, *rows: dict[str, Any], platform: str = "12345-hotline", kind: str = ""
) -> list[Kept]:
    messages = [Incoming(source="p", event_id="", type=kind, data=row, number=n) for n, row in enumerate(rows, start=1)]
    root = people.operator(work.tenant_id)
    return service.take(work, blobs, root, messages, platform=platform, mapping=service.mapping_of(platform))


def lay_a_pipe(work: Work, folder: Path, at: tuple[float, float]) -> None:
    line = {"type": "LineString", "coordinates": [at, (at[0] + 0.001, at[1])]}
    pipe = {"type": "Feature", "properties": {"id": "P", "pressure": "低压", "diameter": 110}, "geometry": line}
    path = folder / "pipe.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [pipe]}), encoding="utf-8")
    network.import_network(work, FileReader(), path, crs="EPSG:4326", jurisdiction="CN-HE-langfang")


def test_a_complaint_with_a_place_is_a_report_in_the_river(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE)
    assert kept.fresh
    assert kept.item.state is ItemState.TAKEN
    assert [one.kind for one in work.take_facts()] == [OBSERVED]
    told = sense_store.told(work.session, work.tenant_id, [kept.item.observation_id])[kept.item.observation_id]
    assert (told.words, told.event_id) == ("挖机在挖路", "W-1")
    # GCJ-02 as hotlines' maps have it lies some 500 m from WGS-84 here
    assert (told.lon, told.lat) == (pytest.approx(116.7002, abs=4e-4), pytest.approx(39.5003, abs=6e-4))
    assert told.extra["address"] == "和平路18号"


def test_the_same_complaint_again_is_known_and_another_under_its_id_is_refused(work: Work, blobs: BlobStore) -> None:
    take(work, blobs, HOTLINE)
    work.take_facts()
    (again,) = take(work, blobs, HOTLINE)
    assert not again.fresh
    assert work.take_facts() == []
    with pytest.raises(InputError, match="was used for another message"):
        take(work, blobs, HOTLINE | {"诉求内容": "别的事"})
    twice = take(work, blobs, HOTLINE | {"工单编号": "W-2"}, HOTLINE | {"工单编号": "W-2"})
    assert [one.fresh for one in twice] == [True, False]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"经度": "", "纬度": ""}, "no coordinates"),
        ({"经度": "0", "纬度": "0"}, "no coordinates"),
        ({"诉求分类": "噪音"}, "something other than digging"),
    ],
)
def test_what_cannot_be_placed_waits_for_a_person(
    work: Work, blobs: BlobStore, change: dict[str, str], why: str
) -> None:
    (kept,) = take(work, blobs, HOTLINE | change)
    assert kept.item.state is ItemState.WAITING
    assert why in kept.item.why
    assert work.take_facts() == []
    root = people.operator(work.tenant_id)
    assert [one.id for one in service.listed(work, root, ItemState.WAITING, limit=9)] == [kept.item.id]
    placed = service.place(work, blobs, root, kept.item.id, lon=116.7, lat=39.5, accuracy_m=30)
    assert placed.state is ItemState.TAKEN
    assert placed.observation_id is not None
    assert [one.kind for one in work.take_facts()] == [OBSERVED]
    with pytest.raises(RefusedError, match="is taken"):
        service.place(work, blobs, root, kept.item.id, lon=116.7, lat=39.5, accuracy_m=30)


def test_a_place_on_no_ground_of_ours_waits_where_areas_are_drawn(work: Work, blobs: BlobStore, tmp_path: Path) -> None:
    root, far = people.operator(work.tenant_id), HOTLINE | {"经度": "121.5", "纬度": "31.2"}
    assert take(work, blobs, far)[0].item.state is ItemState.TAKEN, "nobody has drawn an area"
    square = bytes(shapely.to_wkb(shapely.box(116.6, 39.4, 116.8, 39.6)))
    people.add_area(work, root, NewArea(key="x", name="x", wkb=square))
    here, there = take(work, blobs, HOTLINE | {"工单编号": "W-2"}, far | {"工单编号": "W-3"})
    assert here.item.state is ItemState.TAKEN
    assert (there.item.state, there.item.why) == (ItemState.WAITING, "its place lies in no area of ours")
    assert there.item.observation_id is None
    lay_a_pipe(work, tmp_path, (121.495, 31.202))
    assert take(work, blobs, far | {"工单编号": "W-4"})[0].item.state is ItemState.TAKEN, "a pipe of ours lies there"


def test_what_is_done_about_a_complaint_makes_it_no_other_one(work: Work, blobs: BlobStore) -> None:
    """A list is exported daily, and how each complaint stands is part of it."""
    first = take(work, blobs, HOTLINE | {"处理状态": "处理中"})[0].item
    second, new = take(work, blobs, HOTLINE | {"处理状态": "已办结"}, HOTLINE | {"工单编号": "W-2"})
    assert (second.fresh, second.item.id, new.fresh) == (False, first.id, True)
    alarm = {"报警编号": "A-1", "报警内容": "有人动土", "处置状态": "处置中"}
    take(work, blobs, alarm, platform="city-lifeline")
    assert not take(work, blobs, alarm | {"处置状态": "已处置"}, platform="city-lifeline")[0].fresh
    with pytest.raises(InputError, match="was used for another message"):
        take(work, blobs, HOTLINE | {"经度": "116.7063"})


def test_what_is_set_aside_stays_on_record_with_its_reason(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE | {"经度": "", "纬度": ""})
    root = people.operator(work.tenant_id)
    assert service.set_aside(work, root, kept.item.id, "重复").state is ItemState.ASIDE
    assert service.listed(work, root, ItemState.WAITING, limit=9) == []
    assert service.listed(work, root, None, limit=9)[0].why == "重复"
    with pytest.raises(NotFoundError):
        service.set_aside(work, root, work.ids.new(), "x")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"工单编号": ""}, "工单编号, message 2"),
    ({"诉求内容": " "}, "诉求内容, message 2"),
    ({"纬度": ""}, "经度, message 2"),
    ({"经度": "somewhere"}, "经度, message 2"),
    ({"经度": "1e999"}, "经度, message 2"),
    ({"经度": "999"}, "coordinates, message 2"),
    ({"坐标系": "MARS-1"}, "--crs"),
    ({"受理时间": "昨天"}, "受理时间, message 2"),
    ({"诉求内容": "x" * 2001}, "诉求内容, message 2"),
]


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_a_bad_row_is_named_and_nothing_of_the_list_is_kept(
    work: Work, blobs: BlobStore, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused, work.session.begin_nested():
        take(work, blobs, HOTLINE, HOTLINE | {"工单编号": "W-2"} | change)
    assert refused.value.field == field
    assert refused.value.fix
    assert work.session.scalar(select(func.count()).select_from(store.ItemRow)) == 0


def test_a_declared_system_of_a_row_counts(work: Work, blobs: BlobStore) -> None:
    (kept,) = take(work, blobs, HOTLINE | {"坐标系": "EPSG:4326"})
    assert (kept.item.lon, kept.item.lat) == (pytest.approx(116.7062), pytest.approx(39.5013))
    (other,) = take(work, blobs, HOTLINE | {"工单编号": "W-2", "坐标系": "BD-09"})
    assert other.item.lon == pytest.approx(116.6937, abs=2e-3)


def test_a_status_is_a_note_and_closes_nothing(work: Work, blobs: BlobStore) -> None:
    site = casework.open_site(work, Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "test"))
    row = {"工单编号": "O-7", "施工点编号": str(site.id), "工单状态": "已办结", "处理结果": "现场已停工"}
    (kept,) = take(work, blobs, row, platform="work-orders")
    assert kept.item.site_id == site.id
    after = casework_store.sites.read(work, [site.id])[site.id]
    assert after.state is SiteState.DISCOVERED
    noted = casework_store.history.events(work, site.id)[-1]
    assert (noted.body.kind, noted.body.words) == ("noted", "work-orders O-7: 已办结 - 现场已停工")
    version = after.version
    take(work, blobs, row, platform="work-orders")
    assert casework_store.sites.read(work, [site.id])[site.id].version == version
    (other,) = take(work, blobs, row | {"工单状态": "已回访"}, platform="work-orders")
    assert other.fresh  # the same order, standing otherwise


def test_statuses_of_many_sites_hold_them_once_in_the_order_of_casework(
    work: Work, blobs: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever follows alarms holds several sites, too: another order would be a deadlock."""
    sites = [casework.open_site(work, Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "x")).id for _ in range(3)]
    held: list[object] = []
    opening, lock = casework_store.sites.lock_opening, casework_store.sites.lock
    monkeypatch.setattr(casework_store.sites, "lock_opening", lambda at: held.append("opening") or opening(at))
    monkeypatch.setattr(casework_store.sites, "lock", lambda at, ids: held.append(set(ids)) or lock(at, ids))
    rows = [
        {"工单编号": f"O-{n}", "施工点编号": str(site), "工单状态": "处理中"}
        for n, site in enumerate([sites[2], sites[0], sites[1], sites[2]])
    ]
    take(work, blobs, *rows, platform="work-orders")
    assert held == ["opening", set(sites)]
    words = [one.body.words for one in casework_store.history.events(work, sites[2])[1:]]
    assert words == ["work-orders O-0: 处理中", "work-orders O-3: 处理中"]


def test_a_status_of_no_site_is_refused(work: Work, blobs: BlobStore) -> None:
    with pytest.raises(NotFoundError):
        take(work, blobs, {"order_id": "1", "site_id": str(work.ids.new()), "status": "done"}, platform="work-orders")
    with pytest.raises(InputError, match="is no site"):
        take(work, blobs, {"order_id": "1", "site_id": "x", "status": "done"}, platform="work-orders")


def test_who_brings_no_messages_is_refused_and_an_unknown_platform_is_not_there(work: Work, blobs: BlobStore) -> None:
    with pytest.raises(ForbiddenError):
        service.take(
            work, blobs, people.system("x", work.tenant_id), [], platform="x", mapping=service.mapping_of("work-orders")
        )
    with pytest.raises(NotFoundError):
        service.mapping_of("nobody")


def test_an_unknown_type_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(InputError) as refused:
        read(service.mapping_of("12345-hotline"), Incoming("s", "1", "org.example.x", HOTLINE, 1))
    assert "org.pipewarden.intake.complaint.v1" in refused.value.fix


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"colour": "red"}, "colour"),
        ({"rows": "poem"}, "rows"),
        ({"id": None}, "id"),
    ],
)
def test_a_slip_in_a_mapping_is_named(change: dict[str, Any], key: str) -> None:
    good = service.mapping_of("work-orders").model_dump(mode="json")
    assert read_mapping(good, "x.yaml") == service.mapping_of("work-orders")
    with pytest.raises(InputError) as refused:
        read_mapping(good | change, "x.yaml")
    assert refused.value.field.startswith(f"x.yaml: {key}")


@pytest.mark.parametrize("platform", service.platforms())
def test_every_shipped_mapping_says_that_it_is_our_own_shape(platform: str) -> None:
    found = service.mapping_of(platform)
    assert found.intake == platform
    assert "our own default shape" in found.note
    assert set(found.types.values()) <= set(ItemKind)
