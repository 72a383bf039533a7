"""What is measured across models: agreement, contrasts with intervals, probes and their AUC.

It must not read or write files, or train models other than its probes.
"""
