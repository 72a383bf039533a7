"""A model of ReChorus scores here as it does there."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from rechorus_world import last_state, numbers, scores, state_dict, write_folder

from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings
from recsae.recommenders.rechorus.base_draft import draft, settings_of
from recsae.recommenders.rechorus.files import Checkpoint, read_checkpoint
from recsae.recommenders.rechorus.model import RechorusSASRec
from recsae.recommenders.rechorus.settings import RechorusSettings
from recsae.sequences import Sequences

CHECKPOINTS = Path(os.environ.get("RECSAE_DATA_DIR") or "nowhere").parent / "checkpoints"
REAL = CHECKPOINTS / "rechorus-sasrec-grocery-2L2H.pt"


def model_of(checkpoint: Checkpoint, heads: int) -> RechorusSASRec:
    """Return the model over the rows of its file, padding item included."""
    built = settings_of(checkpoint, num_heads=heads, max_len=None, dropout=0.5)
    model = RechorusSASRec(built, len(checkpoint.base["items.weight"]))
    model.load_state_dict(checkpoint.base)
    return model.eval()


def padded(histories: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, histories))
    items = torch.tensor([row + [0] * (longest - len(row)) for row in histories])
    return items, torch.tensor([len(row) for row in histories])


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, int], list[list[int]]]:
    heads = draw(st.integers(1, 4))
    sizes = {
        "rows": draw(st.integers(2, 30)),
        "width": heads * draw(st.integers(1, 5)),
        "layers": draw(st.integers(1, 3)),
        "history": draw(st.integers(1, 9)),
        "seed": draw(st.integers(0, 99)),
    }
    item = st.integers(1, sizes["rows"] - 1)
    history = st.lists(item, min_size=1, max_size=sizes["history"])
    return {**sizes, "heads": heads}, draw(st.lists(history, min_size=1, max_size=4))


@settings(max_examples=40)
@given(case=cases())
def test_any_sizes_score_as_an_implementation_of_its_own(
    case: tuple[dict[str, int], list[list[int]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    sizes, histories = case
    heads = sizes.pop("heads")
    state = state_dict(**sizes)
    file = tmp_path_factory.mktemp("ckpt") / "model.pt"
    torch.save(state, file)
    checkpoint = read_checkpoint(file)
    model = model_of(checkpoint, heads)
    assert (checkpoint.layers, model.max_len) == (sizes["layers"], sizes["history"])
    items, lengths = padded(histories)
    with torch.no_grad():
        found = model.last(items, lengths) @ model.item_table().T
        states = model.hidden(items, lengths)
    weights = numbers(state)
    for row, history in enumerate(histories):
        expected = scores(weights, heads, history)
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=2e-4)
        for end in range(1, len(history) + 1):  # each state is that of its own history
            alone = last_state(weights, heads, history[:end])
            np.testing.assert_allclose(states[row, end - 1], alone, rtol=1e-4, atol=2e-4)
        assert not states[row, len(history) :].any()


@pytest.mark.skipif(
    not REAL.is_file(),
    reason="no checkpoints/ with that file beside RECSAE_DATA_DIR",
)
def test_the_logits_of_rechorus_own_code() -> None:
    checkpoint = read_checkpoint(REAL)
    expected = np.load(REAL.with_suffix(".logits.npz"))
    model = model_of(checkpoint, heads=2)
    history, lengths = torch.from_numpy(expected["history"]), torch.from_numpy(expected["lengths"])
    with torch.no_grad():
        found = model.last(history, lengths) @ model.item_table().T
    assert abs(found.numpy() - expected["logits"]).max() < 1e-4
    assert len(checkpoint.ignored) == 32
    assert all(key.startswith("trm_encoder.") for key in checkpoint.ignored)


def test_items_are_matched_by_the_ids_of_the_data(tmp_path: Path) -> None:
    """Ids are rows of the file's table, whose row 0 is padding; ids with gaps are refused."""
    folder = write_folder(tmp_path / "data", items=20)
    state = state_dict(rows=21, width=4, layers=1, history=5)
    torch.save(state, tmp_path / "model.pt")
    checkpoint = read_checkpoint(tmp_path / "model.pt")
    interactions = load(DataSettings(dataset=str(folder)))
    sequences = Sequences.of(interactions)
    built = settings_of(checkpoint, num_heads=2, max_len=3, dropout=None)
    made = draft(checkpoint, built, interactions, sequences, "model.pt")
    model = RechorusSASRec(built, interactions.n_items)
    model.load_state_dict(made.weights)
    windows = sequences.contexts(sequences.test, 3)
    items = torch.from_numpy(sequences.batch(windows))
    with torch.no_grad():
        found = model.eval().last(items, torch.from_numpy(windows.length)) @ model.item_table().T
    for row in range(len(items)):
        history = [int(i) for i in interactions.items[items[row, : windows.length[row]]]]
        expected = scores(numbers(state), 2, history)[interactions.items]
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=2e-4)


def test_however_it_was_saved_it_is_the_same(tmp_path: Path) -> None:
    state = {key: value.half() for key, value in state_dict(9, 4, 2, 5).items()}
    ways: dict[str, tuple[Any, bool]] = {
        "plain": (dict(state), True),
        "before 1.6": (dict(state), False),
        "double": ({key: value.double() for key, value in state.items()}, True),
        "parameters": ({key: torch.nn.Parameter(value) for key, value in state.items()}, True),
        "views": ({key: torch.stack([value, value])[1] for key, value in state.items()}, True),
        "of a module": (torch.nn.ParameterDict().state_dict() | state, True),
    }
    found = []
    for name, (saved, zipped) in ways.items():
        torch.save(saved, tmp_path / name, _use_new_zipfile_serialization=zipped)
        found.append(read_checkpoint(tmp_path / name).base)
    for other in found[1:]:
        assert list(other) == list(found[0])
        assert all(torch.equal(other[key], found[0][key]) for key in other)


def test_dropout_is_on_in_training_alone() -> None:
    built = RechorusSettings(emb_size=8, num_layers=1, num_heads=2, max_len=4, dropout=0.5)
    model = RechorusSASRec(built, 9)
    items, lengths = padded([[1, 2, 3], [4, 5]])
    with torch.no_grad():
        assert torch.equal(model.eval().hidden(items, lengths), model.hidden(items, lengths))
        model.train()
        assert not torch.equal(model.hidden(items, lengths), model.hidden(items, lengths))


def test_a_fingerprint_says_weights_settings_and_data(tmp_path: Path) -> None:
    interactions = load(DataSettings(dataset=str(write_folder(tmp_path / "data", items=20))))
    sequences = Sequences.of(interactions)

    def fingerprint(seed: int = 0, **changes: int | float) -> str:
        torch.save(state_dict(21, 4, 1, 5, seed=seed), tmp_path / "model.pt")
        checkpoint = read_checkpoint(tmp_path / "model.pt")
        values = {"num_heads": 2, "max_len": None, "dropout": None, **changes}
        built = settings_of(checkpoint, **values)
        return draft(checkpoint, built, interactions, sequences, "model.pt").fingerprint

    different = [{}, {"seed": 1}, {"num_heads": 1}, {"max_len": 4}, {"dropout": 0.1}]
    assert len({fingerprint(**changes) for changes in different}) == len(different)
    assert fingerprint() == fingerprint(max_len=5)
