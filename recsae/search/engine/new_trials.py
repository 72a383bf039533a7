"""What was drawn → a whole trial: rates scaled, defaults filled in, a seed of its own."""

from typing import Any

import numpy as np

from recsae.errors import SettingError
from recsae.sae.registry import variant
from recsae.search.engine.strategy import StartTrial
from recsae.settings import fields
from recsae.space import SearchSpace
from recsae.space.parameters import EPOCHS, MODEL, SEED, drawn_before


def completed(space: SearchSpace, drawn: dict[str, Any], trial_id: int) -> StartTrial:
    """Return the trial of what was drawn; settings that contradict each other are left as drawn.

    Such a trial meets the same error when it starts, and its row will tell it.
    """
    params = space.suggest(drawn_before(drawn))
    model = params[MODEL]
    if SEED in fields(variant(model).Settings):
        params.setdefault(SEED, trial_seed(space.search.seed, trial_id))
    try:
        settings = space.settings_for(params).values()
    except SettingError:
        settings = {name: value for name, value in params.items() if name != MODEL}
    return StartTrial(model, drawn, settings, int(settings.get(EPOCHS, space.max_epochs)))


def trial_seed(search_seed: int, trial_id: int) -> int:
    """Return the seed of one trial, the same in every search with this seed."""
    return int(np.random.SeedSequence([search_seed, trial_id]).generate_state(1)[0] >> 1)
