"""What imported states declare; loads without torch."""

from typing import TYPE_CHECKING, final

from recsae.recommenders.architecture import Architecture
from recsae.recommenders.own_states.settings import OwnStatesSettings

if TYPE_CHECKING:
    from recsae.recommenders.own_states.model import OwnStates


@final
class OwnStatesArchitecture(Architecture):
    """States that were computed elsewhere, without the model that gave them."""

    name = "states"
    Settings = OwnStatesSettings
    imported = True
    own_data = True

    def build(self, settings: OwnStatesSettings, n_items: int) -> "OwnStates":
        """Return a table of states that are yet to be loaded."""
        from recsae.recommenders.own_states.model import OwnStates

        return OwnStates(settings, n_items)
