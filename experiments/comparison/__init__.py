"""The original's claims, tested: variants tuned with equal budgets, retrained and compared.

It uses recsae as any user may, and recsae must not import it.

Only `compare_variants.py` needs it.
"""

from pathlib import Path

SOURCES = Path(__file__).parent
"""The code that, beside recsae's own, a comparison's stored results depend on."""
