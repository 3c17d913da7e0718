"""``pipewarden document``: the kinds, a look at one without a database, and whether a file is one of ours."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from docx import Document as Docx
from typer.testing import CliRunner

from pipewarden.act import service
from pipewarden.act.adapters.press import ChildPress
from pipewarden.act.facts import DocumentKind, Told
from pipewarden.act.service import Desk, Wanted
from pipewarden.casework import service as casework
from pipewarden.casework.facts import Discovered
from pipewarden.cli import document
from pipewarden.cli.app import app
from pipewarden.kit.blobs import BlobStore
from pipewarden.network.facts import Zone
from pipewarden.people import service as people

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pipewarden.kit.work import Work


def run(*words: str) -> tuple[int, str, str]:
    said = CliRunner().invoke(app, ["document", *words])
    return said.exit_code, said.stdout, said.stderr


def test_the_kinds_say_what_each_must_hold() -> None:
    code, out, _ = run("kinds", "--json")
    kinds = json.loads(out)["items"]
    assert code == 0
    assert [one["kind"] for one in kinds] == [one.value for one in DocumentKind]
    assert {each["need"] for one in kinds for each in one["fields"]} == {"required", "blank", "optional"}
    code, out, _ = run("kinds")
    assert "告知" in out


def test_a_sample_is_drawn_as_pdf_docx_and_png(tmp_path: Path) -> None:
    for ending, magic in (("pdf", b"%PDF"), ("docx", b"PK"), ("png", b"\x89PNG")):
        out = tmp_path / f"x.{ending}"
        code, said, _ = run("render", "stop", "--out", str(out), "--json")
        assert code == 0, said
        assert out.read_bytes().startswith(magic)
    whole = "\n".join(one.text for one in Docx(str(tmp_path / "x.docx")).paragraphs)
    assert "样例" in whole


def test_data_and_a_template_of_ones_own_are_drawn(tmp_path: Path) -> None:
    data, template, out = tmp_path / "d.json", tmp_path / "t.yaml", tmp_path / "x.docx"
    said = {"fields": {"recipient": "#panic {{ 7*7 }} 👷"}, "signatures": [["施工单位", "张三"]]}
    data.write_text(json.dumps(said), encoding="utf-8")
    template.write_text(
        "title: 停\nletter: true\nseal: false\nrecipient: '{recipient}'\n"
        "blocks: [{type: text, text: '{place}{fact}{fact_at}'}, {type: signatures, parties: [施工单位]}]\n",
        encoding="utf-8",
    )
    code, _, err = run("render", "stop", "--data", str(data), "--template", str(template), "--out", str(out))
    assert code == 0, err
    whole = "\n".join(one.text for one in Docx(io.BytesIO(out.read_bytes())).paragraphs)
    assert "#panic {{ 7*7 }} 👷" in whole
    assert "张三" in whole


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("nonsense",), "KIND"),
        (("stop", "--out", "x.exe"), "--out"),
        (("stop", "--data", "absent.json"), "--data"),
        (("stop", "--data", "{list}"), "--data"),
        (("stop", "--data", "{slip}"), "--data nonsense"),
        (("stop", "--data", "{broken}"), "--data"),
        (("stop", "--template", "{broken}"), "--template"),
        (("stop", "--template", "{list}"), "template"),
    ],
)
def test_a_slip_is_told_by_its_field(tmp_path: Path, words: tuple[str, ...], field: str) -> None:
    files = {"list": "[1]", "slip": '{"fields": {"nonsense": "x"}}', "broken": "{: ["}
    for name, said in files.items():
        (tmp_path / name).write_text(said, encoding="utf-8")
    named = [word.format(**{name: tmp_path / name for name in files}) for word in words]
    code, out, _ = run("render", *named, "--json")
    assert code == 2
    assert json.loads(out.splitlines()[-1])["error"]["field"] == field


@pytest.fixture
def home(work: Work, monkeypatch: pytest.MonkeyPatch) -> Work:
    @contextmanager
    def opened() -> Iterator[Work]:
        yield work

    monkeypatch.setattr(document, "opened", opened)
    return work


def test_a_file_is_ours_or_not(home: Work, tmp_path: Path) -> None:
    with ChildPress() as press:
        desk = Desk(press, BlobStore(tmp_path / "blobs"), None)  # type: ignore[arg-type]  # no picture is sent
        root = people.operator(home.tenant_id)
        site = casework.open_site(home, Discovered(None, Zone.PROTECTION, 1, 116.7, 39.5, "a test"))
        wanted = Wanted(DocumentKind.NOTICE, Told(fields={"recipient": "示例市政", "place": "示例路"}))
        seen = service.draft(home, root, desk, site.id, wanted).seen
        made = service.issue(home, root, desk, site.id, wanted, seen=seen, entropy=b"x" * 16)
        pdf = service.document_pdf(home, root, desk, site.id, made.number)
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf)
    code, out, _ = run("verify", str(path), "--json")
    said = json.loads(out)
    assert (code, said["genuine"], said["number"], said["chain"]) == (0, True, made.number, "holds")
    service.void(home, root, site.id, made.number, "写错")
    code, _, err = run("verify", str(path))
    assert code == 1
    assert "VOID" in err
    path.write_bytes(pdf[:-1] + b"x")
    code, out, _ = run("verify", str(path), "--json")
    assert (code, json.loads(out)["genuine"]) == (1, False)
