"""Result dataframes as tables, plots and one HTML page.

It must not import torch or ray, or change a run.
"""

from recsae.report.page import write_report
from recsae.report.tables import trials_table
