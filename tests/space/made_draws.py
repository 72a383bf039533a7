"""Draws for tests: by chance, or as answers are given."""

from typing import Any

import numpy as np

from recsae.space import Draw, Parameter


def by_chance(seed: int) -> Draw:
    """Pick by a random generator, that tries the ends of a range too."""
    random = np.random.default_rng(seed)

    def draw(parameter: Parameter) -> Any:
        if parameter.kind == "float":
            assert parameter.low is not None and parameter.high is not None
            options = [*parameter.corners(), float(random.uniform(parameter.low, parameter.high))]
        else:
            inside = parameter.grid()[int(random.integers(len(parameter.grid())))]
            options = [*parameter.corners(), inside]
        return options[int(random.integers(len(options)))]

    return draw


class First:
    """Picks the low end or the first choice, but the named answers; keeps what was asked for."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[Parameter] = []

    def __call__(self, parameter: Parameter) -> Any:
        self.asked.append(parameter)
        return self.answers.get(parameter.name, parameter.corners()[0])
