"""What the training of every variant obeys."""

import io
from typing import Any, Literal, get_args, get_origin

import pytest
import torch

from recsae.errors import SettingError
from recsae.sae.base import SAESettings
from recsae.sae.losses import loss_terms
from recsae.sae.model import SparseAutoencoder
from recsae.sae.recipes import RECIPES
from recsae.testing.sae_cases import ROWS, WIDTH, Case, SAELaws, cases, same, weights


class TrainingLaws(SAELaws):
    """Laws of the training of each of `names`."""

    def test_training_moves_every_trainable_parameter_and_stays_finite(
        self, case: Case, trained: SparseAutoencoder
    ) -> None:
        start = dict(case.trainer().model.named_parameters())
        for name, parameter in trained.named_parameters():
            assert parameter.isfinite().all(), name
            still = torch.equal(parameter, start[name])
            assert still is not parameter.requires_grad or case.variant.closed_form, name

    def test_every_trainable_parameter_gets_a_gradient(self, case: Case) -> None:
        if case.variant.closed_form:
            pytest.skip("nothing is optimised")
        run = case.train(epochs=1)
        model, recipe = run.model, RECIPES[case.settings.sae_recipe]
        model.train(recipe.dropout)
        rows = run._rows.at(self.here(torch.arange(32)))
        code = model.encode(rows.x_ND)
        dead_M = torch.tensor(
            sorted(set(range(model.latents)) - set(code.indices_BK.flatten().tolist()))
        )
        assert len(dead_M) > 0
        recon_BD = model.reconstruct(code, rows.x_ND)
        loss = loss_terms(model, rows, code, recon_BD, self.here(dead_M), recipe).loss
        model.zero_grad()
        torch.autograd.backward(loss)
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                assert parameter.grad is not None and parameter.grad.any(), name
        assert model.W_enc.grad is not None and model.W_enc.grad[dead_M].any()

    def test_a_frozen_dictionary_stays_as_drawn(
        self, case: Case, trained: SparseAutoencoder
    ) -> None:
        moved = not torch.equal(trained.W_dec, case.trainer().model.W_dec)
        assert moved is not case.variant.frozen_dictionary

    def test_a_closed_form_is_solved_in_the_first_epoch(self, case: Case) -> None:
        run = case.train(epochs=1)
        once = {name: weight.clone() for name, weight in weights(run.model).items()}
        run.epoch()
        assert same(once, weights(run.model)) is case.variant.closed_form

    def test_training_leaves_the_rows_alone(self, case: Case) -> None:
        before = ROWS[0].x_ND.clone()
        case.train(epochs=1)
        assert torch.equal(ROWS[0].x_ND, before)

    def test_the_same_seed_gives_the_same_weights(self, case: Case) -> None:
        runs = []
        for elsewhere in (1, 2):
            torch.manual_seed(elsewhere)
            runs.append(weights(case.train().model))
        assert same(*runs)

    @pytest.mark.parametrize("pause", [0, 1, 2])
    def test_paused_and_resumed_equals_uninterrupted(self, case: Case, pause: int) -> None:
        pause = min(pause, case.settings.sae_epochs)
        whole, first = case.trainer(), case.trainer()
        for _ in range(pause):
            first.epoch()
        file = io.BytesIO()
        torch.save(first.state_dict(), file)
        file.seek(0)
        torch.manual_seed(pause)
        second = case.trainer()
        second.load_state_dict(torch.load(file, weights_only=True))
        assert second.epochs_done == pause
        resumed = [second.epoch() for _ in range(case.settings.sae_epochs - pause)]
        torch.manual_seed(99)
        terms = [whole.epoch() for _ in range(case.settings.sae_epochs)]
        assert resumed == terms[pause:]
        assert same(weights(second.model), weights(whole.model))
        ended, expected = second.state_dict(), whole.state_dict()
        for part in ("silent", "rng", "epochs_done"):
            torch.testing.assert_close(ended[part], expected[part], rtol=0, atol=0)
        moments = ended["optimizer"]["state"], expected["optimizer"]["state"]
        torch.testing.assert_close(*moments, rtol=0, atol=0)

    def test_every_declared_setting_changes_the_trained_weights(
        self, name: str, setting: str
    ) -> None:
        """In one mode at least, or with more active latents: a setting without effect has no place
        in a space."""
        found = [*cases([name], self.device).values()]
        found += [c._replace(settings=changed(c.settings, "sae_k")) for c in found]
        runs = ((c, c._replace(settings=changed(c.settings, setting))) for c in found)
        assert any(not same(weights(a.train().model), weights(b.train().model)) for a, b in runs)

    def test_the_small_training_has_dead_latents(self, case: Case) -> None:
        """Without them the law on settings would say nothing about AuxK."""
        run = case.trainer()
        auxk = max(run.epoch()["auxk"] for _ in range(case.settings.sae_epochs))
        assert (auxk > 0) is not case.variant.closed_form


def changed(settings: SAESettings, name: str) -> SAESettings:
    """Return the settings with one of them changed to the first other value that is accepted."""
    value, kind = getattr(settings, name), type(settings)
    annotation = kind.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        others: list[Any] = list(get_args(annotation))
    elif isinstance(value, bool):
        others = [not value]
    elif isinstance(value, int):
        others = [2 * value, value + 1, value - 1]
    else:
        assert isinstance(value, float), f"say here how to change {name}"
        others = [value / 2, value + 0.1]
    for other in (other for other in others if other != value):
        try:
            candidate = kind.of(settings.values() | {name: other})
            candidate.check_width(WIDTH)
        except SettingError:
            continue
        return candidate
    raise AssertionError(f"no other value of {name} is accepted")
