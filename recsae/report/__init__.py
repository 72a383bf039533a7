"""Result dataframes as tables, plots and one HTML page; no torch, no ray."""

from recsae.report.page import write_report
from recsae.report.tables import trials_table

__all__ = ["trials_table", "write_report"]
