"""Evidence packs: what was signed is found whole, and nothing that was done to one stays unseen."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipewarden.act.adapters.signing import SigningKey, signing_key, verified
from pipewarden.act.facts import PackAbout, PackCheck, PackFile
from pipewarden.act.rules import pack
from pipewarden.kit.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = "a646c85f4b0b3210bb4a8aa959cfa96c00dcbef1050c48ffdda1078f6ad8ff45"
ABOUT = PackAbout("site-1", 7, "示范燃气有限公司", "person:1", "2026-11-26T02:00:00+00:00", rendered=True)
FILES = (
    PackFile("timeline.json", "what happened", b'{"events": []}'),
    PackFile("pictures/01.jpg", "of event 3", bytes(range(256)) * 3),
    PackFile("index.html", "to be read", "<p>施工点</p>".encode()),
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("home") / "signing.key")


@pytest.fixture(scope="module")
def sealed(key: SigningKey) -> bytes:
    return pack.seal(FILES, ABOUT, public=key.public, sign=key.sign)


def found(content: bytes, key: str | None = None) -> PackCheck:
    return pack.check(content, verified, key=key)


def held(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {one: opened.read(one) for one in opened.namelist()}


def zipped(files: dict[str, bytes], **more: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **more) as made:
        for name in sorted(files):
            row = zipfile.ZipInfo(name)
            row.create_system, row.external_attr = 3, 0o644 << 16
            row.compress_type = more.get("compression", zipfile.ZIP_STORED)
            made.writestr(row, files[name])
    return out.getvalue()


def test_a_pack_is_found_as_it_was_signed(sealed: bytes, key: SigningKey) -> None:
    said = found(sealed, pack.fingerprint(key.public))
    assert said == PackCheck(ABOUT, hashlib.sha256(key.public).hexdigest(), len(FILES), ())
    assert said == found(sealed)
    assert held(sealed)["pictures/01.jpg"] == FILES[1].content


def test_the_manifest_says_of_every_file_what_it_is(sealed: bytes) -> None:
    told = json.loads(held(sealed)["manifest.json"])
    assert [one["name"] for one in told["files"]] == sorted(one.name for one in FILES)
    assert {one["what"] for one in told["files"]} == {one.what for one in FILES}
    assert told["about"]["issuer"] == "示范燃气有限公司"


def test_the_same_files_make_the_same_pack_in_any_order_and_in_years_to_come(key: SigningKey, sealed: bytes) -> None:
    assert pack.seal(reversed(FILES), ABOUT, public=key.public, sign=key.sign) == sealed
    still = pack.seal(FILES, ABOUT, public=b"k" * 32, sign=lambda _: b"s" * 64)
    # a changed layout would call every older pack changed: give it a new format name instead
    assert hashlib.sha256(still).hexdigest() == GOLDEN


def test_no_pack_is_made_that_its_own_check_would_refuse(key: SigningKey, monkeypatch: pytest.MonkeyPatch) -> None:
    most = [PackFile(f"pictures/{place}.jpg", "x", b"x") for place in range(4997)]
    assert found(pack.seal(most, ABOUT, public=key.public, sign=key.sign)).problems == ()
    with pytest.raises(InputError, match="more than can be checked"):
        pack.seal([*most, PackFile("one.jpg", "x", b"x")], ABOUT, public=key.public, sign=key.sign)
    monkeypatch.setattr(pack, "MOST_BYTES", 2000)
    with pytest.raises(InputError, match="more than can be checked"):
        pack.seal(FILES, ABOUT, public=key.public, sign=key.sign)


def test_a_thousand_of_a_thousand_changed_bytes_are_found(sealed: bytes, key: SigningKey) -> None:
    rng, missed = np.random.default_rng(6), []
    for _ in range(1000):
        changed, at = bytearray(sealed), int(rng.integers(len(sealed)))
        changed[at] ^= int(rng.integers(1, 256))
        if not found(bytes(changed), pack.fingerprint(key.public)).problems:
            missed.append(at)
    assert missed == []


@given(cut=st.integers(0, 10_000), add=st.binary(min_size=1, max_size=60), at=st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_cut_and_lengthened_packs_are_found(cut: int, add: bytes, at: int, sealed: bytes) -> None:
    assert found(sealed[: cut % len(sealed)]).problems
    where = at % (len(sealed) + 1)
    assert found(sealed[:where] + add + sealed[where:]).problems


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"timeline.json": b'{"events": [1]}'}, "timeline.json has been changed"),
        ({"timeline.json": None}, "timeline.json is missing"),
        ({"more.json": b"{}"}, "more.json is not in the manifest"),
        ({"manifest.json": b"{}"}, "the signature does not fit the manifest"),
        ({"manifest.sig": b"0" * 64}, "the signature does not fit the manifest"),
        ({"key.pub": b"1" * 32}, "the signature does not fit the manifest"),
    ],
)
def test_it_is_said_what_was_done(change: dict[str, bytes | None], said: str, sealed: bytes) -> None:
    files = {**held(sealed), **change}
    problems = found(zipped({name: one for name, one in files.items() if one is not None})).problems
    assert said in problems


def test_a_pack_signed_anew_by_somebody_else_is_whole_but_not_the_companys(
    key: SigningKey, tmp_path: Path, sealed: bytes
) -> None:
    forged = pack.seal(
        [PackFile("timeline.json", "what happened", b"nothing")],
        ABOUT,
        public=(other := signing_key(tmp_path / "signing.key")).public,
        sign=other.sign,
    )
    assert found(forged).problems == ()
    assert found(forged).key != found(sealed).key
    (problem,) = found(forged, pack.fingerprint(key.public)).problems
    assert "not by the one asked for" in problem


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"%PDF-1.7",
        zipped({}),
        zipped({"a": b"1" * 9000}, compression=zipfile.ZIP_DEFLATED),
        zipped({pack.MANIFEST: b"[" * 99_999}),
    ],
    ids=["empty", "half", "pdf", "nothing in it", "packed", "nested"],
)
def test_what_is_no_pack_is_refused_in_words(content: bytes) -> None:
    assert found(content).problems
    assert found(content).about is None


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped({"manifest.json": b"0" * 5_000_000}, compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 50_000
    (problem,) = found(bomb).problems
    assert "not stored" in problem


@pytest.mark.parametrize("name", ["../up", "/root", "Shout", "a b", "", "manifest.json", "x" * 90, "图.jpg"])
def test_names_that_no_pack_has_are_a_mistake(name: str, key: SigningKey) -> None:
    with pytest.raises(ValueError, match="not the names"):
        pack.seal([PackFile(name, "", b"")], ABOUT, public=key.public, sign=key.sign)


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    first, again = signing_key(tmp_path / "signing.key"), signing_key(tmp_path / "signing.key")
    assert first.public == again.public
    assert (tmp_path / "signing.key").stat().st_mode & 0o077 == 0
    assert "private" not in repr(first).lower()
    (tmp_path / "signing.key").chmod(0o644)
    with pytest.raises(UnavailableError, match="read by others"):
        signing_key(tmp_path / "signing.key")


def test_a_damaged_key_is_not_replaced_silently(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(UnavailableError, match="damaged"):
        signing_key(path)
    assert path.read_bytes() == b"short"
