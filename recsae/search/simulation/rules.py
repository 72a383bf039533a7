"""The rules that are asked about: a run's own, with what differs, for one scheduler or for each."""

from collections.abc import Mapping
from typing import Any

from recsae.errors import SettingError
from recsae.space import SearchSpace
from recsae.space.kinds import SAMPLERS, SCHEDULERS


def asked_spaces(
    own: SearchSpace, search: Mapping[str, Any], scheduler: Mapping[str, Any]
) -> list[SearchSpace]:
    """Return the run's space with each of the rules that are asked for."""
    sampler = search.get("sampler")
    if sampler is not None and SAMPLERS.says(str(sampler), "decides"):
        words = "expected one that leaves trials to a scheduler; what this one would propose"
        raise SettingError("sampler", f"{words} was never trained, got {sampler}")
    # No sampler proposes anything here, and no setting is trained again with another seed.
    fixed = {"sampler": "random", **search, "stop_at_noise": False}
    names = [scheduler["name"]] if scheduler.get("name") else SCHEDULERS.names
    return [own.override(search=fixed, scheduler={**scheduler, "name": name}) for name in names]


def notes_on(own: SearchSpace, wanted: int, recorded: int) -> list[str]:
    """Return what a reader must know beside the figures."""
    notes: list[str] = []
    if wanted > recorded:
        notes.append(f"{recorded} trials are recorded, not {wanted}: these are what there is")
    if own.search.stop_at_noise:
        notes.append("stop_at_noise is left out: what it would train again is not recorded")
    if SAMPLERS.says(own.search.sampler, "decides"):
        notes.append(f"the run's own rules are not here: {own.search.sampler} decides by itself")
    return notes
