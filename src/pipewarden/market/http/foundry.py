"""The foundry over HTTP: capabilities built, measured, reviewed, priced, tried and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import Depends, Form, Path, Query, Request
from fastapi.responses import Response

from pipewarden.kit.web import CursorsHere, Paged, WorkHere, actor_of, router
from pipewarden.ledger.facts import Asset
from pipewarden.market.http import foundry_shapes as shapes
from pipewarden.market.http import foundry_shop_shapes as shop
from pipewarden.market.http.shapes import ReasonIn  # noqa: TC001  as above
from pipewarden.market.rules.amounts import units
from pipewarden.market.service import (
    foundry,
    foundry_evaluating,
    foundry_examples,
    foundry_life,
    foundry_shop,
    invoking,
)
from pipewarden.people.facts import Actor

if TYPE_CHECKING:
    from pipewarden.market.service.runners import Runners

routes = router(tags=["capabilities"])
ActorHere = Annotated[Actor, Depends(actor_of)]
SlugHere = Annotated[str, Path(max_length=60)]
Number = Annotated[int, Path(ge=1, le=1_000_000)]
_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}
}


def runners_of(request: Request) -> Runners:
    """Return who runs capabilities in this process."""
    found: Runners = request.app.state.runners
    return found


@routes.get("/capabilities")
def list_capabilities(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, page: Annotated[shop.ListQuery, Query()]
) -> shop.LinePage:
    """List capabilities with figure, price and calls: your company's own, and the platform's that are for sale."""
    after = cursors.read("capabilities", page.cursor)
    found = foundry_shop.shop(work, actor, limit=page.limit + 1, after=after, aisle=page.aisle, kind=page.kind)
    rows = found[: page.limit]
    more = cursors.write("capabilities", rows[-1].line.slug) if len(found) > page.limit else None
    return shop.LinePage(items=[shop.shop_out(one, work.tenant_id, actor.id) for one in rows], next=more)


@routes.post("/capabilities", status_code=201)
def build_capability(work: WorkHere, actor: ActorHere, asked: shapes.LineIn) -> shop.LineWholeOut:
    """Build a capability: its first version is a draft."""
    line, version = foundry.make_line(
        work, actor, slug=asked.slug, kind=asked.kind, title=asked.title, content=asked.content
    )
    return shop.line_out(line, [version], work.tenant_id, actor.id, 0)


@routes.get("/capabilities/{slug}")
def get_capability(work: WorkHere, actor: ActorHere, slug: SlugHere) -> shop.LineWholeOut:
    """Return a capability with its versions, their figures and cards."""
    line, versions = foundry.look_up(work, actor, slug)
    return shop.line_out(line, versions, work.tenant_id, actor.id, foundry_shop.calls_of(work, line))


@routes.post("/capabilities/{slug}/versions", status_code=201)
def make_version(work: WorkHere, actor: ActorHere, slug: SlugHere, asked: shapes.VersionIn) -> shapes.VersionOut:
    """Make another version, a draft; the others stay as they are."""
    return shapes.version_out(foundry.make_version(work, actor, slug, asked.content))


@routes.get("/capabilities/{slug}/versions/{number}")
def get_version(work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number) -> shop.VersionWholeOut:
    """Return a version, how it stands, what it takes, what happened to it; its content only for whom that concerns."""
    line, version, events = foundry.look_up_version(work, actor, slug, number)
    stands = foundry_shop.standing(work, actor, line, version, events)
    return shop.whole_out(version, events, foundry_shop.form(work, line, version), stands)


@routes.post("/capabilities/{slug}/versions/{number}/evaluate")
def evaluate_version(
    work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number, asked: shapes.EvaluateIn
) -> shapes.EvaluatedOut:
    """Measure a version on its frozen set; where pictures wait for an answer, ask again until none does."""
    version, waiting = foundry_evaluating.evaluate(work, actor, slug, number, again=asked.again)
    return shapes.EvaluatedOut(version=shapes.version_out(version), waiting=waiting)


@routes.post("/capabilities/{slug}/versions/{number}/ask")
def ask_for_review(work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number) -> shapes.VersionOut:
    """Put a measured version before the reviewers; asked again it changes nothing."""
    return shapes.version_out(foundry_life.ask_for_review(work, actor, slug, number))


@routes.post("/capabilities/{slug}/versions/{number}/review")
def review_version(
    work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number, asked: shapes.ReviewIn
) -> shapes.VersionOut:
    """Accept or refuse a measured version of somebody whom you are not bound to; two must accept it."""
    done = foundry_life.review(work, actor, slug, number, accept=asked.accept, words=asked.words)
    return shapes.version_out(done)


@routes.post("/capabilities/{slug}/versions/{number}/price")
def price_version(
    work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number, asked: shapes.PriceIn
) -> shapes.VersionOut:
    """Set what a call of a reviewed version will cost, from when it sells."""
    amount = units(asked.price, Asset.CNY, "price")
    return shapes.version_out(foundry_life.set_price(work, actor, slug, number, amount))


@routes.post("/capabilities/{slug}/versions/{number}/canary")
def try_version_as_canary(
    work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number, asked: shapes.CanaryIn
) -> shapes.VersionOut:
    """Let a priced version answer a share of the calls."""
    return shapes.version_out(foundry_life.try_as_canary(work, actor, slug, number, asked.percent))


@routes.post("/capabilities/{slug}/versions/{number}/live")
def make_version_live(work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number) -> shapes.VersionOut:
    """Let a canary that has proved itself answer all calls."""
    return shapes.version_out(foundry_life.go_live(work, actor, slug, number))


@routes.post("/capabilities/{slug}/versions/{number}/rollback")
def roll_version_back(
    work: WorkHere, actor: ActorHere, slug: SlugHere, number: Number, asked: ReasonIn
) -> shapes.VersionOut:
    """Take a version out of use for ever; the one before it answers again."""
    return shapes.version_out(foundry_life.roll_back(work, actor, slug, number, asked.reason))


@routes.get("/capabilities/{slug}/contracts")
def list_contracts(work: WorkHere, actor: ActorHere, slug: SlugHere) -> shapes.ContractsOut:
    """Return how a capability's price is shared, and from when."""
    found = foundry_life.contracts(work, actor, slug)
    return shapes.ContractsOut(items=[shapes.contract_out(one) for one in found])


