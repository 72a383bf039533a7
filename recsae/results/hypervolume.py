"""The exact hypervolume of a set of points, as it grows point by point. Pure functions of arrays.

What is dominated is kept as boxes that do not overlap, one for each local upper bound of the front
(Lacour, Klamroth and Fonseca 2017, A box decomposition algorithm to compute the hypervolume
indicator). A local upper bound is a largest corner of the region that no point dominates; each of
its coordinates is that of a point, which defines it there, or of the reference. A front of n points
has n + 1 bounds with two objectives and at most 2n + 1 with three.

Shapes: N points, M objectives, P points with the M ends of the reference, B bounds, R replaced
ones. Costs: less is better.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def hypervolumes(costs_NM: Array, reference_M: Array) -> Array:
    """Return the volume that the first 1, 2, … N points dominate up to a reference, float64 [N].

    A point that is not below the reference in every objective counts nothing.
    """
    points, width = costs_NM.shape
    ranks_PM, values_PM = _table(costs_NM, reference_M)
    defining_BM = np.arange(points, points + width)[None, :]
    bounds_BM = ranks_PM[defining_BM, np.arange(width)]
    boxes_B = np.zeros(1)
    volumes_N = np.zeros(points)
    below_N = np.asarray((costs_NM < reference_M).all(axis=1))
    for point in range(points):
        replaced_B = (ranks_PM[point] < bounds_BM).all(axis=1) & below_N[point]
        if replaced_B.any():
            new = _successors(point, defining_BM[replaced_B], ranks_PM)
            new_bounds = ranks_PM[new, np.arange(width)]
            defining_BM = np.concatenate([defining_BM[~replaced_B], new])
            bounds_BM = np.concatenate([bounds_BM[~replaced_B], new_bounds])
            boxes_B = np.concatenate([boxes_B[~replaced_B], _boxes(new, values_PM)])
        volumes_N[point] = boxes_B.sum()
    return volumes_N


def _table(costs_NM: Array, reference_M: Array) -> tuple[Ints, Array]:
    """Return ranks and values of the points and of the ends of the reference, each [P, M].

    End k has the reference's value in objective k, and is no worse than any point in the others.
    Bounds are compared by ranks, where equal costs count in the order of the points: the method
    needs costs that differ, and moving a tie by nothing changes no volume.
    """
    points, width = costs_NM.shape
    # The argsort of an argsort is each entry's rank.
    ranks_NM = np.argsort(np.argsort(costs_NM, axis=0, kind="stable"), axis=0)
    end_ranks = np.full((width, width), -1)
    np.fill_diagonal(end_ranks, points)
    end_values = np.tile(costs_NM.min(axis=0, initial=0.0), (width, 1))
    np.fill_diagonal(end_values, reference_M)
    return np.vstack([ranks_NM, end_ranks]), np.vstack([costs_NM, end_values])


def _successors(point: int, defining_RM: Ints, ranks_PM: Ints) -> Ints:
    """Return the bounds, by the points that define them, in place of those that a point dominates.

    The point takes one coordinate of a bound each time, if it is the largest of those that define
    the bound there; where it is not, another successor lies above.
    """
    width = defining_RM.shape[1]
    ranks_RMM = ranks_PM[defining_RM]  # the second M: objectives
    # The point that defines the objective itself does not count: it is what is replaced.
    ranks_RMM[:, np.arange(width), np.arange(width)] = -2
    bound, objective = np.nonzero(ranks_PM[point] > ranks_RMM.max(axis=1))
    new = defining_RM[bound]
    new[np.arange(len(new)), objective] = point
    return new


def _boxes(defining_BM: Ints, values_PM: Array) -> Array:
    """Return the volumes of the boxes of some bounds, [B] (equation 2 of the paper).

    In the first objective a box reaches from its bound to the reference, in another one down from
    its bound to the largest of the points that define the objectives before.
    """
    width = defining_BM.shape[1]
    reference = values_PM[len(values_PM) - width, 0]
    volumes_B = reference - values_PM[defining_BM[:, 0], 0]
    for objective in range(1, width):
        upper_B = values_PM[defining_BM[:, objective], objective]
        lower_B = values_PM[defining_BM[:, :objective], objective].max(axis=1)
        volumes_B = volumes_B * (upper_B - lower_B)
    return np.asarray(volumes_B)
