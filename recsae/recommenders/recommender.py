"""What is explained: a frozen model whose states are multiplied with its item table."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Recommender(nn.Module, ABC):
    """A model that scores the next item by h @ table.T, h its state after a history.

    Its weights are its `state_dict`; its dropout is active in training mode alone. Shapes: B
    sequences, L their padded length, D width of the states, I items.
    """

    max_len: int
    """Most items of a history that one state can depend on."""

    @abstractmethod
    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return states [B, L, D] of items padded on the right; those of padding mean nothing."""

    @abstractmethod
    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the state [B, D] after the last item of each history."""

    @abstractmethod
    def item_table(self) -> Tensor:
        """Return the table [I, D]: what follows a state h is scored by h @ table.T."""
