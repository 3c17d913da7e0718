"""``pipewarden model``: publish what was trained, let it look or take it back, and trace it to its pictures."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from pipewarden.cli.output import add_row, json_line, note, table, told_errors
from pipewarden.kit.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from pipewarden.inference.facts import Champion
    from pipewarden.learn.facts import Lineage, Standing
    from pipewarden.main.home import Home

app = typer.Typer(
    help="Models: publish, promote, take back, and trace one to the pictures it learnt from.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
JsonLines = Annotated[bool, typer.Option("--json", help="JSON objects on stdout, the last one is the summary.")]
Label = Annotated[str, typer.Argument(metavar="NAME[@VERSION]", help="Without a version the active one is meant.")]
_NEXT = "workers look with it when they start next"


def _home() -> AbstractContextManager[Home]:
    from pipewarden.kit.settings import load_settings
    from pipewarden.main.home import open_home
    from pipewarden.main.log import configure

    settings = load_settings()
    configure(settings.log_level)
    return open_home(settings)


@app.command("publish")
def publish(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The weights, .onnx or .npz.")],
    dataset: Annotated[str, typer.Option(help="What it was trained on: NAME@NUMBER, or NAME for the newest.")],
    card: Annotated[Path, typer.Option(help="Its manifest entry as JSON, with the sha256 that training wrote.")],
    json: AsJson = False,
) -> None:
    """Enter a trained model into the registry as challenger, with its data set; nothing looks with it yet.

    Refused where the file is not the one that the card describes, the data set is not known or tests on rendered
    pictures, or the card's accuracy counts any. In the card, `dataset` names the manifest's hash, and `accuracy` says
    `share` (val or test), `pictures` and `rendered`.

    Example:  pipewarden model publish screen-7.onnx --dataset reviews@3 --card screen-7.json
    """
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            made = models.publish(home, file, card, dataset)
    if json:
        json_line(_row(made))
    else:
        note(f"{made.model.ref.label} is published, trained on {made.manifests[0].label}")
        note(f"let it look: pipewarden model promote {made.model.ref.name}@{made.model.ref.version}")


@app.command("list")
def list_(json: JsonLines = False) -> None:
    """List the models of the registry, oldest first."""
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            found = models.every(home)
    if json:
        for one in found:
            json_line(_standing(one))
        json_line({"summary": {"models": len(found)}})
        return
    shown = Table("模型 model", "active", "challenger", "数据集 trained on", "registered", "sha256")
    for one in found:
        add_row(
            shown,
            f"{one.model.ref.name}@{one.model.ref.version}",
            "yes" if one.champion else "",
            "yes" if one.challenger else "",
            one.trained_on or "–",
            f"{one.model.registered_at:%Y-%m-%d %H:%M}",
            one.model.ref.sha256[:12],
        )
    table(shown)


@app.command("show")
def show(
    label: Label,
    pictures: Annotated[bool, typer.Option("--pictures", help="Also every picture of its data set.")] = False,
    json: JsonLines = False,
) -> None:
    """Show a model and its lineage: version, data set by hash, pictures by share."""
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            standing, found = models.lineage(home, label)
    if pictures:
        _say_pictures(found, as_json=json)
    if json:
        json_line(_standing(standing) | _row(found))
    else:
        note(", ".join(word for word, holds in (("active", standing.champion), ("challenger", standing.challenger))
                       if holds) or "neither active nor challenger")  # fmt: skip
        _say(found)


@app.command("lineage")
def lineage(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="The alarm's id.")],
    pictures: Annotated[bool, typer.Option("--pictures", help="Also every picture of the data sets.")] = False,
    json: JsonLines = False,
) -> None:
    """Trace an alarm to the models that saw it, their data sets, and the pictures those learnt from."""
    with told_errors(as_json=json):
        from pipewarden.main import models

        try:
            alarm_id = UUID(alarm)
        except ValueError as error:
            raise InputError(field="ALARM", problem=f"{alarm!r} is no id", fix="Take it from the alarm.") from error
        with _home() as home:
            found, unknown, second = models.behind(home, alarm_id)
    for one in found:
        if pictures:
            _say_pictures(one, as_json=json)
        if json:
            json_line(_row(one))
        else:
            _say(one)
    if json:
        summary = {"alarm": alarm, "models": len(found), "unknown": unknown, "second_judge": second}
        json_line({"summary": summary})
        return
    for label in unknown:
        note(f"{label} is not in this registry")
    if second is not None:
        note(f"asked as second judge: {second}, a model behind an endpoint")


@app.command("challenge")
def challenge(label: Label, json: AsJson = False) -> None:
    """Let a registered model stand beside the active one of its name; nothing looks with it yet."""
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            made = models.challenge(home, label)
    _told(made, "is the challenger of its name", as_json=json)


@app.command("promote")
def promote(label: Label, json: AsJson = False) -> None:
    """Let a registered model be the one that looks, for every tenant of the workers that serve this one; on record.

    No figure is asked for here: compare it with the active one first (`pipewarden eval perceive`).
    """
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            made = models.promote(home, label)
    _told(made, f"is active; {_NEXT}", as_json=json)


@app.command("rollback")
def rollback(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which model, like screen.")], json: AsJson = False
) -> None:
    """Let the model that looked before the present one look again; on record."""
    with told_errors(as_json=json):
        from pipewarden.main import models

        with _home() as home:
            made = models.rollback(home, name)
    _told(made, f"is active again; {_NEXT}", as_json=json)


def _told(made: Champion, words: str, *, as_json: bool) -> None:
    ref = made.model.ref
    if as_json:
        json_line({"model": ref.name, "version": ref.version, "sha256": ref.sha256, "at": made.at.isoformat()})
    else:
        note(f"{ref.label} {words}")


def _standing(one: Standing) -> dict[str, object]:
    ref = one.model.ref
    return {
        "model": ref.name,
        "version": ref.version,
        "sha256": ref.sha256,
        "bytes": one.model.bytes,
        "registered_at": one.model.registered_at.isoformat(),
        "active": one.champion,
        "challenger": one.challenger,
        "dataset": one.trained_on,
    }


def _row(one: Lineage) -> dict[str, object]:
    """Return a lineage with every key present; null and empty where the model was not trained here."""
    ref, trained_on = one.model.ref, one.manifests[0] if one.manifests else None
    return {
        "model": ref.name,
        "version": ref.version,
        "sha256": ref.sha256,
        "dataset": None if trained_on is None else trained_on.label,
        "manifest": None if trained_on is None else trained_on.sha256,
        "named_by_card": one.vouched,
        "follows": [{"dataset": made.label, "manifest": made.sha256} for made in one.manifests[1:]],
        "pictures": _counted(one.share.value for one in one.members),
        "rendered": _counted(one.share.value for one in one.members if one.sample.rendered),
        "sources": _counted(one.sample.source for one in one.members),
        "cameras": len({one.sample.camera for one in one.members if one.sample.camera is not None}),
        "verdicts": sum(label.code is not None for one in one.members for label in one.sample.labels),
        "may_ship": all(each.sample.may_ship for each in one.members) if one.members else None,
        "published_by": one.actor,
        "published_at": None if one.at is None else one.at.isoformat(),
    }


def _counted(words: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _say(one: Lineage) -> None:
    ref = one.model.ref
    note(f"{ref.label} ({ref.sha256[:12]}…)")
    if not one.manifests:
        note("  not trained in this house: the release's model card says on what")
        return
    who = "the card" if one.vouched else f"{one.actor}, the card does not"
    note(f"  published {one.at:%Y-%m-%d %H:%M} by {one.actor}" if one.at is not None else "")
    for made in one.manifests:
        first = made is one.manifests[0]
        note(f"  {'trained on' if first else 'which follows'} {made.label} ({made.sha256[:12]}…)"
             + (f", as says {who}" if first else ""))  # fmt: skip
    row = _row(one)
    for words in ("pictures", "rendered", "sources", "cameras", "verdicts"):
        note(f"  {words}: {row[words]}")
    if not row["may_ship"]:
        note("  holds pictures whose terms do not allow weights that are given away: keep the model in the house")


def _say_pictures(one: Lineage, *, as_json: bool) -> None:
    for member in sorted(one.members, key=lambda each: each.sample.picture):
        sample = member.sample
        if as_json:
            json_line(
                {
                    "picture": sample.picture,
                    "share": member.share.value,
                    "origin": sample.origin,
                    "camera": sample.camera,
                    "rendered": sample.rendered,
                    "licence": sample.licence,
                    "labels": [
                        {"cls": label.cls, "code": label.code, "by": label.by, "on_the_spot": label.spot}
                        for label in sample.labels
                    ],
                }
            )
        else:
            typer.echo(f"{sample.picture}  {member.share.value}  {sample.origin}")
