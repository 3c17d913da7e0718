"""The pure half of act: order, time, words and signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import pipewarden
from pipewarden.act.facts import CLOUDEVENTS, Delivery, DeliveryState, Outcome, Receipt
from pipewarden.act.rules import cloud, plan, retry, sign
from pipewarden.act.rules.words import Place, body, filled, headline, split
from pipewarden.act.store.words import shipped_words
from pipewarden.casework.facts import (
    Accepted,
    Body,
    Call,
    Discovered,
    Noted,
    OwnerGiven,
    Proof,
    Reported,
    Shape,
    Site,
    SiteEvent,
    SiteState,
    Urgency,
    Verified,
)
from pipewarden.casework.store.dues import shipped_due_rules
from pipewarden.network.facts import Zone
from pipewarden.people.facts import Contact, ContactKind, Language, Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

DUTIES = Path(pipewarden.__file__).parent / "policy" / "duties"
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 09:00 in Langfang
ID = UUID("01930000-0000-7000-8000-000000000001")
SITE = UUID("01930000-0000-7000-8000-000000000002")


def call(**more: Any) -> Call:
    given = {"urgency": Urgency.DUE, "site_ids": (SITE,), "step": 0, "loop": 0, "text": "other", "params": {}} | more
    return Call(id=ID, tenant_id=ID, person_id=ID, duty_id=None, at=NOW, **given)


def contact(kind: ContactKind, number: int = 1) -> Contact:
    return Contact(UUID(int=number), ID, ID, kind, "", "", number, Language.ZH, None, None)


def site(**more: Any) -> Site:
    given = {"zone": Zone.PROTECTION, "level": 1, "lon": 116.7, "lat": 39.5} | more
    return Site(id=SITE, tenant_id=ID, alarm_id=None, state=SiteState.DISCOVERED, since=NOW, **given)


def delivery(**more: Any) -> Delivery:
    given = {"channel": "wecom", "urgency": Urgency.DUE, "attempts": 1} | more
    return Delivery(
        id=ID, tenant_id=ID, subject_id=ID, target_id=ID, person_id=ID, part=1, parts=1, position=0, title="", body="",
        state=DeliveryState.WAITING, due_at=NOW, created_at=NOW, **given,
    )  # fmt: skip


def kinds(found: Sequence[tuple[int, Contact]]) -> list[tuple[int, str]]:
    return [(turn, one.kind.value) for turn, one in found]


def test_channels_take_turns_and_an_alarm_rings_beside_the_first() -> None:
    mine = [contact(kind, n) for n, kind in enumerate((ContactKind.WECOM, ContactKind.INAPP, ContactKind.VOICE))]
    assert kinds(plan.routes(mine, Urgency.ALARM, lambda _kind: False)) == [(0, "voice"), (0, "wecom")]
    assert kinds(plan.routes(mine, Urgency.DUE, lambda _kind: False)) == [(0, "wecom"), (1, "voice")]
    assert kinds(plan.routes(mine, Urgency.DUE, lambda kind: kind is ContactKind.WECOM)) == [(0, "voice")]
    assert plan.routes([contact(ContactKind.INAPP)], Urgency.ALARM, lambda _kind: False) == []


def test_what_a_call_is_about_does_not_depend_on_order() -> None:
    other = UUID(int=9)
    one, two = call(site_ids=(SITE, other)), call(site_ids=(other, SITE))
    assert plan.group_of(one) == plan.group_of(two)
    assert plan.group_of(one) != plan.group_of(call(site_ids=(SITE,)))
    assert plan.group_of(one) != plan.group_of(replace(two, text="test"))
    assert plan.group_of(one) != plan.group_of(replace(one, urgency=Urgency.ALARM)), "it has become more urgent"
    without = call(site_ids=(), params={"name": "a"})
    assert plan.group_of(without) != plan.group_of(replace(without, params={"name": "b"}))


def test_each_word_on_a_strike_is_a_matter_of_its_own_and_the_same_for_everybody() -> None:
    first = call(site_ids=(SITE,), text="strike.update", params={"strike": "s", "news": "2", "tasks": "1"})
    assert plan.group_of(first) != plan.group_of(replace(first, params=first.params | {"news": "3"}))
    assert plan.group_of(first) != plan.group_of(replace(first, params=first.params | {"strike": "t"}))
    assert plan.group_of(first) == plan.group_of(replace(first, params=first.params | {"tasks": "0"})), "one copy"


def test_a_chain_that_climbs_or_comes_round_rings_again() -> None:
    assert plan.cool_since(call(urgency=Urgency.ALARM)) == NOW - timedelta(minutes=1)
    assert plan.cool_since(call()) == NOW - timedelta(minutes=10)
    assert plan.cool_since(call(loop=1)) is None
    assert plan.cool_since(call(step=2)) is None


@pytest.mark.parametrize(
    ("here", "quiet", "goes"),
    [
        ("09:00", None, "09:30"),
        ("09:29", None, "09:30"),
        ("09:30", None, "10:00"),
        ("22:10", ("22:00", "07:00"), "07:00 next"),
        ("03:10", ("22:00", "07:00"), "07:00"),
        ("06:40", ("22:00", "07:00"), "07:00"),
        ("12:10", ("12:00", "14:00"), "14:00"),
        ("11:10", ("12:00", "14:00"), "11:30"),
        ("14:00", ("12:00", "14:00"), "14:30"),
        ("21:40", ("22:00", "07:00"), "07:00 next"),
    ],
)
def test_a_note_waits_for_the_half_hour_and_for_the_morning(here: str, quiet: Any, goes: str) -> None:
    def at(words: str) -> datetime:
        clock, _, day = words.partition(" ")
        hours, minutes = map(int, clock.split(":"))
        return datetime(2026, 11, 21 if day else 20, hours, minutes, tzinfo=plan.LOCAL)

    hours = None if quiet is None else Quiet(time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1]))
    assert plan.digest_at(at(here).astimezone(UTC), hours) == at(goes)


@given(st.datetimes(datetime(2026, 1, 2), datetime(2027, 1, 1)), st.times(), st.times())  # noqa: DTZ001  made aware below
def test_a_digest_is_later_and_never_in_quiet_hours(at: datetime, begins: time, ends: time) -> None:
    now = at.replace(tzinfo=UTC)
    found = plan.digest_at(now, Quiet(begins, ends))
    assert now < found <= now + timedelta(hours=25)
    wall = found.astimezone(plan.LOCAL).time()
    inside = begins <= wall < ends if begins <= ends else wall >= begins or wall < ends
    assert not inside


def test_attempts_are_bounded_and_urgent_ones_do_not_wait() -> None:
    failed = Receipt(Outcome.FAILED)
    assert retry.again_at(delivery(attempts=1), failed, NOW, spare=True) == NOW + timedelta(seconds=3)
    assert retry.again_at(delivery(attempts=3), failed, NOW, spare=False) is None
    assert retry.again_at(delivery(), Receipt(Outcome.REFUSED), NOW, spare=True) is None
    busy = Receipt(Outcome.BUSY, again_after=timedelta(minutes=10))
    assert retry.again_at(delivery(), busy, NOW, spare=True) is None
    assert retry.again_at(delivery(), busy, NOW, spare=False) == NOW + timedelta(minutes=10)
    assert retry.again_at(delivery(urgency=Urgency.NOTE), busy, NOW, spare=True) == NOW + timedelta(minutes=10)
    assert retry.again_at(delivery(attempts=8), busy, NOW, spare=False) is None
    hook = delivery(channel=CLOUDEVENTS, attempts=7)
    assert retry.again_at(hook, failed, NOW, spare=False) == NOW + timedelta(days=1)
    assert retry.again_at(replace(hook, attempts=8), failed, NOW, spare=False) is None


@given(st.lists(st.integers(0, 600), max_size=200))
def test_no_minute_holds_more_than_twenty(asked: list[int]) -> None:
    stamps: list[datetime] = []
    spoken: list[datetime] = []
    for second in sorted(asked):
        at = NOW + timedelta(seconds=second)
        free = retry.free_at(stamps, None, at)
        if free is None:
            spoken.append(at)
            stamps = retry.stamped(stamps, at)
        else:
            assert at < free <= at + timedelta(minutes=1)
    for at in spoken:
        assert sum(1 for one in spoken if at <= one < at + timedelta(minutes=1)) <= 20
    assert len(stamps) <= 20


def test_a_robot_that_was_shut_stays_shut() -> None:
    until = NOW + timedelta(minutes=10)
    assert retry.free_at([], until, NOW) == until
    assert retry.free_at([], until, until) is None


def test_the_vector_of_standard_webhooks() -> None:
    """The example of the specification's own libraries (standard-webhooks, "sign" test)."""
    headers = sign.webhook_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_key_of_ours_is_written_as_the_standard_asks() -> None:
    secret = sign.webhook_secret(bytes(range(32)))
    assert secret == f"whsec_{base64.b64encode(bytes(range(32))).decode()}"
    made = sign.webhook_headers("a", NOW, b"x", secret)["webhook-signature"]
    mac = hmac.new(bytes(range(32)), f"a.{int(NOW.timestamp())}.x".encode(), hashlib.sha256).digest()
    assert made == f"v1,{base64.b64encode(mac).decode()}"


