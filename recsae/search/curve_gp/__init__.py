"""Our search: one model of settings and epochs."""

from recsae.search.curve_gp.strategy import OurStrategy, pauses

__all__ = ["OurStrategy", "pauses"]
