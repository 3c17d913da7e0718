"""Files are bounded and believed in nothing: bombs, other forms and empty lists are refused with the file's name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import permit_rows as rows
import pytest

from pipewarden.kit.errors import InputError
from pipewarden.sense import service
from pipewarden.sense.adapters.permits import files
from pipewarden.sense.adapters.permits.files import PermitFiles
from pipewarden.sense.service import permits as reading

if TYPE_CHECKING:
    from pathlib import Path

READER = PermitFiles()
BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    "<OneCallReferral><ReferralDetails>&b;</ReferralDetails></OneCallReferral>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><OneCallReferral>&a;</OneCallReferral>'


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (BOMB, "declares a document type"),
        (OUTSIDE, "declares a document type"),
        ("<OneCallReferral>", "is no XML"),
        ("<a>" * 60 + "</a>" * 60, "nested too deeply"),
        ("<other/>", "holds no row"),
        ("{}", "is no XML"),
    ],
)
def test_xml_that_is_refused(tmp_path: Path, told: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as error:
        service.read_permits(READER, rows.written(tmp_path, told, "x.xml"), "usan811")
    assert "x.xml" in error.value.field


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("[", "is no JSON"),
        ('[{"AC_NO": NaN}]', "NaN is no number"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "holds no row"),
        ("null", "holds no row"),
    ],
)
def test_json_that_is_refused(tmp_path: Path, told: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        service.read_permits(READER, rows.written(tmp_path, told), "taipei-dig")


def test_a_list_of_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Give a list with features"):
        service.read_permits(READER, rows.written(tmp_path, {"a": 1}), "zurich-tiefbau")
    (tmp_path / "latin.json").write_bytes('[{"AC_NO": "ü"}]'.encode("latin-1"))
    with pytest.raises(InputError, match="is no JSON"):
        service.read_permits(READER, tmp_path / "latin.json", "taipei-dig")


def test_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = rows.written(tmp_path, [rows.taipei()])
    monkeypatch.setattr(files, "MOST_BYTES", {"json": 100, "xml": 1 << 20})
    with pytest.raises(InputError, match="larger than 0 MB"):
        service.read_permits(READER, path, "taipei-dig")
    monkeypatch.undo()
    monkeypatch.setattr(reading, "_MOST_ROWS", 1)
    with pytest.raises(InputError, match="more than 1 rows"):
        service.read_permits(READER, rows.written(tmp_path, [rows.taipei(), rows.taipei()]), "taipei-dig")
    monkeypatch.setattr(files, "MOST_FILES", 1)
    rows.written(tmp_path, [], "second.json")
    with pytest.raises(InputError, match="holds 2 files"):
        service.read_permits(READER, tmp_path, "taipei-dig")


def test_absent_files_folders_and_mappings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        service.read_permits(READER, tmp_path / "none.json", "taipei-dig")
    with pytest.raises(InputError, match="holds 0 files"):
        service.read_permits(READER, tmp_path, "taipei-dig")
    with pytest.raises(InputError, match="Choose from fr-dtdict, handover, sf-sewer"):
        service.read_permits(READER, tmp_path, "atlantis")


def test_lines_of_messages(tmp_path: Path) -> None:
    second = rows.street() | {"object_reference": "TSR99-02"}
    path = rows.written(tmp_path, f"{json.dumps(rows.street())}\n\n{json.dumps(second)}\n", "events.jsonl")
    found = service.read_permits(READER, path, "street-manager")
    assert [(one.source_id, one.row) for one in found.permits] == [("TSR99-01", 1), ("TSR99-02", 2)]


def test_a_folder_is_read_in_the_order_of_names_and_a_broken_file_is_told(tmp_path: Path) -> None:
    rows.written(tmp_path, rows.ticket("2"), "b.xml")
    rows.written(tmp_path, rows.ticket("1"), "a.XML")
    rows.written(tmp_path, BOMB, "c.xml")
    rows.written(tmp_path, "no list", "notes.txt")
    found = service.read_permits(READER, tmp_path, "usan811")
    assert [(one.file, one.source_id) for one in found.permits] == [("a.XML", "1"), ("b.xml", "2")]
    assert [(one.file, one.row) for one in found.report.refused] == [("c.xml", 0)]
    assert (found.report.files, found.report.read, found.report.whole) == (3, 2, False)


def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_EVERY", 2)
    told: list[tuple[int, int | None]] = []
    path = rows.written(tmp_path, [rows.taipei(AC_NO=str(one)) for one in range(5)])
    service.read_permits(READER, path, "taipei-dig", lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]


def test_a_larger_document_than_a_message_is_read(tmp_path: Path) -> None:
    many = "".join(rows.dict_(number=f"{count}T") for count in range(1200))
    assert len(many) > 1 << 20
    found = service.read_permits(READER, rows.written(tmp_path, rows.french(many), "all.xml"), "fr-dtdict")
    assert found.report.taken == 1200