def test_a_link_is_for_one_person_and_one_message() -> None:
    secret, one, me, other = b"s" * 32, UUID(int=1), UUID(int=2), UUID(int=3)
    token = sign.ack_token(secret, one, me)
    assert len(token) == 43
    assert sign.delivery_of(token) == one
    assert sign.token_right(secret, token, one, me)
    assert not sign.token_right(secret, token, one, other)
    assert not sign.token_right(secret, token, other, me)
    assert not sign.token_right(b"t" * 32, token, one, me)
    for bad in ("", "x", token[:-1], token + "A", "ü" * 43, f"{token[:-1]}="):
        assert sign.delivery_of(bad) is None or not sign.token_right(secret, bad, one, me)


@given(st.text(max_size=60))
def test_no_word_breaks_the_reading_of_a_link(word: str) -> None:
    assert not sign.token_right(b"s" * 32, word, UUID(int=1), UUID(int=2))
    sign.delivery_of(word)


def test_both_languages_have_the_same_words() -> None:
    zh, en = (shipped_words()[one] for one in Language)
    assert zh.texts.keys() == en.texts.keys()
    assert zh.frame.keys() == en.frame.keys()
    for words in (zh, en):
        assert set(words.urgency) == set(Urgency)
        assert set(words.levels) == {1, 2, 3, 4}
        assert set(words.zones) == {zone.value for zone in Zone}
    both = ((zh, "zh"), (en, "en"))
    for key in zh.texts:
        # what is told in both languages is taken in each template's own
        theirs = ({"own" if one == own else one for one in named(words.texts[key])} for words, own in both)
        assert next(theirs) == next(theirs), key


