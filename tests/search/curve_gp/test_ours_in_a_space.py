"""What a space makes of `ours`, a sampler that decides: no scheduler beside it, one objective."""

from pathlib import Path
from typing import Any

import pytest

from recsae.errors import RecsaeError, SettingError
from recsae.space import SearchSpace, load_space, space_of, stored_space

ONE, TWO = {"ndcg@10": "max"}, {"ndcg@10": "max", "l0": "min"}
OURS = {"sampler": "ours"}
REFUSED = "expected none with the sampler ours, which stops trials by itself, got asha"


def space(search: Any = None, scheduler: Any = None, objectives: Any = ONE) -> SearchSpace:
    values = {"model_name": "SASRec_SAE", "parameters": {"sae_epochs": 3}, "search": search}
    return space_of({**values, "scheduler": scheduler, "objectives": objectives})


@pytest.mark.parametrize("written", [None, {}, {"name": "auto"}, {"grace_epochs": 1}])
def test_the_default_is_no_scheduler(written: Any) -> None:
    made = space(OURS, written)
    assert made.scheduler.name == "none"
    assert space_of(made.resolved()) == made and made.override() == made


def test_a_flag_takes_the_default_with_it_and_no_other_scheduler() -> None:
    made, with_asha = space(), space(scheduler={"name": "asha"})
    ours = made.override(search=OURS)
    assert ours.scheduler.name == "none"
    assert ours.override(search={"sampler": "tpe"}) == made
    assert made.override(scheduler={"name": "auto"}) == made
    assert with_asha.override(scheduler={"name": "none"}, search=OURS) == ours
    for wrong in (
        lambda: with_asha.override(search=OURS),
        lambda: space(OURS).override(scheduler={"name": "asha"}),
        lambda: made.override(search=OURS, scheduler={"name": "asha"}),
    ):
        with pytest.raises(SettingError) as caught:
            wrong()
        assert str(caught.value) == f"scheduler: {REFUSED}"
    with pytest.raises(SettingError, match="sampler: expected another with several objectives"):
        space(objectives=TWO).override(search=OURS)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "objectives: {ndcg@10: max, l0: min}\nsearch: {sampler: ours}",
            "mine.yaml:4: sampler: expected another with several objectives, got ours",
        ),
        (
            "search: {sampler: ours}\nscheduler: {grace_epochs: 2, name: asha}",
            f"mine.yaml:4: name: {REFUSED}",
        ),
    ],
)
def test_a_mistake_in_a_file_is_one_line(
    written: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    start = "model_name: SASRec_SAE\nparameters: {sae_k: 3}\n"
    Path("mine.yaml").write_text(start + written)
    with pytest.raises(RecsaeError) as caught:
        load_space("mine.yaml")
    assert str(caught.value) == message


def test_an_older_run_has_no_scheduler() -> None:
    made, other = space(OURS), space(scheduler={"name": "asha"})
    older = made.resolved()
    older["scheduler"]["name"] = "asha"
    assert stored_space(older, "search.yaml") == made
    assert stored_space(other.resolved(), "search.yaml") == other
