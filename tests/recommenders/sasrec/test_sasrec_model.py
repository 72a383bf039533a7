"""What a state may depend on."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from recsae.errors import SettingError
from recsae.recommenders.sasrec.model import SASRec
from recsae.recommenders.sasrec.settings import SASRecSettings

ITEMS = 20


@pytest.fixture(
    params=[{}, {"num_heads": 1, "num_layers": 1}, {"num_heads": 4}, {"temperature": 0.1}]
)
def model(request: pytest.FixtureRequest) -> SASRec:
    values = {"emb_size": 8, "num_heads": 2, "max_len": 9, **request.param}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = SASRec(SASRecSettings.of(values), ITEMS)
        for weights in made.parameters():  # far from the small start, so that all of it matters
            torch.nn.init.normal_(weights, std=0.5)
    return made.eval()


def states(model: SASRec, *rows: list[int]) -> Tensor:
    length = max(map(len, rows))
    items = torch.tensor([row + [0] * (length - len(row)) for row in rows])
    with torch.no_grad():
        return model.hidden(items, torch.tensor([len(row) for row in rows]))


def test_a_state_does_not_depend_on_what_comes_later(model: SASRec) -> None:
    found = states(model, [1, 2, 3, 4, 5, 6], [1, 2, 3, 9, 9, 9])
    torch.testing.assert_close(found[0, :3], found[1, :3])
    assert not torch.allclose(found[0, 3:], found[1, 3:])


def test_a_state_does_not_depend_on_padding_or_its_batch(model: SASRec) -> None:
    alone, together = states(model, [7, 8]), states(model, [7, 8], [1, 2, 3, 4, 5, 6, 7])
    torch.testing.assert_close(alone[0], together[0, :2])


def test_a_state_depends_on_the_order_of_what_came_before(model: SASRec) -> None:
    found = states(model, [1, 2, 3], [2, 1, 3])
    assert not torch.allclose(found[0, 2], found[1, 2])


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_head_may_have_any_width(width: int) -> None:
    settings = SASRecSettings(emb_size=2 * width, num_heads=2, max_len=10)
    found = states(SASRec(settings, ITEMS).eval(), [1, 2, 3])
    assert found.shape == (1, 3, 2 * width) and bool(torch.isfinite(found).all())


def test_the_table_scores_every_item(model: SASRec) -> None:
    assert model.item_table().shape == (ITEMS, 8)
    assert states(model, [1, 2]).shape == (1, 2, 8)


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_a_temperature_scores_by_the_cosine(temperature: float) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        settings = SASRecSettings(emb_size=8, num_heads=2, temperature=temperature)
        model = SASRec(settings, ITEMS).eval()
    found = states(model, [1, 2, 3])[0]
    torch.testing.assert_close(found.square().mean(1), torch.ones(3))
    cosines = functional.cosine_similarity(found[:, None], model.items.weight, dim=-1)
    torch.testing.assert_close(found @ model.item_table().T, cosines.detach() / temperature)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"num_heads": 3}, "num_heads: expected a divisor of emb_size 64, got 3"),
        ({"emb_size": 33}, "num_heads: expected a divisor of emb_size 33, got 4"),
        ({"dropout": 1.0}, "dropout: expected a number >= 0 and < 1, got 1.0"),
        ({"num_head": 2}, "num_head: no such setting (did you mean 'num_heads'?)"),
    ],
)
def test_impossible_settings_are_refused_in_a_line(values: dict[str, object], line: str) -> None:
    with pytest.raises(SettingError) as caught:
        SASRecSettings.of(values)
    assert str(caught.value) == line


def test_defaults_are_the_seeds() -> None:
    found = SASRecSettings().values()
    seed = {"emb_size": 64, "num_layers": 2, "num_heads": 4, "dropout": 0.2, "lr": 1e-3}
    assert {name: found[name] for name in seed} == seed