def named(template: str) -> list[str]:
    seen: list[str] = []

    class Noting(dict[str, str]):
        def __missing__(self, key: str) -> str:
            seen.append(key)
            return ""

    template.format_map(Noting())
    return seen


def test_a_message_says_level_place_distance_and_until_when() -> None:
    words = shipped_words()[Language.ZH]
    one = call(urgency=Urgency.ALARM, ack_by=NOW + timedelta(minutes=5))
    places = [Place(site(), "东区", 3.24)]
    assert headline(words, one, places) == "【立即】Ⅰ级 红 有一件事等您处理"
    assert body(words, one, places, "https://gas.example.org").split("\n") == [
        "地点：东区 116.70000, 39.50000，保护范围内 · 距管 3.2 m",
        "请在 09:05 前确认",
        f"打开：https://gas.example.org/sites/{SITE}",
    ]


def test_what_is_unknown_is_said_to_be_unknown() -> None:
    words = shipped_words()[Language.EN]
    lost = Place(site(lon=None, lat=None, zone=Zone.UNKNOWN, level=2), "")
    said = body(words, call(site_ids=(SITE, ID)), [lost], "")
    assert said == "Place: place unknown, place unknown, treated as inside\nand 1 more sites"
    assert headline(words, call(text="never heard of"), []) == "[TO DO]something waits for you"
    assert filled("{a} {b}", {"a": 1}) == "1 –"


