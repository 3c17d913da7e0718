"""The use cases of insight: figures of a time, the cases behind each, hot spots, streets, files, reports of months."""

from pipewarden.insight.rules.months import last_month, month_of
from pipewarden.insight.rules.months import named as month_name
from pipewarden.insight.rules.tables import case_words
from pipewarden.insight.service.figures import (
    MOST_DAYS,
    Where,
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
from pipewarden.insight.service.monthly import (
    FOLDER,
    ReportKeeper,
    apart,
    make_due,
    make_month,
    month_pdf,
    month_reports,
    reads_whole,
    tell,
)
from pipewarden.insight.store import shipped_words

__all__ = [
    "FOLDER",
    "MOST_DAYS",
    "READ",
    "ReportKeeper",
    "Where",
    "apart",
    "case_csv",
    "case_words",
    "case_workbook",
    "cases",
    "figure",
    "group_cases",
    "hot_spots",
    "last_month",
    "make_due",
    "make_month",
    "month_name",
    "month_of",
    "month_pdf",
    "month_reports",
    "ranking",
    "reads_whole",
    "report",
    "report_csv",
    "report_pdf",
    "report_workbook",
    "shipped_words",
    "span_of",
    "tell",
]
