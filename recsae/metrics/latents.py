"""How the latents of a dictionary are used. R rows of a split, K places of the code, N latents."""

from torch import Tensor


def latent_metrics(values_RK: Tensor, fired_N: Tensor) -> dict[str, float]:
    """Return l0 (positive values a row), k_filled = l0 / k, and dead, the share never fired."""
    l0 = float((values_RK > 0).sum()) / len(values_RK)
    dead = 1.0 - float(fired_N.double().mean())
    return {"l0": l0, "k_filled": l0 / values_RK.shape[1], "dead": dead}
