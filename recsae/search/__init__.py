"""The search: the only room that imports ray and optuna."""
