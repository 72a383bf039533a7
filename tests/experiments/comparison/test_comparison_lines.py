"""Figures and contrasts of stored trainings, by hand."""

from typing import Any

import numpy as np
import pytest
from comparison.plan import BASE, PLAIN
from comparison.report import lines
from comparison.report.lines import Retrained
from comparison.store import Trained

USERS = 300


def trained(shift: float, seed: int, leak: bool = False) -> Trained:
    """A training whose users gain `shift` over common luck, and a little luck of its own."""
    luck_U = np.random.default_rng(0).random(USERS)
    own_U = 0.01 * np.random.default_rng(seed + 1).normal(size=USERS)
    value_U = (luck_U + shift + own_U).astype(np.float32)
    names = ("ndcg@10", "hr@50", "percentile", "auc_latent", "auc_probe")
    dev = {"ndcg@10": 0.5 + shift, "fvu": 0.1, "leak": leak}
    return Trained({"dev": dev}, dict.fromkeys(names, value_U))


def model(label: str, shift: float, seeds: int = 2, leak: bool = False) -> Retrained:
    rows = [[trained(shift, 10 * b + s, leak) for s in range(seeds)] for b in range(2)]
    return Retrained(label, rows, f"{label}{shift}")


@pytest.fixture
def models() -> dict[str, Retrained]:
    return {
        BASE: model(BASE, 0.0, seeds=1),
        PLAIN: model(PLAIN, -0.2),
        "Contrastive": model("Contrastive", -0.2),
        "Attention code": model("Attention code", 0.1),
    }


def groups() -> dict[str, Any]:
    everyone = np.ones(USERS, bool)
    return {"all": everyone, "sparse_users": everyone, "cold_items": np.arange(USERS) < 199}


def found(models: dict[str, Retrained]) -> dict[tuple[str, ...], lines.Tested]:
    return {tuple(t.contrast): t for t in lines.tested_contrasts(models, groups(), draws=400)}


def test_contrasts_are_paired_by_user(models: dict[str, Retrained]) -> None:
    tested = found(models)
    one = tested["Attention code", BASE, "all", "ndcg@10"]
    assert one.interval.mean == pytest.approx(0.1, abs=1e-3)
    assert 0.099 < one.interval.low < one.interval.high < 0.101 + 1e-3
    assert one.users == USERS and one.in_family
    assert not any(key[0] == "Attention published" for key in tested)
    small = tested["Attention code", BASE, "cold_items", "ndcg@10"]
    assert small.users == 199 and not small.in_family


def test_verdicts_know_which_way_is_better(models: dict[str, Retrained]) -> None:
    tested = lines.tested_contrasts(models, groups(), draws=4000)
    rows, family = lines.corrected({("data", "trials"): tested}, final=True)
    by_name = {(r["variant"], r["reference"], r["group"], r["measure"]): r for r in rows}
    better = by_name["Attention code", PLAIN, "all", "ndcg@10"]
    assert better["verdict"] == "better" and better["p"] < better["p_holm"] < 0.05
    assert by_name["Contrastive", BASE, "all", "auc_probe"]["verdict"] == "worse"
    assert by_name["Contrastive", PLAIN, "all", "ndcg@10"]["verdict"] == "no difference shown"
    few = by_name["Attention code", PLAIN, "cold_items", "ndcg@10"]
    assert few["verdict"] is None and few["p"] is None and few["p_holm"] is None
    assert family == 2 * 2 * (2 + 2)  # variants x references x (groups of NDCG + two AUCs)
    none, _ = lines.corrected({("data", "trials"): tested}, final=False)
    assert {row["verdict"] for row in none} == {None}


def test_the_same_winners_of_both_budgets_are_one_test(models: dict[str, Retrained]) -> None:
    tested = lines.tested_contrasts(models, groups(), draws=200)
    once, family = lines.corrected({("data", "trials"): tested}, final=True)
    twice, same = lines.corrected(
        {("data", "trials"): tested, ("data", "seconds"): tested}, final=True
    )
    assert same == family and len(twice) == 2 * len(once)
    assert [row["p_holm"] for row in twice[: len(once)]] == [row["p_holm"] for row in once]
    _, other = lines.corrected({("data", "trials"): tested, ("more", "trials"): tested}, True)
    assert other == 2 * family


def test_figures_are_means_and_spreads_over_trainings(models: dict[str, Retrained]) -> None:
    figures = lines.figures_on_test(models[PLAIN], groups())
    values = models[PLAIN].values("ndcg@10").mean(2, dtype=float)
    assert figures["all"]["ndcg@10"]["mean"] == pytest.approx(values.mean())
    assert figures["all"]["ndcg@10"]["sd"] == pytest.approx(values.std(ddof=1))
    assert "auc_probe" in figures["all"] and "auc_probe" not in figures["cold_items"]
    assert lines.figures_on_dev(models[PLAIN])["fvu"] == {"mean": 0.1, "sd": 0.0}
    assert not lines.leaks(models[PLAIN]) and lines.leaks(model("x", 0.0, leak=True))


def test_without_categories_there_is_no_auc(models: dict[str, Retrained]) -> None:
    for row in models[BASE].trained_BS:
        for one in row:
            del one.arrays["auc_probe"]
    assert not any(key[3].startswith("auc") for key in found(models))
