"""What ReChorus' SASRec declares; loads without torch."""

from typing import TYPE_CHECKING, final

from recsae.recommenders.architecture import Architecture
from recsae.recommenders.rechorus.settings import RechorusSettings

if TYPE_CHECKING:
    from recsae.recommenders.rechorus.model import RechorusSASRec


@final
class RechorusArchitecture(Architecture):
    """ReChorus' SASRec, as it was trained there."""

    name = "rechorus"
    Settings = RechorusSettings
    imported = True

    def build(self, settings: RechorusSettings, n_items: int) -> "RechorusSASRec":
        """Return a model whose weights are yet to be loaded."""
        from recsae.recommenders.rechorus.model import RechorusSASRec

        return RechorusSASRec(settings, n_items)
