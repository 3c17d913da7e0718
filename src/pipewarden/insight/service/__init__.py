"""The use cases of insight: figures of a time, the cases behind each, hot spots, a ranking, files to take out."""

from pipewarden.insight.rules.tables import case_words
from pipewarden.insight.service.figures import (
    MOST_DAYS,
    cases,
    figure,
    group_cases,
    hot_spots,
    ranking,
    report,
    span_of,
)
from pipewarden.insight.service.files import case_csv, case_workbook, report_csv, report_pdf, report_workbook
from pipewarden.insight.service.gathering import READ
from pipewarden.insight.store import shipped_words

__all__ = [
    "MOST_DAYS",
    "READ",
    "case_csv",
    "case_words",
    "case_workbook",
    "cases",
    "figure",
    "group_cases",
    "hot_spots",
    "ranking",
    "report",
    "report_csv",
    "report_pdf",
    "report_workbook",
    "shipped_words",
    "span_of",
]
