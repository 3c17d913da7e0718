"""The pure parts of the door: bare JPEGs, box scales, addresses, prices, profiles, the schema's dialect."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import Field
from vision_site import SiteAnswer, jpeg, question

from pipewarden.inference.facts import BoxScale, Failure, FailureKind, Lost, Reply, Usage, VisionModel
from pipewarden.inference.rules import Gate, Prepared, admit, after, charged, day_of, origin_of, prepare, profile_of
from pipewarden.inference.rules.boxscale import resized, to_unit
from pipewarden.inference.rules.breaker import OPEN_AFTER, OPEN_S
from pipewarden.inference.rules.chat import MOST_BYTES, clean, strict_schema
from pipewarden.inference.rules.jpeg import bare
from pipewarden.inference.rules.profiles import read_profiles
from pipewarden.inference.rules.spend import MOST_TOKENS, believed, ceiling, cost, reservation
from pipewarden.inference.rules.words import read_words
from pipewarden.inference.store import shipped_profiles, shipped_words
from pipewarden.kit.errors import InputError

WORDS = shipped_words()
MODEL = VisionModel("m", "https://h", price_prompt=30_000, price_completion=90_000)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def noisy(**saved: object) -> bytes:
    """Return a JPEG whose entropy-coded data hold many stuffed bytes."""
    noise = np.random.default_rng(7).integers(0, 255, (96, 128, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "JPEG", **saved)  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize(
    "saved",
    [
        {},
        {"progressive": True},
        {"quality": 100, "subsampling": 0},
        {"optimize": True, "dpi": (300, 300)},
        {"exif": b"Exif\x00\x00CANARY", "comment": b"CANARY", "icc_profile": b"CANARY" * 20_000},
        {"restart_marker_rows": 1},
    ],
)
def test_a_bare_jpeg_has_the_same_pixels_and_nothing_else(saved: dict[str, object]) -> None:
    full = noisy(**saved)
    made = bare(full + b"\x00\xff\xd8<script>CANARY</script>")
    assert made is not None
    assert (made.width, made.height) == (128, 96)
    assert np.array_equal(pixels(made.content), pixels(full))
    assert b"CANARY" not in made.content
    assert b"JFIF" not in made.content
    assert made.content.endswith(b"\xff\xd9")
    assert bare(made.content) == made


def test_the_colours_of_an_adobe_jpeg_stay() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (32, 32), (200, 30, 60, 10)).save(out, "JPEG")
    made = bare(out.getvalue())
    assert made is not None
    assert b"Adobe" in made.content
    assert np.array_equal(pixels(made.content), pixels(out.getvalue()))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xd8", b"\xff\xd8\xff\xd9", b"GIF89a", b"\x89PNG\r\n", b"<svg/>", b"\xff\xd8\xff\xe0\x00\x00\xff\xd9",
     b"\xff\xd8\xff\xc0\xff\xff"],
)  # fmt: skip
def test_what_is_no_whole_jpeg_is_none(content: bytes) -> None:
    assert bare(content) is None


def test_a_jpeg_cut_anywhere_is_none() -> None:
    full = noisy()
    assert all(bare(full[:at]) is None for at in range(0, len(full), 97))


@given(st.integers(0, 400), st.integers(0, 255))
def test_a_damaged_jpeg_raises_nothing(at: int, byte: int) -> None:
    full = bytearray(jpeg(64, 48))
    full[at % len(full)] = byte
    made = bare(bytes(full))
    assert made is None or made.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("scale", "box"),
    [
        (BoxScale.UNIT, (0.25, 0.5, 0.75, 1.0)),
        (BoxScale.THOUSAND, (250, 500, 750, 1000)),
        (BoxScale.PIXELS, (160, 180, 480, 360)),
    ],
)
def test_every_scale_says_the_same_box(scale: BoxScale, box: tuple[float, float, float, float]) -> None:
    assert to_unit(box, replace(MODEL, scale=scale), 640, 360) == pytest.approx((0.25, 0.5, 0.75, 1.0))


def test_pixels_are_those_of_the_resized_picture() -> None:
    qwen = replace(MODEL, scale=BoxScale.PIXELS, multiple=28, most_pixels=12_845_056)
    assert resized(640, 360, 28, 12_845_056) == (644, 364)
    assert resized(1920, 1080, 28, 12_845_056) == (1932, 1092)
    across, down = resized(8000, 6000, 28, 12_845_056)
    assert (across % 28, down % 28) == (0, 0)
    assert across * down <= 12_845_056
    assert resized(5, 5, 28, 0) == (28, 28)
    assert to_unit((0, 0, 322, 182), qwen, 640, 360) == pytest.approx((0, 0, 0.5, 0.5))


@pytest.mark.parametrize(
    "box",
    [(0.5, 0.5, 0.4, 0.9), (0.1, 0.9, 0.2, 0.1), (0, 0, 0, 0), (-0.5, 0, 0.5, 0.5), (0, 0, 1.2, 1), (1.01, 0, 1.02, 1)],
)  # fmt: skip
def test_what_cannot_be_a_box_is_none(box: tuple[float, float, float, float]) -> None:
    assert to_unit(box, MODEL, 640, 360) is None


def test_a_little_past_the_border_is_the_border() -> None:
    assert to_unit((-0.01, 0, 1.01, 0.5), MODEL, 640, 360) == (0, 0, 1, 0.5)


@given(st.tuples(*[st.floats(-3000, 3000, allow_nan=False)] * 4), st.sampled_from(BoxScale))
def test_a_box_is_none_or_inside(box: tuple[float, float, float, float], scale: BoxScale) -> None:
    made = to_unit(box, replace(MODEL, scale=scale), 640, 360)
    assert made is None or (0 <= made[0] < made[2] <= 1 and 0 <= made[1] < made[3] <= 1)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Host.example.com/v1", "https://host.example.com"),
        ("https://host:443", "https://host"),
        ("http://host:80/x", "http://host"),
        ("https://host:8443", "https://host:8443"),
        ("http://[::1]:8000/v1", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url, "x") == origin
    assert origin_of(origin, "x") == origin


@pytest.mark.parametrize(
    "url",
    ["", "host", "//host", "https://", "file:///etc/passwd", "https://a@b", "https://h?x", "https://h#x",
     "https://h\\@evil", "https://h /", "https://h:99999", "https://ｈ", "javascript:alert(1)", "https://h\n"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        origin_of(url, "endpoints")
    assert caught.value.field == "endpoints"


def test_money_is_integers_rounded_up() -> None:
    assert cost(MODEL, Usage(1000, 100)) == 39
    assert cost(MODEL, Usage(1, 0)) == 1
    assert cost(MODEL, Usage(0, 0)) == 0
    assert ceiling(MODEL, "挖" * 100, 2) == cost(MODEL, Usage(300 + 2 * MODEL.picture_tokens, MODEL.answer_tokens))
    assert reservation(10, MODEL) == 20 + cost(MODEL, Usage(MODEL.answer_tokens, 0))


@pytest.mark.parametrize("counts", [(None, 1), (1, None), (-1, 1), (True, 1), (1.5, 1), ("7", 1), (1, MOST_TOKENS + 1)])
def test_a_count_that_cannot_be_is_not_believed(counts: tuple[object, object]) -> None:
    assert believed(*counts) is None


def test_what_was_refused_by_status_is_free() -> None:
    refused = Reply(503, "text/html", "", "0" * 64)
    silent = Reply(200, "application/json", "", "0" * 64)
    lost = Lost(FailureKind.TIMEOUT, "late", sent=True)
    unsent = Lost(FailureKind.TLS, "no", sent=False)
    for came, price in ((refused, 0), (silent, 70), (lost, 70), (unsent, 0)):
        assert charged(MODEL, [(came, None)], 70) == price
    assert charged(MODEL, [(silent, Usage(1000, 100)), (lost, None)], 70) == 109


def test_a_day_is_a_day_in_china() -> None:
    assert day_of(datetime(2026, 11, 20, 15, 59, tzinfo=UTC)).isoformat() == "2026-11-20"
    assert day_of(datetime(2026, 11, 20, 16, 0, tzinfo=UTC)).isoformat() == "2026-11-21"


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        ("Qwen/Qwen3-VL-8B-Instruct", "qwen-thousand"),
        ("qwen2-vl-7b", "qwen-thousand"),
        ("Qwen2.5-VL-72B-Instruct-AWQ", "qwen-pixels"),
        ("gpt-5-mini", "openai"),
        ("somebody's model", "unknown"),
    ],
)
def test_a_models_name_tells_its_profile(model: str, profile: str) -> None:
    assert profile_of(model, shipped_profiles()).name == profile


def test_a_profile_can_be_chosen_and_must_exist() -> None:
    assert profile_of("gpt-5", shipped_profiles(), "qwen-pixels").scale is BoxScale.PIXELS
    with pytest.raises(InputError) as caught:
        profile_of("gpt-5", shipped_profiles(), "nobody")
    assert "qwen-pixels" in caught.value.fix


@pytest.mark.parametrize("key", ["scale", "reply_format", "picture_tokens", "match"])
def test_a_profile_that_is_wrong_names_its_key(key: str) -> None:
    entry = {**shipped_profiles().profiles[0].model_dump(mode="json"), key: "?"}
    with pytest.raises(InputError) as caught:
        read_profiles({"version": "x", "profiles": [entry]}, "models.yaml")
    assert caught.value.field.startswith(f"models.yaml:profiles.0.{key}")


def test_words_that_are_wrong_are_named() -> None:
    given = WORDS.model_dump(mode="json")
    for broken in ({**given, "rules": None}, {**given, "instructions": [{"id": "x", "pattern": "("}]}):
        with pytest.raises(InputError) as caught:
            read_words(broken, "words.yaml")
        assert caught.value.field == "words.yaml"


def test_the_schema_is_in_the_dialect_of_strict_endpoints() -> None:
    made = strict_schema(SiteAnswer)
    assert made["additionalProperties"] is False
    assert made["required"] == list(made["properties"])
    box = made["properties"]["box"]["anyOf"][0]
    assert box == {"items": {"type": "number"}, "maxItems": 4, "minItems": 4, "type": "array"}
    text = json.dumps(made)
    assert "prefixItems" not in text
    assert '"title": "' not in text
    assert "What may be said about a site" not in text


def test_what_a_field_says_of_itself_reaches_the_model_and_odd_names_survive() -> None:
    class Odd(SiteAnswer):
        title: Annotated[str, Field(max_length=9, description="shown to the model")] = "x"
        default: bool = False
        description: str = ""

    made = strict_schema(Odd)
    assert made["properties"]["title"] == {"description": "shown to the model", "maxLength": 9, "type": "string"}
    assert {"title", "default", "description"} <= set(made["required"])


@pytest.mark.parametrize("reply_format", ["schema", "object", "text"])
def test_the_endpoint_is_bound_as_strictly_as_it_can_be(reply_format: str) -> None:
    made = prepare(question(), replace(MODEL, reply_format=reply_format, limit_name="max_completion_tokens"), WORDS)
    assert isinstance(made, Prepared)
    request = json.loads(made.body())
    kind = request.get("response_format", {}).get("type")
    assert kind == {"schema": "json_schema", "object": "json_object", "text": None}[reply_format]
    assert ("JSON schema:" in json.dumps(request["messages"])) == (reply_format != "schema")
    assert request["max_completion_tokens"] == 1000


@pytest.mark.parametrize("scale", BoxScale)
def test_the_scale_that_is_read_is_the_one_that_is_asked_for(scale: BoxScale) -> None:
    made = prepare(question(), replace(MODEL, scale=scale), WORDS)
    assert isinstance(made, Prepared)
    assert WORDS.box[scale] in made.text


def test_notes_are_cleaned_and_bounded() -> None:
    made = prepare(question({"a\x00b": "x\u202e\ud800" + "y" * 9000}), MODEL, WORDS)
    assert isinstance(made, Prepared)
    ((name, note),) = made.notes.items()
    assert name == "a b"
    assert len(note) == 2000
    assert note.startswith("x  y")
    made.text.encode()
    assert isinstance(prepare(question({str(n): "" for n in range(21)}), MODEL, WORDS), Failure)


def test_pictures_past_the_bound_are_not_sent() -> None:
    big = replace(question().pictures[1], jpeg=jpeg(64, 64)[:-2] + b"\x00" * MOST_BYTES + b"\xff\xd9")
    answer = prepare(replace(question(), pictures=(big,)), MODEL, WORDS)
    assert isinstance(answer, Failure)
    assert answer.kind is FailureKind.BAD_QUESTION
    assert str(MOST_BYTES) in answer.problem


@given(st.text())
def test_a_cleaned_text_can_be_kept(text: str) -> None:
    clean(text).encode()
    assert "\x00" not in clean(text)


def test_the_picture_is_what_the_image_id_stands_for() -> None:
    ids = []
    for one in (question(), question({"x": "y"}), question(colour="navy")):
        made = prepare(one, MODEL, WORDS)
        assert isinstance(made, Prepared)
        ids.append(made.image_id)
    assert ids[0] == ids[1] != ids[2]


OUTCOMES = st.lists(st.tuples(st.sampled_from([None, *FailureKind]), st.floats(0, 90)), max_size=30)


@given(OUTCOMES)
def test_a_breaker_never_stays_shut_past_its_time(outcomes: list[tuple[FailureKind | None, float]]) -> None:
    """Whatever comes one after the other: open only after enough failures, and always open to a probe after OPEN_S."""
    gate, now = Gate(6000.0, NOW), NOW
    for outcome, wait in outcomes:
        admission = admit(gate, now, 6000, 20.0)
        if admission.refused is None:
            gate = after(admission.gate, now, outcome)
        else:
            assert admission.refused is FailureKind.BREAKER
            assert gate.failures >= OPEN_AFTER
        assert admit(gate, now + timedelta(seconds=OPEN_S), 6000, 20.0).refused is None
        now += timedelta(seconds=wait)


def test_a_probe_that_never_comes_back_gives_way() -> None:
    gate = Gate(10.0, NOW, failures=3, opened_at=NOW)
    probing = admit(gate, NOW + timedelta(seconds=30), 600, 20.0)
    assert probing.refused is None
    late = [admit(probing.gate, NOW + timedelta(seconds=30 + s), 600, 20.0).refused for s in (0, 29, 30)]
    assert late == [FailureKind.BREAKER, FailureKind.BREAKER, None]


def test_an_answer_of_before_closes_and_a_failure_of_before_does_not_prolong() -> None:
    opened = Gate(10.0, NOW, failures=3, opened_at=NOW)
    later = NOW + timedelta(seconds=20)
    assert after(opened, later, FailureKind.TIMEOUT).open_until == opened.open_until
    assert after(opened, later, None).open_until is None


@given(st.lists(st.floats(0, 20), max_size=60), st.integers(1, 60))
def test_no_window_of_a_minute_holds_more_than_two_bursts(waits: list[float], per_minute: int) -> None:
    gate, now, taken = Gate(float(per_minute), NOW), NOW, []
    for wait in waits:
        now += timedelta(seconds=wait)
        admission = admit(gate, now, per_minute, 20.0)
        gate = admission.gate
        if admission.refused is None:
            taken.append(now)
        else:
            assert admission.again_s is not None
            assert admission.again_s <= 60 / per_minute
    assert all(a <= b for a, b in pairwise(taken))
    for start in taken:
        assert sum(start <= one < start + timedelta(minutes=1) for one in taken) <= 2 * per_minute
