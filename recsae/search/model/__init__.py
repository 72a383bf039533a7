"""Our search: one model of settings and epochs."""

from recsae.search.model.ours import OurStrategy, pauses

__all__ = ["OurStrategy", "pauses"]
