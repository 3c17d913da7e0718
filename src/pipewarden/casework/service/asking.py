"""What the steps of a site ask for as it stands: the policy of the day, the range, the filing, what was done before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipewarden.casework import store
from pipewarden.casework.facts import Circumstances, Method
from pipewarden.casework.rules import kept
from pipewarden.casework.rules.evidence import evidence_of
from pipewarden.casework.rules.step_table import table
from pipewarden.casework.service.matching import permitted
from pipewarden.kit.errors import InputError
from pipewarden.network import service as network

if TYPE_CHECKING:
    from pipewarden.casework.facts import Site, StepEvidence
    from pipewarden.kit.work import Work


def circumstances(work: Work, site: Site) -> Circumstances:
    """Return what decides which evidence is asked for at a site of the tenant: range, regime, filing, what was done."""
    allows = permitted(work, site, None)
    regime = None
    if site.lon is not None and site.lat is not None:
        said = network.answer(work, site.lon, site.lat, covariance=None, at=work.now()).network_version_id
        regime = next((one.regime for one in network.versions(work) if one.id == said), None)
    return Circumstances(
        zone=site.zone,
        regime=regime,
        method=None if allows is None or allows.method is None else Method(allows.method),
        machines=frozenset() if allows is None or allows.machines is None else allows.machines,
        operators=frozenset(site.kept.operators),
        done=kept.done(site, work.now()),
    )


def evidence(work: Work, site: Site) -> dict[str, StepEvidence]:
    """Return what each step asks for at a site as it stands, by step."""
    policy, given = store.shipped_steps(), circumstances(work, site)
    day = work.now().astimezone(policy.zone).date()
    found = (evidence_of(policy, step, given, day) for step in dict.fromkeys(one.step for one in policy.steps))
    return {one.step: one for one in found if one is not None}


def step_lines(step: str | None = None) -> tuple[dict[str, str], ...]:
    """Return the table of the shipped evidence, of one step or of all.

    Raises:
        InputError: there is no such step.
    """
    rows = table(store.shipped_steps())
    found = tuple(row for row in rows if step is None or row["step"] == step)
    if not found:
        known = dict.fromkeys(row["step"] for row in rows)
        raise InputError(field="STEP", problem=f"{step!r} asks for nothing", fix=f"Take one of {', '.join(known)}.")
    return found
