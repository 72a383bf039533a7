"""A hint knows what else the field calls something."""

import pytest

from recsae.errors import nearest
from recsae.metrics.registry import metrics
from recsae.space.kinds import SAMPLERS, SCHEDULERS


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("bayes", "tpe"),
        ("Sobol", "qmc"),
        ("recall@10", "hr@10"),
        ("Recall@20", "hr@20"),
        ("nsga2", "nsgaii"),
        ("successive_halving", "asha"),
        ("fifo", "none"),
        ("ndgc@10", "ndcg@10"),
    ],
)
def test_another_name_is_understood(word: str, hint: str) -> None:
    names = [*SAMPLERS.names, *SCHEDULERS.names, *metrics()]
    assert nearest(word, names) == f" (did you mean {hint!r}?)"


def test_a_name_that_is_not_there_is_no_hint() -> None:
    assert nearest("bayes", ["random", "asha"]) == ""
    assert nearest("recall@7", ["kl"]) == ""
