"""A search space from Python values."""

from collections.abc import Mapping, Sequence
from typing import Any

from recsae.settings import path_of
from recsae.space import SearchSpace, load_space, space_of

SpaceLike = SearchSpace | Mapping[str, Any] | str


def Space(
    model_name: str | Sequence[str],
    parameters: Mapping[str, Any],
    *,
    dataset: str | None = None,
    objectives: Mapping[str, str] | None = None,
    **sections: Any,
) -> SearchSpace:
    """Return the space that a YAML file with these keys is; raises RecsaeError as for a file.

    parameters: e.g. {"sae_k": {"int": [2, 16], "log": True}, "sae_epochs": 9}. sections: the other
    keys of a space file: search, scheduler, resources, base, data, constraints, points. dataset:
    left out, synthetic, unless a base is named that brings its own.
    """
    if dataset is None and "checkpoint" not in (sections.get("base") or {}):
        dataset = "synthetic"
    about = {"model_name": model_name, "dataset": dataset, "parameters": dict(parameters)}
    aims = {} if objectives is None else {"objectives": dict(objectives)}
    return space_of({**about, **aims, **sections}, "Space()")


def space_from(space: SpaceLike) -> SearchSpace:
    """Return a space: as it is, of values as a YAML file has them, or of a file or shipped name."""
    if isinstance(space, SearchSpace):
        return space
    if isinstance(space, Mapping):
        return space_of(dict(space), "space")
    return load_space(str(path_of(space)))
