"""Result dataframes as tables, plots and one HTML page.

It must not import torch or ray, or change a run. What is drawn loads plotly, which the rest of it
does without.
"""
