"""What the HTML pages share and answer first: templates, the packed plotly, verdicts in words.

They must not load torch or ray, or take anything from a network.
"""