@routes.post("/capabilities/{slug}/contracts", status_code=201)
def make_contract(work: WorkHere, actor: ActorHere, slug: SlugHere, asked: shapes.ContractIn) -> shapes.ContractOut:
    """Share a capability's price otherwise from a moment on."""
    parts = (asked.expert, asked.house, asked.reviewers)
    return shapes.contract_out(foundry_life.agree(work, actor, slug, parts, asked.since))


@routes.get("/capabilities/{slug}/examples")
def list_examples(
    work: WorkHere, actor: ActorHere, cursors: CursorsHere, slug: SlugHere, page: Paged
) -> shapes.ExamplePage:
    """List labelled pictures with how many there are of each label, for author, reviewers and managers."""
    after = cursors.read("examples", page.cursor)
    seen = None if after is None else UUID(after)
    found = foundry_examples.listed(work, actor, slug, limit=page.limit + 1, after=seen)
    rows = found[: page.limit]
    more = cursors.write("examples", str(rows[-1].id)) if len(found) > page.limit else None
    counts = shapes.counts_out(foundry_examples.counted(work, actor, slug))
    needs = shapes.needs_out(foundry.policy().examples)
    return shapes.ExamplePage(items=[shapes.example_out(one) for one in rows], next=more, counts=counts, needs=needs)


@routes.post(
    "/capabilities/{slug}/examples",
    status_code=201,
    responses={200: {"model": shapes.ExampleOut, "description": "This very picture was there."}},
)
def add_example(  # noqa: PLR0917  FastAPI names what it hands in
    work: WorkHere,
    actor: ActorHere,
    request: Request,
    response: Response,
    slug: SlugHere,
    form: Annotated[shapes.ExampleForm, Form(media_type="multipart/form-data")],
) -> shapes.ExampleOut:
    """Add a labelled picture; what the net saw and a masked copy are kept, the picture is not."""
    made, fresh = foundry_examples.add_example(
        work,
        actor,
        runners_of(request),
        slug,
        form.picture.file.read(),
        label=form.label,
        purpose=form.purpose,
        source=form.source,
        part=shapes.part_of(form.part),
    )
    response.status_code = 201 if fresh else 200
    return shapes.example_out(made)


@routes.get("/capabilities/{slug}/examples/{example_id}/picture", response_class=Response, responses=_JPEG)
def get_example_picture(work: WorkHere, actor: ActorHere, slug: SlugHere, example_id: UUID) -> Response:
    """Return the masked copy of a labelled picture."""
    return Response(foundry_examples.shown(work, actor, slug, example_id), media_type="image/jpeg")


@routes.delete("/capabilities/{slug}/examples/{example_id}", status_code=204)
def take_example_away(work: WorkHere, actor: ActorHere, slug: SlugHere, example_id: UUID) -> None:
    """Delete a labelled picture; one of the frozen set stays while figures stand on it."""
    foundry_examples.take_away(work, actor, slug, example_id)


@routes.get("/capabilities/{slug}/demands")
def list_bought(work: WorkHere, actor: ActorHere, slug: SlugHere) -> shop.BoughtPage:
    """List your company's newest demands for a capability, with calls taken and what is left to pay more."""
    return shop.BoughtPage(items=[shop.bought_out(one) for one in foundry_shop.bought(work, actor, slug)])


@routes.post("/capabilities/{slug}/demands", status_code=201)
def open_demand(work: WorkHere, actor: ActorHere, slug: SlugHere, asked: shapes.DemandIn) -> shapes.DemandOpenedOut:
    """Want so many calls, paid out of a budget that the purse fills at once."""
    amount = units(asked.budget, Asset.CNY, "budget")
    made = invoking.open_demand(work, actor, slug, asked.title, wanted=asked.wanted, units=amount)
    return shapes.DemandOpenedOut(id=made.id, title=made.title, wanted=made.wanted, budget_id=made.budget_id)
