"""What is expected to be gained by learning more: of one objective in closed form, else sampled."""

from typing import NamedTuple, Self

import numpy as np
from scipy.special import ndtr

from recsae.search.model.cube import Array

DIRECTIONS = 12
SAMPLES = 32


def gain(ahead: Array, spread: Array) -> tuple[Array, Array]:
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


class Fronts(NamedTuple):
    """Several objectives at once: hypervolume, as the mean over directions of one number each.

    In direction u a point y reaches min_k max(0, (y_k - floor_k) / u_k)^m; the mean of what a set
    reaches at best, over u on the positive part of the sphere, is its hypervolume but for a factor
    (Zhang and Golovin, 2020). So the rise of that is the expected hypervolume improvement.
    """

    floor: Array
    """[objective]: where hypervolume begins."""
    directions: Array
    """[direction, objective]."""
    reached: Array
    """[direction]: by what is known."""
    normals: Array
    """[sample, objective]: the same for all that is compared."""

    @classmethod
    def of(cls, front: Array, floor: Array, random: np.random.Generator) -> Self:
        """Return what a set of points reaches; `front`: [point, objective]."""
        several = len(floor)
        directions = np.abs(random.standard_normal((DIRECTIONS, several)))
        directions = np.maximum(directions / np.linalg.norm(directions, axis=1)[:, None], 0.02)
        half = random.standard_normal((SAMPLES // 2, several))
        reached = _reach(front, floor, directions).max(axis=1, initial=0.0)
        return cls(floor, directions, reached, np.vstack([half, -half]))

    def gain(self, mean: Array, spread: Array) -> tuple[Array, Array]:
        """Return the expected rise and its probability; both arrays: [..., objective]."""
        shape = mean.shape[:-1]
        flat, wide = mean.reshape(-1, mean.shape[-1]), spread.reshape(-1, mean.shape[-1])
        drawn = flat[None] + wide[None] * self.normals[:, None, :]
        reached = _reach(drawn.reshape(-1, mean.shape[-1]), self.floor, self.directions)
        rise = np.maximum(reached - self.reached[:, None], 0.0)
        rise = rise.reshape(len(self.directions), len(self.normals), -1)
        probable = (rise.max(axis=0) > 0).mean(axis=0)
        return rise.mean(axis=(0, 1)).reshape(shape), probable.reshape(shape)


def _reach(points: Array, floor: Array, directions: Array) -> Array:
    """Return how far each point reaches in each direction: [direction, point]."""
    above = np.maximum(points - floor, 0.0)
    least = (above[None, :, :] / directions[:, None, :]).min(axis=2)
    return np.asarray(least ** len(floor))
