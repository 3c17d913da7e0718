"""Documents as values: what is on record becomes fields, fields and a template become a sheet, a sheet is drawn."""

from pipewarden.act.rules.documents.compose import compose
from pipewarden.act.rules.documents.gather import gather
from pipewarden.act.rules.documents.kind_file import (
    Law,
    Samples,
    read_common,
    read_kind,
    read_law,
    read_samples,
    read_template,
)
from pipewarden.act.rules.documents.numbers import issue_day, local_day, number_of, year_of
from pipewarden.act.rules.documents.offers import offers
from pipewarden.act.rules.documents.plain import clean, drawable
from pipewarden.act.rules.documents.sample import sample

__all__ = [
    "Law",
    "Samples",
    "clean",
    "compose",
    "drawable",
    "gather",
    "issue_day",
    "local_day",
    "number_of",
    "offers",
    "read_common",
    "read_kind",
    "read_law",
    "read_samples",
    "read_template",
    "sample",
    "year_of",
]
