"""What every variant obeys once trained."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import SettingError
from recsae.metrics.leakage import MAX_LEAK_SHARE, leak_audit, leaks
from recsae.sae.files import load, save
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant
from recsae.testing.sae_cases import (
    LAWS,
    ROWS,
    Case,
    SAELaws,
    cases,
    drawn_case,
    other_rows,
    same,
    weights,
)


class VariantLaws(SAELaws):
    """Laws of each of `names`, once trained."""

    def test_the_reconstruction_depends_on_x_only_if_declared(
        self, case: Case, trained: SparseAutoencoder
    ) -> None:
        declared = case.variant.may_leak(case.settings)
        assert depends_on_x(trained) is declared
        figures = leak_audit(self.here(ROWS[0].x_ND), trained).figures
        assert leaks(figures) is declared
        assert (figures["leak_share"] > MAX_LEAK_SHARE) is declared

    @torch.no_grad()
    def test_codes_are_sparse_and_not_negative(
        self, case: Case, trained: SparseAutoencoder
    ) -> None:
        code = trained.encode(self.other_rows())
        assert code.values_BK.shape == code.indices_BK.shape == (50, case.settings.sae_k)
        assert (code.values_BK >= 0).all() and (code.values_BK > 0).any()
        assert code.indices_BK.min() >= 0 and code.indices_BK.max() < trained.latents
        assert all(len(set(row)) == len(row) for row in code.indices_BK.tolist())
        l0 = (code.values_BK > 0).sum(1).double().mean()
        assert 0 < l0 <= case.settings.sae_k

    @torch.no_grad()
    def test_forward_is_reconstruct_after_encode(self, trained: SparseAutoencoder) -> None:
        x = self.other_rows()
        assert torch.equal(trained(x), trained.reconstruct(trained.encode(x), x))

    @torch.no_grad()
    def test_dropout_is_inactive_in_evaluation(self, trained: SparseAutoencoder) -> None:
        assert not any(module.training for module in trained.modules())
        assert torch.equal(trained(self.other_rows()), trained(self.other_rows()))

    @torch.no_grad()
    def test_rows_do_not_see_each_other(self, trained: SparseAutoencoder) -> None:
        x = self.other_rows()
        torch.testing.assert_close(trained(x.flip(0)).flip(0), trained(x))
        torch.testing.assert_close(trained(x[7:8]), trained(x)[7:8])

    def test_measures_do_not_depend_on_the_order_of_the_rows(
        self, trained: SparseAutoencoder
    ) -> None:
        x = self.here(ROWS[0].x_ND)
        one, other = (leak_audit(rows, trained).figures for rows in (x, x.flip(0)))
        for name in ("fvu", "fvu_code", "fvu_zeroed"):
            assert one[name] == pytest.approx(other[name], rel=1e-5, abs=1e-9), name

    def test_decoder_rows_have_length_one_under_the_default_recipe(
        self, case: Case, trained: SparseAutoencoder
    ) -> None:
        length_N = trained.W_dec.norm(dim=1)
        if case.settings.sae_recipe == "default" or case.variant.frozen_dictionary:
            torch.testing.assert_close(length_N, torch.ones_like(length_N))
        assert (length_N - 1).abs().max() < 0.2

    @torch.no_grad()
    def test_saved_and_loaded_it_is_the_same(
        self, case: Case, trained: SparseAutoencoder, tmp_path: Path
    ) -> None:
        save(trained, tmp_path / "model", {"note": 1})
        loaded, extra = load(tmp_path / "model")
        assert extra == {"note": 1} and loaded.settings == case.settings
        assert type(loaded.variant) is type(case.variant)
        assert same(weights(loaded), trained.kept(weights(trained)))
        loaded.to(self.other_rows().device)
        assert torch.equal(loaded(self.other_rows()), trained(self.other_rows()))

    @LAWS
    @given(data=st.data())
    def test_drawn_settings_obey_too(self, name: str, data: st.DataObject) -> None:
        case = data.draw(drawn_case(name, self.device))
        run = case.train(epochs=1)
        model, x = run.model, self.other_rows()
        assert all(weight.isfinite().all() for weight in model.parameters())
        with torch.no_grad():
            code = model.encode(x)
            assert code.values_BK.shape == (50, case.settings.sae_k) and (code.values_BK >= 0).all()
            assert torch.equal(model(x), model.reconstruct(code, x))
        assert depends_on_x(model) <= case.variant.may_leak(case.settings)
        again = case.trainer()
        again.load_state_dict(run.state_dict())
        assert again.epoch() == run.epoch()
        assert same(weights(again.model), weights(model))

    def test_settings_are_named_and_explained(self, name: str) -> None:
        kind = variant(name)
        assert kind.name == name and kind.Settings.of({}).sae_k >= 1
        for field, info in kind.Settings.model_fields.items():
            assert field.startswith("sae_") and info.description, field

    def test_more_active_latents_than_there_are_is_refused(self, name: str) -> None:
        fitting = next(iter(cases([name], self.device).values()))
        over = type(fitting.settings).of(fitting.settings.values() | {"sae_k": 1000})
        with pytest.raises(SettingError, match="sae_k"):
            fitting._replace(settings=over).trainer()


@torch.no_grad()
def depends_on_x(model: SparseAutoencoder) -> bool:
    """Return True if R(c, x) changes with x, given as an argument or remembered from encoding."""
    x, other = (other_rows(seed).to(model.W_dec.device) for seed in (1, 2))
    code = model.encode(x)
    recon = model.reconstruct(code, x)
    model.encode(other)
    return not torch.equal(recon, model.reconstruct(code, other))
