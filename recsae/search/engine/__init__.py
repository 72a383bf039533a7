"""The engine: events, history, the director that leads a search, and its strategy.

It must not import Ray or Optuna, and reads no clock but through its director.
"""
