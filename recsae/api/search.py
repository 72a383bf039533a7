"""A search from Python."""

from collections.abc import Mapping, Sequence
from typing import Any

from recsae.api.results import Results, load_results
from recsae.api.spaces import SpaceLike, space_from
from recsae.callbacks.base import Callback
from recsae.jobs import search as jobs


def tune(
    space: SpaceLike,
    *,
    dataset: str | None = None,
    trials: int | None = None,
    seed: int | None = None,
    sampler: str | None = None,
    scheduler: str | None = None,
    name: str | None = None,
    workers: int | None = None,
    storage: str | None = None,
    address: str | None = None,
    warm_start: Sequence[str] = (),
    callbacks: Sequence[Callback] = (),
    search: Mapping[str, Any] | None = None,
    resources: Mapping[str, Any] | None = None,
) -> Results:
    """Search a space into a new run, as `recsae tune` does, and return what was found.

    space: a YAML file or shipped name, a mapping with the keys of such a file, or a `Space`. What
    is given beside it wins over what it says; `search` and `resources` take the other settings of
    these sections. A Ctrl-C ends the search with what there is; `resume` goes on with it. Raises
    RecsaeError where the command line prints a line and exits with 2.
    """
    named = {"trials": trials, "seed": seed, "sampler": sampler}
    wanted = space_from(space).override(
        data={"dataset": dataset},
        search={**(search or {}), **_given(named)},
        scheduler={"name": scheduler},
        resources=resources,
    )
    where = jobs.Where(workers, storage, address)
    found = jobs.tune(wanted, where, name=name, warm_start=warm_start, callbacks=callbacks)
    return load_results(found["path"])


def resume(
    run: str,
    *,
    trials: int | None = None,
    extend: bool = False,
    workers: int | None = None,
    storage: str | None = None,
    address: str | None = None,
    callbacks: Sequence[Callback] = (),
) -> Results:
    """Go on with a run where it was left, as `recsae tune --resume` does.

    extend: more `trials`, or code that has changed, are wanted. Raises RecsaeError.
    """
    where = jobs.Where(workers, storage, address)
    overrides = {"search": _given({"trials": trials})}
    found = jobs.resume(run, where, overrides=overrides, extend=extend, callbacks=callbacks)
    return load_results(found["path"])


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
