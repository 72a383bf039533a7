"""Expected scores of a frame of trials: by model and objective; who teaches, and who is told."""

import numpy as np
import pandas as pd
import pytest

from recsae.results.expected import (
    best_first,
    expected,
    expected_frame,
)

SEEDS = range(20)


def frame(seed: int = 0, slope: float = 1.0, model: str = "SASRec_SAE") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    fvu_N = np.exp(rng.normal(size=30))
    score_N = 0.1 - 0.01 * slope * np.log(fvu_N) + 0.004 * rng.normal(size=30)
    columns = {"model_name": model, "dev/ndcg@10": score_N, "dev/fvu": fvu_N, "dev/l0": 16.0}
    ended = {"state": "COMPLETE", "epochs": 27, "dev/leak": 0.0}
    return pd.DataFrame({"trial_id": range(30), **columns, **ended})


def told(trials: pd.DataFrame, objectives: dict[str, str]) -> pd.DataFrame:
    """Return the frame where all complete trials may be best."""
    return expected_frame(trials, objectives, trials["state"] == "COMPLETE")


def test_each_model_has_a_relation_of_its_own() -> None:
    other = frame(1, -1.0, "SASRec_SAE_Attention").assign(trial_id=range(30, 60))
    both = pd.concat([frame(), other], ignore_index=True)
    found = told(both, {"ndcg@10": "max"})
    alone = told(other, {"ndcg@10": "max"})
    assert list(found["trial_id"]) == list(range(60)) and not found.attrs["why_observed"]
    np.testing.assert_array_equal(found["expected/ndcg@10"][30:], alone["expected/ndcg@10"])
    own = expected(other["dev/ndcg@10"], np.log(other[["dev/fvu", "dev/l0"]].to_numpy()))
    np.testing.assert_array_equal(alone["expected/ndcg@10"], own.values_N)
    np.testing.assert_array_equal(alone["expected_sd/ndcg@10"], own.errors_N)


def test_what_is_to_be_small_is_told_with_its_own_sign() -> None:
    trials = frame()
    trials.loc[0, "dev/ndcg@10"] = -9.0  # a training that diverged keeps its value
    down = told(trials.assign(**{"dev/loss": -trials["dev/ndcg@10"]}), {"loss": "min"})
    up = told(trials, {"ndcg@10": "max"})
    assert down["expected/loss"][0] == 9.0 and np.isnan(down["expected_sd/loss"][0])
    np.testing.assert_allclose(down["expected/loss"], -up["expected/ndcg@10"])
    np.testing.assert_allclose(down["expected_sd/loss"], up["expected_sd/ndcg@10"])


def test_an_objective_that_is_quiet_itself_stays_as_it_was_observed() -> None:
    trials = frame()
    trials["dev/l0"] = 1 / trials["dev/fvu"]
    for name in ("fvu", "l0"):
        found = told(trials, {name: "min"})
        assert found.attrs["why_observed"] == {name: "a seed moves it little"}
        assert list(found[f"expected/{name}"]) == list(trials[f"dev/{name}"])


def test_no_trial_that_may_be_best() -> None:
    found = told(frame().head(0), {"ndcg@10": "max"})
    assert found.empty and found.attrs["why_observed"] == {"ndcg@10": "no trial may be best"}


def halved(seed: int, slope: float) -> pd.DataFrame:
    """Return 60 trials of ASHA's kind: most end early with scores and FVU that are worse."""
    rng = np.random.default_rng(seed)
    epochs_N = np.repeat([1, 3, 9, 27], [36, 12, 7, 5])
    fvu_N = np.exp(0.5 * rng.normal(size=60)) / np.sqrt(epochs_N)
    true_N = 0.1 - 0.01 * slope * np.log(fvu_N) + 0.005 * np.log(epochs_N)
    columns = {"dev/ndcg@10": true_N + 0.004 * rng.normal(size=60), "dev/fvu": fvu_N}
    state = np.where(epochs_N == 27, "COMPLETE", "PRUNED")
    ended = {"state": state, "epochs": epochs_N, "dev/l0": 16.0, "dev/leak": 0.0}
    ids = {"trial_id": range(60), "model_name": "SASRec_SAE"}
    return pd.DataFrame({**ids, **columns, **ended, "true": true_N})


def test_stopped_trials_teach_how_the_few_complete_ones_are_told() -> None:
    by_luck, by_fit = [], []
    for seed in SEEDS:
        trials = halved(seed, 1.0)
        complete = trials[trials["state"] == "COMPLETE"].reset_index()
        found = told(trials, {"ndcg@10": "max"}).reset_index()
        assert list(found["trial_id"]) == list(complete["trial_id"])
        assert not found.attrs["why_observed"] and found["expected_sd/ndcg@10"].notna().all()
        by_luck.append(complete["true"][complete["dev/ndcg@10"].idxmax()])
        by_fit.append(complete["true"][found["expected/ndcg@10"].idxmax()])
    assert np.mean(by_fit) > np.mean(by_luck) + 0.0005


def test_that_scores_rise_with_the_epochs_is_no_reason_to_believe_the_measures() -> None:
    refused = []
    for seed in SEEDS:
        trials = halved(seed, 0.0)
        trials["dev/fvu"] = np.exp(np.random.default_rng(seed).normal(size=60))
        found = told(trials, {"ndcg@10": "max"})
        refused.append(bool(found.attrs["why_shrunk"]))
        complete = trials.set_index("trial_id")["dev/ndcg@10"][found["trial_id"]].to_numpy()
        if refused[-1]:
            assert (np.argsort(complete) == np.argsort(found["expected/ndcg@10"])).all()
    assert np.mean(refused) >= 0.9


