"""The shipped rules of reports: a file of the package, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pipewarden.field.rules.report_policy import read_report_policy

if TYPE_CHECKING:
    from pipewarden.field.facts.reports import ReportPolicy

_FILE = Path(__file__).resolve().parents[2] / "policy" / "reports" / "CN.yaml"


@cache
def shipped_reports() -> ReportPolicy:
    """Return policy/reports/CN.yaml; InputError names the key that is wrong."""
    return read_report_policy(yaml.safe_load(_FILE.read_text(encoding="utf-8")), _FILE.name)
