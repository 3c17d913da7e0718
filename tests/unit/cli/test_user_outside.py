"""``pipewarden user oidc`` and ``user handle`` as an operator types them, against a provider on this machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from id_provider import CLIENT, SECRET, id_provider
from typer.testing import CliRunner

from pipewarden.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from id_provider import IdProvider

PASSWORD = "three herons over ice"  # noqa: S105  a test's own


@pytest.fixture
def there() -> Iterator[IdProvider]:
    with id_provider(lambda: datetime(2026, 11, 20, tzinfo=UTC)) as made:
        yield made


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PIPEWARDEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PIPEWARDEN_PUBLIC_URL", "https://gas.example.org")
    monkeypatch.setenv("PIPEWARDEN_OUTBOUND_OPEN", "127.0.0.0/8")

    def typed(*words: str, given: str = "", code: int = 0) -> list[dict[str, Any]]:
        result = CliRunner().invoke(app, ["user", *words, "--json"], input=given)
        assert result.exit_code == code, result.output
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    return typed


def test_an_operators_whole_way(run: Any, there: IdProvider, tmp_path: Path) -> None:
    add = ("add", "--login", "wang", "--name", "王", "--role", "tenant_admin", "--password-stdin")
    run(*add, given=f"{PASSWORD}\n")
    new = ("oidc", "add", "--name", "公司账号", "--issuer", there.issuer, "--client-id", CLIENT, "--secret-stdin")
    (made,) = run(*new, "--by-email", "--domain", "gas.example.org", given=f"{SECRET}\n")
    assert made["redirect"] == f"https://gas.example.org/v1/sign-in/oidc/{made['id']}/callback"
    assert made["confidential"] is True
    assert made["domains"] == ["gas.example.org"]
    assert SECRET not in json.dumps(made)
    (again,) = run(*new, given=f"{SECRET}\n", code=4)
    assert again["error"]["field"] == "issuer"
    listed, summary = run("oidc", "list")
    assert listed["id"] == made["id"]
    assert summary == {"summary": {"providers": 1}}
    (told,) = run("oidc", "check", made["id"])
    assert told["token"] == f"{there.issuer}/token"
    there.twist = "metadata of another issuer"
    (wrong,) = run("oidc", "check", made["id"], code=3)
    assert "another issuer" in json.dumps(wrong)
    (binding,) = run("oidc", "bind", "wang", "--provider", made["id"], "--subject", "sub-1")
    assert binding["how"] == "administrator"
    (handle,) = run("handle", "add", "wang", "--kind", "email", given="wang@gas.example.org\n")
    assert handle["shown"].startswith("w")
    assert "wang@" not in json.dumps(handle)
    (shown,) = run("oidc", "show", "wang")
    assert [one["id"] for one in shown["bindings"]] == [binding["id"]]
    assert [one["id"] for one in shown["handles"]] == [handle["id"]]
    run("oidc", "unbind", binding["id"])
    run("handle", "end", handle["id"])
    (gone,) = run("oidc", "remove", made["id"])
    assert gone["bindings_ended"] == 0
    assert run("oidc", "list") == [{"summary": {"providers": 0}}]
    for path in (tmp_path / "home").rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_what_is_typed_wrong_is_named(run: Any) -> None:
    (bad,) = run("oidc", "remove", "seven", code=2)
    assert bad["error"]["field"] == "PROVIDER_ID"
    (unknown,) = run("oidc", "show", "nobody", code=5)
    assert unknown["error"]["field"] == "person"
    (kind,) = run("handle", "add", "nobody", "--kind", "fax", given="1\n", code=2)
    assert kind["error"]["field"] == "--kind"
    new = ("oidc", "add", "--name", "x", "--issuer", "https://id.example.org", "--client-id", "x")
    (empty,) = run(*new, "--secret-stdin", given="\n", code=2)
    assert empty["error"]["field"] == "client secret"
    (public,) = run(*new, "--public", "--platform")
    assert public["confidential"] is False


def test_people_read_it_too(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    new = ["user", "oidc", "add", "--name", "x", "--issuer", "https://id.example.org", "--client-id", "x", "--public"]
    said = CliRunner().invoke(app, new)
    assert "redirect URI https://gas.example.org/v1/sign-in/oidc/" in said.output
    listed = CliRunner().invoke(app, ["user", "oidc", "list"])
    assert "https://id.example.org" in listed.output
    monkeypatch.delenv("PIPEWARDEN_PUBLIC_URL")
    new[-2] = "y"
    assert "unknown while PIPEWARDEN_PUBLIC_URL is empty" in CliRunner().invoke(app, new).output
    assert run("oidc", "list")[-1]["summary"]["providers"] == 2
