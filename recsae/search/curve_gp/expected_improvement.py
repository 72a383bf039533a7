"""Expected improvement, of a value and of an estimate."""

import numpy as np
from scipy.special import ndtr

from recsae.search.curve_gp.unit_cube import Array


def expected_improvement(ahead: Array, spread: Array) -> tuple[Array, Array]:
    """Return the expected rise above the best so far, and how probable a rise is.

    The estimate of a setting is `ahead` of the best and will move by `spread`: the expected
    improvement of Močkus (1974) where the spread is that of the value, the knowledge gradient for
    correlated normal beliefs (Frazier, Powell and Dayanik, 2009) between two settings where it is
    that of the difference between their estimates.
    """
    safe = np.maximum(spread, 1e-12)
    at = np.clip(ahead / safe, -30, 30)
    probable = ndtr(at)
    rise = safe * (at * probable + np.exp(-0.5 * at**2) / np.sqrt(2 * np.pi))
    return np.where(spread > 0, rise, np.maximum(ahead, 0.0)), probable
