"""Bills and policies that the tests of payouts share."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

import pipewarden
from pipewarden.market.facts.payouts import Bill, BillState, PayoutPolicy, Withheld
from pipewarden.market.rules.payouts_file import read_payouts

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
OPENID = "o-MYE42l80oelYMDE34nYD456Xoy"
POLICY_FOLDER = Path(pipewarden.__file__).parent / "policy"


def said(name: str) -> Any:
    """A shipped policy file as it is written."""
    return yaml.safe_load((POLICY_FOLDER / name).read_text(encoding="utf-8"))


def policy(**more: Any) -> PayoutPolicy:
    """The shipped policy, changed."""
    return replace(read_payouts(said("payouts/CN.yaml"), "CN.yaml")[-1][1], **more)


def bill(**more: Any) -> Bill:
    """A bill of 50 元 that was just reserved."""
    made = Bill(
        id=UUID(int=1),
        tenant_id=UUID(int=2),
        person_id=UUID(int=3),
        payee_id=UUID(int=4),
        number="a" * 32,
        key="k1",
        gross=500_000,
        fen=5_000,
        tax=Withheld("labour", "2026-11", 0, "CN@1", id_number=False),
        hold_id=UUID(int=5),
        openid_sha256=hashlib.sha256(OPENID.encode()).digest(),
        state=BillState.RESERVED,
        made_at=NOW,
        next_at=NOW,
    )
    return replace(made, **more)
