"""What settings would score with another seed: a regression of the score on quieter measures.

A training's seed moves a ranking score more than the best settings differ, while how well states
are reconstructed hardly moves with the seed. A Gaussian process with a linear and a smooth part,
settled by its marginal likelihood (Rasmussen and Williams 2006, eq. 5.8), tells the score from
those measures; what it leaves is taken for luck. Trials that were stopped early teach it as well:
a search that halves leaves few complete ones, and how far a training came is a measure like others.

Shapes: N trials, M trials that are asked about, F measures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import solve_triangular

from recsae.results.columns import DEV, EXPECTED, EXPECTED_SD, Columns, States
from recsae.results.selection import MIN, leaking

Array = npt.NDArray[np.float64]

QUIET: Final = ("fvu", "l0")
"""Measures that a seed moves little; their logarithms are what scores are told from."""
LEAST_TRIALS: Final = 10
MOST: Final = 400
"""Trials that teach, at most, spread evenly over all: time grows with their number cubed."""
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
    why_shrunk: str = ""
    """Why they are the observed ones, drawn towards the mean of alike trials; "" if they are told
    from the measures."""


def expected_frame(
    trials: pd.DataFrame, objectives: Mapping[str, str], asked: "pd.Series[bool]"
) -> pd.DataFrame:
    """Return trial_id, "expected/NAME" and "expected_sd/NAME" for each objective, a row a trial.

    trials: their last reports, of which all that neither leak nor failed teach; `asked`: those that
    may be best, which have the rows. Each model has a fit of its own. `attrs["why_observed"]` has
    the objectives whose values are the observed ones throughout, and why; `attrs["why_shrunk"]`
    those whose values are the observed ones drawn towards the mean of alike trials.
    """
    frame = pd.DataFrame({Columns.TRIAL_ID: trials.loc[asked, Columns.TRIAL_ID]})
    teaches = ~leaking(trials) & trials[Columns.STATE].ne(States.FAILED)
    trials = trials[asked | (teaches & trials[Columns.EPOCHS].gt(0))]
    reasons: dict[str, str] = {}
    drawn: dict[str, str] = {}
    for name, way in objectives.items():
        sign = -1.0 if way == MIN else 1.0
        values, errors, why, shrunk = [], [], [], list[str]()
        for _, own in trials.groupby(Columns.MODEL_NAME):
            scores_N, epochs_N = (own[c].to_numpy(float) for c in (DEV + name, Columns.EPOCHS))
            if name in QUIET:
                found = _observed(sign * scores_N, "a seed moves it little")
            else:
                known = {one: own[DEV + one] for one in QUIET if DEV + one in own}
                measures_NF = quiet_measures(known, epochs_N)
                found = expected(sign * scores_N, measures_NF, epochs_N, shrinks=True)
            values.append(pd.Series(sign * found.values_N, own.index)[asked])
            errors.append(pd.Series(found.errors_N, own.index)[asked])
            if len(values[-1]):
                told = bool(errors[-1].notna().any())
                why.append("" if told else found.why_observed or "none is like the others")
                shrunk += [found.why_shrunk] if told else []
        if values:
            frame = frame.assign(
                **{EXPECTED + name: pd.concat(values), EXPECTED_SD + name: pd.concat(errors)}
            )
        if all(why):
            reasons[name] = why[0] if why else "no trial may be best"
        elif all(shrunk):
            drawn[name] = shrunk[0]
    frame.attrs |= {"why_observed": reasons, "why_shrunk": drawn}
    return frame


def best_first(
    trials: pd.DataFrame, told: pd.DataFrame, objectives: Mapping[str, str]
) -> list[int]:
    """Return the trials of an expected frame of one objective, the best by expected value first.

    Of equal ones the better by observed value comes first, then the older trial.
    """
    ((name, way),) = objectives.items()
    if told.empty:
        return []
    known = trials[[Columns.TRIAL_ID, DEV + name]]
    rows = told[[Columns.TRIAL_ID, EXPECTED + name]].merge(known, on=Columns.TRIAL_ID)
    ascending = [way == MIN, way == MIN, True]
    ordered = rows.sort_values([EXPECTED + name, DEV + name, Columns.TRIAL_ID], ascending=ascending)
    return [int(number) for number in ordered[Columns.TRIAL_ID]]


def quiet_measures(measured: Mapping[str, npt.ArrayLike], epochs_N: npt.ArrayLike) -> Array:
    """Return the measures [N, F] that scores are told from: logarithms of each and of the epochs.

    measured: those of `QUIET` that are known. What does not differ tells nothing, and that a
    training came farther tells nothing alone.
    """
    columns = [np.asarray(one, dtype=np.float64) for one in measured.values()]
    known = [one for one in columns if len(np.unique(one[np.isfinite(one)])) > 1]
    epochs_N = np.asarray(epochs_N, dtype=np.float64)
    if not known:
        return np.empty((len(epochs_N), 0))
    return np.asarray(np.log(np.maximum(np.array([*known, epochs_N]), 1e-6)).T)


def expected(
    observed_N: Array,
    measures_NF: Array,
    epochs_N: Array | None = None,
    *,
    shrinks: bool = False,
) -> Expected:
    """Return what each trial would score with another seed, where larger is better.

    measures_NF: what is measured of the same trainings with less noise, on a scale where equal
    steps matter alike. Rows that are not finite, and those of scores far below the median, keep
    their observed values; all do if among those of equal `epochs_N` (left out: all) the measures
    do not help, or mislead about the best. `shrinks`: they are then drawn towards the mean of those
    of equal epochs, in their order, by as much as the fit takes for luck.
    """
    observed_N = np.asarray(observed_N, dtype=np.float64)
    used_N = _used(observed_N, measures_NF)
    if used_N.sum() < LEAST_TRIALS:
        return _observed(observed_N, f"fewer than {LEAST_TRIALS} alike trials")
    asked = np.flatnonzero(used_N)
    teach = asked[np.linspace(0, len(asked) - 1, min(len(asked), MOST)).round().astype(int)]
    y_N, x_NF = observed_N[teach], measures_NF[teach]
    differs_F = np.ptp(x_NF, axis=0) > 0
    if not differs_F.any() or np.ptp(y_N) == 0:
        return _observed(observed_N, "nothing differs between the trials")
    fit_M, sd_M, left_out_N = _fit(x_NF[:, differs_F], y_N, measures_NF[asked][:, differs_F])
    groups_N = np.zeros(len(y_N)) if epochs_N is None else epochs_N[teach]
    why = _refused(y_N, left_out_N, groups_N)
    if why and not shrinks:
        return _observed(observed_N, why)
    if why:
        groups_M = np.zeros(len(asked)) if epochs_N is None else epochs_N[asked]
        fit_M = _shrunk(observed_N[asked], fit_M, groups_M)
    values_N, errors_N = observed_N.copy(), np.full(len(observed_N), np.nan)
    values_N[asked], errors_N[asked] = fit_M, sd_M
    return Expected(values_N, errors_N, "", why)


def _observed(observed_N: Array, why: str) -> Expected:
    return Expected(observed_N, np.full(len(observed_N), np.nan), why)


def _used(observed_N: Array, measures_NF: Array) -> npt.NDArray[np.bool_]:
    finite_N = np.isfinite(observed_N) & np.isfinite(measures_NF).all(axis=1)
    if not finite_N.any():
        return finite_N
    middle, upper = np.quantile(observed_N[finite_N], [0.5, 0.75])
    near_N: npt.NDArray[np.bool_] = observed_N >= middle - _WINDOW * (upper - middle)
    return finite_N & near_N


def _fit(x_NF: Array, y_N: Array, at_MF: Array) -> tuple[Array, Array, Array]:
    """Return fitted values and the deviation of a fresh score at M places, and the values that
    N scores are told to have without themselves."""
    scale_F, middle_F, middle, count = x_NF.std(axis=0), x_NF.mean(axis=0), y_N.mean(), len(y_N)
    z_NF, z_MF = (x_NF - middle_F) / scale_F, (at_MF - middle_F) / scale_F
    apart_NN, straight_NN = _products(z_NF, z_NF)
    best = -np.inf
    for length, noise in product(_LENGTHS, _NOISES):
        prior_NN = np.exp(-apart_NN / (2 * length**2)) + straight_NN
        root_NN = np.linalg.cholesky(prior_NN + noise * np.eye(count))
        white_N = solve_triangular(root_NN, y_N - middle, lower=True)
        scale = float(white_N @ white_N) / count  # the likeliest, given length and noise
        likelihood = -0.5 * count * np.log(scale) - float(np.log(np.diag(root_NN)).sum())
        if likelihood > best:
            best, kept = likelihood, (length, noise, scale, prior_NN)
    length, noise, scale, prior_NN = kept
    inverse_NN = np.linalg.inv(prior_NN + noise * np.eye(count))
    weights_N = inverse_NN @ (y_N - middle)
    apart_MN, straight_MN = _products(z_MF, z_NF)
    prior_MN = np.exp(-apart_MN / (2 * length**2)) + straight_MN
    own_M = 1.5 + 0.5 * (z_MF**2).sum(axis=1)
    spread_M = own_M - ((prior_MN @ inverse_NN) * prior_MN).sum(axis=1)
    # Left out without fitting anew: Rasmussen and Williams, eq. 5.12.
    left_out_N = y_N - weights_N / np.diag(inverse_NN)
    sd_M = np.sqrt(scale * (np.maximum(spread_M, 0.0) + noise))
    return middle + prior_MN @ weights_N, sd_M, left_out_N


def _products(one_MF: Array, other_NF: Array) -> tuple[Array, Array]:
    """Return squared distances, and the covariance of straight lines with an intercept."""
    squares_MN = ((one_MF[:, None] - other_NF[None]) ** 2).sum(axis=-1)
    return squares_MN, 0.5 * (one_MF @ other_NF.T) + 0.5


def _shrunk(y_M: Array, fit_M: Array, groups_M: Array) -> Array:
    """Return scores drawn towards the mean of their group: their order stays.

    The share that is kept is the slope of the fit over the scores: 1 where it takes nothing for
    luck, 0 where all (Efron and Morris 1975 shrink alike, with a variance that is known).
    """
    _, group_M, sizes = np.unique(groups_M, return_inverse=True, return_counts=True)
    mean_M, fitted_M = ((np.bincount(group_M, one) / sizes)[group_M] for one in (y_M, fit_M))
    own_M = y_M - mean_M
    kept = float(own_M @ (fit_M - fitted_M)) / max(float(own_M @ own_M), np.finfo(float).tiny)
    return np.asarray(mean_M + min(max(kept, 0.0), 1.0) * own_M)


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
