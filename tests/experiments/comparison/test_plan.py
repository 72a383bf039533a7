"""What is fixed before: contrasts, which of them are tests, and equal search spaces."""

import pytest
from comparison.plan import (
    CLAIMED,
    CONTENDERS,
    FLOOR,
    GROUPS,
    QUICK,
    REFERENCES,
    Contender,
    Contrast,
    PlanSettings,
    contrasts,
    counts,
    words,
)
from comparison.spaces import space_for

from recsae.errors import SettingError


def test_every_claim_is_held_against_every_reference_in_every_group() -> None:
    found = contrasts(categories=True)
    assert len(set(found)) == len(found)
    assert len(found) == len(CLAIMED) * len(REFERENCES) * (len(GROUPS) * 3 + 2)
    assert {c.group for c in found if c.measure.startswith("auc")} == {"all"}
    assert not any(c.measure.startswith("auc") for c in contrasts(categories=False))
    assert CLAIMED == ("Attention published", "Attention code", "Contrastive")


def test_near_its_floor_ndcg_gives_way() -> None:
    def tests(base_ndcg: float, users: int = 1000) -> list[str]:
        asked = [Contrast("a", "b", "all", m) for m in ("ndcg@10", "hr@50", "percentile")]
        return [one.measure for one in asked if counts(one, base_ndcg, users)]

    assert tests(FLOOR) == ["ndcg@10"]
    assert tests(FLOOR / 2) == ["hr@50", "percentile"]
    assert tests(FLOOR, users=199) == tests(0.0, users=199) == []
    assert counts(Contrast("a", "b", "all", "auc_probe"), 0.0, 200)


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda c: c.label)
def test_spaces_differ_only_in_what_is_a_contenders_own(contender: Contender) -> None:
    plan = PlanSettings(sae_k=6, epochs=4, trials=5, seconds=10.0)
    space = space_for(contender, plan, "synthetic", {})
    plain = space_for(CONTENDERS[0], plan, "synthetic", {})
    own = {*contender.fixed, *contender.searched}
    shared = {p.name: p.written() for p in space.parameters if p.name not in own}
    assert shared == {p.name: p.written() for p in plain.parameters}
    assert shared["sae_k"] == 6
    assert space.max_epochs == 4 and space.scheduler.grace_epochs <= 4
    assert space.search == plain.search and space.search.trials > plan.trials


def test_a_plan_is_checked() -> None:
    with pytest.raises(SettingError, match="bases: expected an integer >= 1, got 0"):
        PlanSettings.of({"bases": 0})
    assert PlanSettings.of({**QUICK, "quick": True}).quick
    assert any("Contrasts, fixed before" in line for line in words())
