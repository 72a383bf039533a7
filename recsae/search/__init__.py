"""The search: which trials there are, what becomes of them, and what is kept.

It must not print or parse flags. Ray is imported in `ray` alone, Optuna in `samplers` and
`optuna_views`.
"""
