"""What settings would score with another seed: a regression of the score on quieter measures.

A training's seed moves a ranking score more than the best settings differ, while how well states
are reconstructed hardly moves with the seed. A Gaussian process with a linear and a smooth part,
settled by its marginal likelihood (Rasmussen and Williams 2006, eq. 5.8), tells the score from
those measures; what it leaves is taken for luck. Trials that were stopped early teach it as well:
a search that halves leaves few complete ones, and how far a training came is a measure like others.

Shapes: N trials, F measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.results.columns import DEV, EXPECTED, EXPECTED_SD, Columns, States
from recsae.results.selection import MIN, leaking

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


def expected_frame(
    trials: pd.DataFrame, objectives: Mapping[str, str], asked: "pd.Series[bool]"
) -> pd.DataFrame:
    """Return trial_id, "expected/NAME" and "expected_sd/NAME" for each objective, a row a trial.

    trials: their last reports, of which all that neither leak nor failed teach; `asked`: those that
    may be best, which have the rows. Each model has a fit of its own. `attrs["why_observed"]` has
    the objectives whose values are the observed ones throughout, and why.
    """
    frame = pd.DataFrame({Columns.TRIAL_ID: trials.loc[asked, Columns.TRIAL_ID]})
    teaches = ~leaking(trials) & trials[Columns.STATE].ne(States.FAILED)
    trials = trials[asked | (teaches & trials[Columns.EPOCHS].gt(0))]
    reasons = {}
    for name, way in objectives.items():
        sign = -1.0 if way == MIN else 1.0
        values, errors, why = [], [], []
        for _, own in trials.groupby(Columns.MODEL_NAME):
            scores_N, epochs_N = (own[c].to_numpy(float) for c in (DEV + name, Columns.EPOCHS))
            if name in QUIET:
                found = _observed(sign * scores_N, "a seed moves it little")
            else:
                found = expected(sign * scores_N, _measures(own), epochs_N)
            values.append(pd.Series(sign * found.values_N, own.index)[asked])
            errors.append(pd.Series(found.errors_N, own.index)[asked])
            if len(values[-1]):
                told = bool(errors[-1].notna().any())
                why.append("" if told else found.why_observed or "none is like the others")
        if values:
            frame = frame.assign(
                **{EXPECTED + name: pd.concat(values), EXPECTED_SD + name: pd.concat(errors)}
            )
        if all(why):
            reasons[name] = why[0] if why else "no trial may be best"
    frame.attrs["why_observed"] = reasons
    return frame


def _measures(trials: pd.DataFrame) -> Array:
    names = [*(DEV + name for name in QUIET), Columns.EPOCHS]
    known = [trials[name] for name in names if name in trials]
    columns = [np.log(np.maximum(one.to_numpy(float), 1e-6)) for one in known]
    return np.array(columns).reshape(len(columns), len(trials)).T


def expected(observed_N: Array, measures_NF: Array, epochs_N: Array | None = None) -> Expected:
    """Return what each trial would score with another seed, where larger is better.

    measures_NF: what is measured of the same trainings with less noise, on a scale where equal
    steps matter alike. Rows that are not finite, and those of scores far below the median, keep
    their observed values; all do if among those of equal `epochs_N` (left out: all) the measures
    do not help, or mislead about the best.
    """
    observed_N = np.asarray(observed_N, dtype=np.float64)
    used_N = _used(observed_N, measures_NF)
    if used_N.sum() < LEAST_TRIALS:
        return _observed(observed_N, f"fewer than {LEAST_TRIALS} alike trials")
    y_N, x_NF = observed_N[used_N], measures_NF[used_N]
    x_NF = x_NF[:, np.ptp(x_NF, axis=0) > 0]
    if x_NF.shape[1] == 0 or np.ptp(y_N) == 0:
        return _observed(observed_N, "nothing differs between the trials")
    fit_N, sd_N, left_out_N = _fit(x_NF, y_N)
    groups_N = np.zeros(len(y_N)) if epochs_N is None else epochs_N[used_N]
    if why := _refused(y_N, left_out_N, groups_N):
        return _observed(observed_N, why)
    values_N, errors_N = observed_N.copy(), np.full(len(observed_N), np.nan)
    values_N[used_N], errors_N[used_N] = fit_N, sd_N
    return Expected(values_N, errors_N, "")


def _observed(observed_N: Array, why: str) -> Expected:
    return Expected(observed_N, np.full(len(observed_N), np.nan), why)


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


def _refused(y_N: Array, left_out_N: Array, groups_N: Array) -> str:
    """Return why the fit is not to be believed, "" if it is; scores are compared within groups."""
    _, group_N, sizes = np.unique(groups_N, return_inverse=True, return_counts=True)
    mean_N, size_N = (np.bincount(group_N, y_N) / sizes)[group_N], sizes[group_N]
    several_N = size_N > 1
    if not several_N.any():
        return "no two trials trained for as many epochs"
    own_N = (y_N - mean_N)[several_N]
    constant_N = own_N * (size_N / np.maximum(size_N - 1, 1))[several_N]  # left out of the mean
    if ((y_N - left_out_N)[several_N] ** 2).sum() > _HELPS * (constant_N**2).sum():
        return "the other measures do not tell the score"
    # Where the choice is made the order must hold, too: chosen by the fit, not by the luck.
    order = np.argsort(-(left_out_N - mean_N)[several_N], kind="stable")
    chosen = order[: max(LEAST_TRIALS // 2, len(order) // 3)]
    if own_N[chosen].mean() < np.median(own_N):
        return "the other measures mislead among the best"
    return ""
