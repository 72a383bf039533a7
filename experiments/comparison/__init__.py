"""The original's claims, tested: variants tuned with equal budgets, retrained, and held together.

Only `compare_variants.py` needs it; it uses recsae as any user may, and nothing imports it back.
"""

from pathlib import Path

SOURCES = Path(__file__).parent
"""The code that, beside recsae's own, a comparison's stored results depend on."""