def test_that_all_but_the_epochs_is_alike_leaves_the_observed_values() -> None:
    trials = halved(0, 0.0).assign(**{"dev/fvu": 0.5})
    found = told(trials, {"ndcg@10": "max"})
    assert found.attrs["why_observed"] == {"ndcg@10": "nothing differs between the trials"}


@pytest.mark.parametrize(("truth", "part"), [(0.0, 0.3), (0.3, 1.0)], ids=["all luck", "half luck"])
def test_where_the_measures_tell_nothing_the_best_is_told_nearer_to_what_it_is(
    truth: float, part: float
) -> None:
    """What the fit does not tell it takes for luck: all of it is, or half. The order stays."""
    flattered, said = [], []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        true_N = truth * rng.normal(size=40)
        score_N = true_N + 0.3 * rng.normal(size=40)
        found = expected(score_N, rng.normal(size=(40, 1)), shrinks=True)
        if found.why_shrunk:
            best = score_N.argmax()
            flattered.append(score_N[best] - true_N[best])
            said.append(found.values_N[best] - true_N[best])
            told_N = found.values_N[np.argsort(score_N)]
            assert (np.diff(told_N) >= 0).all() and not found.why_observed
            assert np.isfinite(found.errors_N).sum() >= 30
    assert len(said) >= 15
    assert abs(np.mean(said)) < part * np.mean(flattered)


def test_one_model_is_told_by_the_measures_the_other_is_drawn_to_its_mean() -> None:
    sound, other = frame(), frame(1, 0.0, "SASRec_SAE_Attention").assign(trial_id=range(30, 60))
    other["dev/fvu"] = np.random.default_rng(7).permutation(other["dev/fvu"])
    found = told(pd.concat([sound, other], ignore_index=True), {"ndcg@10": "max"})
    assert not found.attrs["why_observed"] and not found.attrs["why_shrunk"]
    np.testing.assert_array_equal(
        found["expected/ndcg@10"][:30], told(sound, {"ndcg@10": "max"})["expected/ndcg@10"]
    )
    alone = told(other, {"ndcg@10": "max"})
    assert alone.attrs["why_shrunk"] == {"ndcg@10": "the other measures do not tell the score"}
    assert found["expected/ndcg@10"][30:].std() < 0.5 * other["dev/ndcg@10"].std()


def test_k_may_change_the_relation() -> None:
    """With a small k a low FVU is worth more: both are told, neither by the mean of the two."""
    rng = np.random.default_rng(0)
    few_N = np.arange(60) < 30
    fvu_N, l0_N = np.exp(0.5 * rng.normal(size=60)), np.where(few_N, 4.0, 64.0)
    true_N = 0.1 - np.where(few_N, 0.03, 0.005) * np.log(fvu_N)
    trials = (
        frame()
        .head(0)
        .reindex(range(60))
        .assign(
            **{
                "trial_id": range(60),
                "model_name": "SASRec_SAE",
                "state": "COMPLETE",
                "epochs": 27,
            },
            **{"dev/ndcg@10": true_N + 0.004 * rng.normal(size=60), "dev/fvu": fvu_N},
            **{"dev/l0": l0_N, "dev/leak": 0.0},
        )
    )
    found = told(trials, {"ndcg@10": "max"})["expected/ndcg@10"].to_numpy()
    for own_N in (few_N, ~few_N):
        assert np.sqrt(np.mean((found - true_N)[own_N] ** 2)) < 0.003


def test_equal_ones_come_by_what_was_observed_and_then_by_age() -> None:
    trials = frame().head(4).assign(**{"dev/ndcg@10": [0.1, 0.2, 0.2, 0.3]})
    own = pd.DataFrame({"trial_id": [3, 2, 1, 0], "expected/ndcg@10": [0.1, 0.2, 0.2, 0.2]})
    assert best_first(trials, own, {"ndcg@10": "max"}) == [1, 2, 0, 3]
    assert best_first(trials, own, {"ndcg@10": "min"}) == [3, 0, 1, 2]


def test_trials_that_leak_or_failed_teach_nothing() -> None:
    trials = frame()
    others = trials.assign(trial_id=range(30, 60), **{"dev/ndcg@10": -trials["dev/ndcg@10"]})
    leaks, failed = others.assign(**{"dev/leak": 1.0}), others.assign(state="FAILED")
    for more in (leaks.assign(state="PRUNED"), failed):
        both = pd.concat([trials, more], ignore_index=True)
        pd.testing.assert_frame_equal(
            told(both, {"ndcg@10": "max"}), told(trials, {"ndcg@10": "max"})
        )


def test_complete_trials_unlike_all_others_keep_their_values() -> None:
    trials = frame()
    trials["state"] = np.where(np.arange(30) < 2, "COMPLETE", "PRUNED")
    trials.loc[:1, "dev/ndcg@10"] = -9.0
    found = told(trials, {"ndcg@10": "max"})
    assert found.attrs["why_observed"] == {"ndcg@10": "none is like the others"}
    assert list(found["expected/ndcg@10"]) == [-9.0, -9.0]


def test_trials_that_have_reported_nothing_yet() -> None:
    begun = pd.DataFrame({"trial_id": [0], "model_name": ["SASRec_SAE"], "state": ["RUNNING"]})
    found = told(begun.assign(epochs=0), {"ndcg@10": "max"})
    assert found.empty and found.attrs["why_observed"] == {"ndcg@10": "no trial may be best"}
