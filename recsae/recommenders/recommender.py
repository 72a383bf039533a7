"""What is explained: a frozen model whose states are multiplied with its item table."""

from abc import ABC, abstractmethod

from torch import Tensor, nn


class Recommender(nn.Module, ABC):
    """A model that scores the next item by h @ table.T, h a state, table [I, D].

    Its weights are its `state_dict`; its dropout is active in training mode alone. A subclass says
    where states come from: SequenceRecommender or StoredRecommender. Shapes: B sequences, L their
    padded length, R rows, D width of the states, I items.
    """

    @abstractmethod
    def item_table(self) -> Tensor:
        """Return the table [I, D]: what follows a state h is scored by h @ table.T."""


class SequenceRecommender(Recommender):
    """A model with a state after any sequence of items."""

    max_len: int
    """Most items of a history that one state can depend on."""

    @abstractmethod
    def hidden(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return states [B, L, D] of items padded on the right; those of padding mean nothing."""

    @abstractmethod
    def last(self, items_BL: Tensor, lengths_B: Tensor) -> Tensor:
        """Return the state [B, D] after the last item of each history."""


class StoredRecommender(Recommender):
    """A model with states of the users of its own data alone, whatever items a history has."""

    @abstractmethod
    def states(self, user_R: Tensor, event_R: Tensor | None) -> Tensor:
        """Return the states [R, D] of users (codes) before events of theirs.

        event: places in the flat arrays of Sequences; None: now, after all that is known of them.
        Raises RecsaeError for a state that the model does not have.
        """
