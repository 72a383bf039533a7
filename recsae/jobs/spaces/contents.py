"""`space check`, `space show`, `space diff`: what a space file says, and what is wrong with it."""

from pathlib import Path
from typing import Any

from recsae.errors import suggested
from recsae.space import Parameter, load_space
from recsae.space.changes import changes
from recsae.space.files.mistakes import space_mistakes


def check(path: str | Path) -> dict[str, Any]:
    """Return all mistakes of a space file, by line; RecsaeError if there is no such file."""
    found = [
        {
            "file": error.source,
            "line": error.line or None,
            "key": error.key or None,
            "message": error.message,
            "nearest": suggested(error.message),
            "text": str(error),
        }
        for error in space_mistakes(path)
    ]
    return {"path": str(path), "valid": not found, "mistakes": found}


def describe(path: str | Path, samples: int, seed: int | None) -> dict[str, Any]:
    """Return what a search of a space will draw, with settings drawn at random.

    seed: of these; left out, that of the space. They are what its sampler `random` begins with.
    """
    from recsae.search.samplers.draws import Use, at_random, generator

    space = load_space(path)
    used = space.search.seed if seed is None else seed
    drawn = [space.drawn(at_random(generator(used, i, Use.CORE))) for i in range(samples)]
    grid = space.grid
    return {
        "path": str(path),
        "models": list(space.models),
        "dataset": space.dataset,
        "parameters": [_parameter(part) for one in space.with_model for part in one.parts],
        "settings": grid.size,
        "infinite": list(grid.infinite),
        "objectives": dict(space.objectives),
        "constraints": dict(space.constraints),
        "points": len(space.points),
        "sampler": space.search.sampler,
        "scheduler": space.scheduler.name,
        "trials": space.search.trials,
        "seed": used,
        "sample": drawn,
    }


def compare(one: str | Path, other: str | Path) -> dict[str, Any]:
    """Return what another space says otherwise."""
    found = changes(load_space(one), load_space(other), free=())
    told = [
        {"key": change.key, "old": change.old, "new": change.new, "widens": change.widens}
        for change in found
    ]
    return {"spaces": [str(one), str(other)], "same": not told, "changes": told}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "searched": parameter.searched,
        "draws": parameter.words().removeprefix(parameter.name).strip(),
        "values": None if parameter.continuous or parameter.ranges else len(parameter.grid()),
        "when": {name: list(values) for name, values in parameter.when},
    }
