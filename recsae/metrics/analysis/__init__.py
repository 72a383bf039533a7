"""What is measured across models and beside a search: agreement, contrasts, probes and their AUC.

It must not be needed by a trial, whose metrics are in catalogue/.
"""
