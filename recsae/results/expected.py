"""What settings would score with another seed: a regression of the score on quieter measures.

A training's seed moves a ranking score more than the best settings differ, while how well states
are reconstructed hardly moves with the seed. A Gaussian process with a linear and a smooth part,
settled by its marginal likelihood (Rasmussen and Williams 2006, eq. 5.8), tells the score from
those measures; what it leaves is taken for luck.

Shapes: N trials, F measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.results.columns import DEV, EXPECTED, EXPECTED_SD, Columns
from recsae.results.selection import MIN

Array = npt.NDArray[np.float64]

QUIET: Final = ("fvu", "l0")
"""Measures that a seed moves little; their logarithms are what scores are told from."""
LEAST_TRIALS: Final = 10
_WINDOW: Final = 3.0
"""Trials further below the median than this often the upper half's spread are left out."""
_LENGTHS: Final = (1.0, 2.0, 4.0)
_NOISES: Final = (0.05, 0.15, 0.4, 1.0)
_HELPS: Final = 0.9
"""Share of the constant's left-out squared error that a fit must fall below."""


@dataclass(frozen=True)
class Expected:
    """The expected score of each trial."""

    values_N: Array
    """The observed value where nothing better is known."""
    errors_N: Array
    """Standard deviation of one fresh training around the value; NaN where it is the observed."""
    why_observed: str
    """Why all values are the observed ones; "" if some are not."""


def expected_frame(trials: pd.DataFrame, objectives: Mapping[str, str]) -> pd.DataFrame:
    """Return trial_id, "expected/NAME" and "expected_sd/NAME" for each objective, a row a trial.

    trials: those that may be best. Each model has a fit of its own. `attrs["why_observed"]` has
    the objectives whose values are the observed ones throughout, and why.
    """
    frame = pd.DataFrame({Columns.TRIAL_ID: trials[Columns.TRIAL_ID]})
    reasons = {}
    for name, way in objectives.items():
        sign = -1.0 if way == MIN else 1.0
        values, errors, why = [], [], []
        for _, own in trials.groupby(Columns.MODEL_NAME):
            found = expected(sign * own[DEV + name].to_numpy(float), _measures(own, name))
            values.append(pd.Series(sign * found.values_N, own.index))
            errors.append(pd.Series(found.errors_N, own.index))
            why.append(found.why_observed)
        if values:
            frame = frame.assign(
                **{EXPECTED + name: pd.concat(values), EXPECTED_SD + name: pd.concat(errors)}
            )
        if all(why):
            reasons[name] = why[0] if why else "no trial may be best"
    frame.attrs["why_observed"] = reasons
    return frame


def _measures(trials: pd.DataFrame, objective: str) -> Array:
    known = [trials[DEV + name] for name in QUIET if name != objective and DEV + name in trials]
    columns = [np.log(np.maximum(one.to_numpy(float), 1e-6)) for one in known]
    return np.array(columns).reshape(len(columns), len(trials)).T


def expected(observed_N: Array, measures_NF: Array) -> Expected:
    """Return what each trial would score with another seed, where larger is better.

    measures_NF: what is measured of the same trainings with less noise, on a scale where equal
    steps matter alike. Rows that are not finite, and those of scores far below the median, keep
    their observed values; all do if the measures do not help, or mislead among the best.
    """
    observed_N = np.asarray(observed_N, dtype=np.float64)
    errors_N = np.full(len(observed_N), np.nan)
    used_N = _used(observed_N, measures_NF)
    if used_N.sum() < LEAST_TRIALS:
        return Expected(observed_N, errors_N, f"fewer than {LEAST_TRIALS} alike trials")
    y_N, x_NF = observed_N[used_N], measures_NF[used_N]
    x_NF = x_NF[:, np.ptp(x_NF, axis=0) > 0]
    if x_NF.shape[1] == 0 or np.ptp(y_N) == 0:
        return Expected(observed_N, errors_N, "nothing differs between the trials")
    fit_N, sd_N, left_out_N = _fit(x_NF, y_N)
    if why := _refused(y_N, left_out_N):
        return Expected(observed_N, errors_N, why)
    values_N = observed_N.copy()
    values_N[used_N], errors_N[used_N] = fit_N, sd_N
    return Expected(values_N, errors_N, "")


def _used(observed_N: Array, measures_NF: Array) -> npt.NDArray[np.bool_]:
    finite_N = np.isfinite(observed_N) & np.isfinite(measures_NF).all(axis=1)
    if not finite_N.any():
        return finite_N
    middle, upper = np.quantile(observed_N[finite_N], [0.5, 0.75])
    near_N: npt.NDArray[np.bool_] = observed_N >= middle - _WINDOW * (upper - middle)
    return finite_N & near_N


def _fit(x_NF: Array, y_N: Array) -> tuple[Array, Array, Array]:
    """Return fitted values, the deviation of a fresh score, and values told without the trial."""
    z_NF = (x_NF - x_NF.mean(axis=0)) / x_NF.std(axis=0)
    middle, count = y_N.mean(), len(y_N)
    squares_NN = ((z_NF[:, None] - z_NF[None]) ** 2).sum(axis=-1)
    straight_NN = 0.5 * (z_NF @ z_NF.T) + 0.5
    best = -np.inf
    for length, noise in product(_LENGTHS, _NOISES):
        prior_NN = np.exp(-squares_NN / (2 * length**2)) + straight_NN
        root_NN = np.linalg.cholesky(prior_NN + noise * np.eye(count))
        white_N = np.linalg.solve(root_NN, y_N - middle)
        scale = float(white_N @ white_N) / count  # the likeliest, given length and noise
        likelihood = -0.5 * count * np.log(scale) - float(np.log(np.diag(root_NN)).sum())
        if likelihood > best:
            best, kept = likelihood, (prior_NN, noise, scale)
    prior_NN, noise, scale = kept
    inverse_NN = np.linalg.inv(prior_NN + noise * np.eye(count))
    weights_N = inverse_NN @ (y_N - middle)
    spread_N = np.diag(prior_NN) - np.einsum("ij,jk,ki->i", prior_NN, inverse_NN, prior_NN)
    fit_N = middle + prior_NN @ weights_N
    # Left out without fitting anew: Rasmussen and Williams, eq. 5.12.
    left_out_N = y_N - weights_N / np.diag(inverse_NN)
    return fit_N, np.sqrt(scale * (np.maximum(spread_N, 0.0) + noise)), left_out_N


def _refused(y_N: Array, left_out_N: Array) -> str:
    """Return why the fit is not to be believed, "" if it is."""
    count = len(y_N)
    constant_N = (y_N.sum() - y_N) / (count - 1)
    if ((y_N - left_out_N) ** 2).sum() > _HELPS * ((y_N - constant_N) ** 2).sum():
        return "the other measures do not tell the score"
    # Where the choice is made the order must hold, too: chosen by the fit, not by the luck.
    chosen = np.argsort(-left_out_N, kind="stable")[: max(LEAST_TRIALS // 2, count // 3)]
    if y_N[chosen].mean() < np.median(y_N):
        return "the other measures mislead among the best"
    return ""
