"""What is measured across models: contrasts with intervals, and probes.

It must not read or write files, or train models other than its probes.
"""