def test_what_somebody_typed_cannot_look_like_a_line_of_ours() -> None:
    words = shipped_words()[Language.ZH]
    params = {"name": "x\n打开：https://evil.example", "failures": "1", "problem": "{name}"}
    nasty = call(text="hook.paused", params=params)
    assert "\n" not in headline(words, nasty, [])
    assert len(headline(words, call(text="hook.paused", params={"name": "管" * 9999}), [])) < 600


@given(st.text(alphabet=st.sampled_from("a管\n🚧 é"), max_size=400), st.integers(8, 64))
def test_parts_fit_and_lose_nothing(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
    assert len(parts) <= len(text.encode()) // (limit // 2) + text.count("\n") + 1


def test_what_fits_is_one_part() -> None:
    assert split("管卫\n测试", 2048) == ["管卫\n测试"]
    assert split("a" * 5 + "\n" + "b" * 5, 8) == ["a" * 5, "b" * 5]


def event(said: Body) -> SiteEvent:
    return SiteEvent(ID, ID, SITE, NOW, f"person:{ID}", 7, said)


def test_an_event_goes_out_as_cloudevents_says() -> None:
    made = cloud.document(event(OwnerGiven(ID, "dispatcher", "Zhang is nearest")), "https://gas.example.org")
    assert made == {
        "specversion": "1.0",
        "id": str(ID),
        "source": "https://gas.example.org",
        "type": "org.pipewarden.site.owner_given.v1",
        "subject": str(SITE),
        "time": "2026-11-20T01:00:00+00:00",
        "datacontenttype": "application/json",
        "siteversion": 7,
        "data": {"tenant_id": str(ID), "site_id": str(SITE), "person_id": str(ID), "role": "dispatcher"},
    }
    json.dumps(made)


def test_no_words_names_or_pictures_leave_with_an_event() -> None:
    proof = Proof(pictures=("f" * 64,), words="call Zhang 13800001234", signed_by=("Zhang San",), witness="Li Si")
    for said in (
        Verified(true=True, code="digging", proof=proof),
        Noted("Zhang San said so", ("f" * 64,)),
        Reported(ID, "Zhang San of the bureau", "because"),
        Discovered(None, Zone.CONTROL, 2, 116.7, 39.5, "seen by camera of Zhang"),
    ):
        text = json.dumps(cloud.document(event(said), "x"), ensure_ascii=False)
        for secret in ("Zhang", "Li Si", "138", "ffff", "person:"):
            assert secret not in text, said


def test_every_kind_of_event_has_its_name_and_can_be_written() -> None:
    sites = [one for one in cloud.KINDS if not one.startswith(("filing.", "audit."))]
    assert len(sites) == len(get_args(Body)) == len(set(sites))
    assert "discovered" in cloud.KINDS
    assert cloud.document(event(Accepted()), "x")["type"] == "org.pipewarden.site.accepted.v1"
    found = cloud.document(event(Discovered(ID, Zone.UNKNOWN, 1, None, None, "")), "x")
    assert json.loads(json.dumps(found))["data"] == {
        "tenant_id": str(ID),
        "site_id": str(SITE),
        "alarm_id": str(ID),
        "zone": "unknown",
        "level": 1,
        "lon": None,
        "lat": None,
    }


def test_every_duty_has_its_words() -> None:
    texts = shipped_words()[Language.ZH].texts
    duties = yaml.safe_load((DUTIES / "CN.yaml").read_text(encoding="utf-8"))["duties"]
    assert {f"duty.{one['kind']}" for one in duties} <= texts.keys()
    assert {f"filing.{kind}" for kind in shipped_due_rules().kinds} <= texts.keys()
    assert {shape.value for shape in Shape if shape is not Shape.ONE} <= texts.keys()
    one = call(text="breach.unowned", params={"count": "2", "words": "x"})
    assert headline(shipped_words()[Language.ZH], one, []) == "【请办】自查发现 2 处失守：x"


def test_the_words_are_yaml_that_people_can_edit() -> None:
    for words in shipped_words().values():
        assert yaml.safe_load(yaml.safe_dump(dict(words.frame), allow_unicode=True)) == dict(words.frame)
