from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipewarden.kit.blobs import BlobStore
from pipewarden.kit.errors import InputError


@given(content=st.binary(max_size=2000))
def test_what_goes_in_comes_out(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    store = BlobStore(tmp_path_factory.getbasetemp() / "blobs")
    assert store.get(store.put(content)) == content


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    first = store.put(b"frame")
    before = store.path(first).stat().st_mtime_ns
    assert store.put(b"frame") == first
    assert store.path(first).stat().st_mtime_ns == before
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_missing_blob_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        BlobStore(tmp_path).get("00" * 32)
    assert caught.value.field == "blob"


def test_a_changed_blob_is_not_handed_out(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    name = store.put(b"true")
    store.path(name).write_bytes(b"forged")
    with pytest.raises(InputError, match="does not match"):
        store.get(name)


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def full(_handle: int) -> None:
        calls.append(1)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipewarden.kit.blobs.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        BlobStore(tmp_path).put(b"frame")
    assert calls  # the fault happened
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
