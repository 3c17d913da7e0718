"""A tenant's own rules over HTTP: refused with line and fix, previewed, activated by a second person, taken back."""

from __future__ import annotations

from typing import Any

import own_rules
import pytest

from pipewarden.people.facts import Role


def ask(town: Any, who: str, path: str = "", kind: str = "supervision", **body: Any) -> Any:
    method = "POST" if body else "GET"
    return town.client.as_(town.who(who), method, f"/v1/policies/{kind}{path}", **({"json": body} if body else {}))


def test_a_text_becomes_what_rules_in_three_steps_and_is_taken_back(town: Any) -> None:
    before = ask(town, "dispatcher").json()
    assert (before["version"], before["own"], before["text"]) == ("CN@1", False, own_rules.SHIPPED)
    made = ask(town, "tenant_admin", text=own_rules.rules("http@1"), why="half an hour")
    assert (made.status_code, made.json()["state"], made.json()["previewed"]) == (201, "draft", None)
    refused = ask(town, "safety_manager", "/activate", version="http@1")
    assert (refused.status_code, refused.json()["field"]) == (409, "version")
    assert "7 days" in refused.json()["fix"]
    tried = ask(town, "tenant_admin", "/preview", version="http@1", days=7).json()
    assert (tried["state"], tried["previewed"]["result"]["version"]) == ("previewed", "http@1")
    assert ask(town, "tenant_admin", "/activate", version="http@1").status_code == 409
    assert ask(town, "safety_manager", "/activate", version="http@1").json()["state"] == "active"
    now = ask(town, "dispatcher").json()
    assert (now["version"], now["own"], now["base_moved"]) == ("http@1", True, False)
    assert ask(town, "dispatcher", "?version=http@1").json()["text"] == own_rules.rules("http@1")
    assert ask(town, "dispatcher", "?version=none@1").status_code == 404
    back = ask(town, "safety_manager", "/rollback", why="too loud").json()
    assert (back["version"], back["versions"][0]["state"]) == ("CN@1", "retired")
    assert ask(town, "safety_manager", "/rollback", why="again").status_code == 409


def test_another_tenants_versions_are_not_there(town: Any) -> None:
    assert ask(town, "tenant_admin", text=own_rules.rules("other@1"), why="x").status_code == 201
    stranger = town.person(Role.SAFETY_MANAGER, tenant=town.b)
    found = town.client.as_(stranger, "GET", "/v1/policies/supervision").json()
    assert (found["version"], found["versions"]) == ("CN@1", [])


@pytest.mark.parametrize("slip", own_rules.SLIPS)
def test_a_rule_file_with_a_slip_is_refused_with_line_path_and_fix_and_nothing_is_stored(town: Any, slip: str) -> None:
    text, path, fix = own_rules.SLIPS[slip]
    count = len(ask(town, "safety_manager").json()["versions"])
    said = ask(town, "safety_manager", text=text, why="x")
    told = said.json()
    assert said.status_code == 422
    assert (told["fix"], told["field"].startswith("text:"), told["field"].endswith(path)) == (fix, True, True)
    assert len(ask(town, "safety_manager").json()["versions"]) == count


def test_weights_have_versions_too_and_an_unknown_kind_is_none(town: Any) -> None:
    assert ask(town, "safety_manager", kind="risk", text=own_rules.weights("http-risk@1"), why="x").status_code == 201
    tried = ask(town, "safety_manager", "/preview", kind="risk", version="http-risk@1", days=7).json()
    assert tried["previewed"]["result"]["version"] == "http-risk@1"
    assert ask(town, "safety_manager", kind="weather").status_code == 422
    bomb = ask(town, "safety_manager", kind="risk", text=own_rules.BOMB, why="x")
    assert (bomb.status_code, "without end" in bomb.json()["detail"]) == (422, True)


def test_a_text_is_written_with_somebody_and_nothing_is_kept(town: Any) -> None:
    path = ["factors", "papers", "filed", "weight"]
    said = ask(
        town, "tenant_admin", "/edit", "risk", text=own_rules.WEIGHTS, edits=[{"path": path, "value": 1.25}]
    ).json()
    assert said["problem"] is None
    assert next(one["value"] for one in said["knobs"] if one["path"] == path) == 1.25
    mild = ask(town, "tenant_admin", "/edit", "risk", text=said["text"], edits=[{"path": path, "value": 0.5}]).json()
    assert "filed" in mild["problem"]["field"], "a graver thing would count less: said beside the form, with its line"
    assert mild["problem"]["fix"]
    assert next(one["value"] for one in mild["knobs"] if one["path"] == path) == 0.5
    none = ask(town, "safety_manager", "/edit", text="version: [\n# no policy at all").json()
    assert (none["version"], none["knobs"], none["problem"]["field"]) == (None, [], "text:2")
    lost = ask(town, "tenant_admin", "/edit", "risk", text=own_rules.WEIGHTS, edits=[{"path": ["x"], "value": 1}])
    assert lost.status_code == 422
    assert ask(town, "dispatcher", "/edit", "risk", text=own_rules.WEIGHTS).status_code == 403
    known = ask(town, "dispatcher", "", "risk").json()["versions"]
    assert [one for one in known if one["version"] == said["version"]] == []
