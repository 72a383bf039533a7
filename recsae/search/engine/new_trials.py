"""What was drawn → a whole trial: rates scaled, defaults filled in, a seed of its own."""

from typing import Any

import numpy as np

from recsae.errors import SettingError
from recsae.sae.registry import variant
from recsae.search.engine.strategy import StartTrial
from recsae.settings import fields
from recsae.space.parameters import MODEL, Draw, Scripted
from recsae.space.space import SearchSpace

SEED, EPOCHS = "sae_seed", "sae_epochs"


class Noting:
    """A Draw that keeps what another one picks; `drawn` is what `Trial.drawn` holds."""

    def __init__(self, draw: Draw) -> None:
        self._draw = draw
        self.drawn: dict[str, Any] = {}

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> Any:
        """Note an integer."""
        return self._noted(name, self._draw.int(name, low, high, log, step))

    def float(self, name: str, low: float, high: float, log: bool) -> Any:
        """Note a number."""
        return self._noted(name, self._draw.float(name, low, high, log))

    def choice(self, name: str, options: Any) -> Any:
        """Note an option."""
        return self._noted(name, self._draw.choice(name, options))

    def _noted(self, name: str, value: Any) -> Any:
        self.drawn[name] = value
        return value


def drawn_by(space: SearchSpace, draw: Draw) -> dict[str, Any]:
    """Return what `draw` picks of a space, under the parameters' names, before scaling."""
    noting = Noting(draw)
    space.suggest(noting)
    return noting.drawn


def completed(space: SearchSpace, drawn: dict[str, Any], trial_id: int) -> StartTrial:
    """Return the trial of what was drawn; settings that contradict each other are left as drawn.

    Such a trial meets the same error when it starts, and its row will tell it.
    """
    params = space.suggest(Scripted(drawn))
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
