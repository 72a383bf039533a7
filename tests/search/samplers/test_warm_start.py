"""Warm starts: what of an earlier run a new search takes, on which level, and what it gains."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsae.errors import RecsaeError
from recsae.results import Files, create, write_curves, write_trials
from recsae.results.frames import read_frame, write_frame
from recsae.search.engine.new_trials import completed
from recsae.search.samplers.optuna_adapter.observations import Observation, Observations
from recsae.search.samplers.optuna_adapter.source_scaling import MOST, SourceScaling
from recsae.search.samplers.warm_start import WarmTrial, warm_trials
from recsae.search.strategies import sampler_for
from recsae.space import SearchSpace, space_of
from recsae.space.kinds import SAMPLERS
from recsae.testing.sampler_laws import space_with
from recsae.testing.searches import drawn_in, search

GOLDEN = Path(__file__).parents[2] / "golden" / "run_v1"
PARAMETERS: dict[str, Any] = {
    "sae_k": {"int": [2, 16], "log": True},
    "sae_lr": {"float": [1e-4, 1e-2], "log": True, "scale": "latents"},
    "sae_scale_size": {"choice": [2, 4, 8]},
    "sae_epochs": 9,
}


def space(sampler: str = "tpe", **keys: Any) -> SearchSpace:
    values = {
        "model_name": "SASRec_SAE",
        "dataset": "synthetic",
        "parameters": PARAMETERS,
        "scheduler": {"name": "none"},
        "search": {"sampler": sampler, "trials": 25},
    }
    return space_of({**values, **keys})


def run(folder: Path, made: SearchSpace, drawn: list[dict[str, Any]], **about: Any) -> Path:
    """Write the run of a search that drew these; trial n has ndcg@10 n/100 and n/50."""
    path = folder / "earlier"
    create(path, {"space": made.resolved(), "activations": {"width": about.pop("width", 64)}})
    rows, reports = [], []
    for number, values in enumerate(drawn):
        fresh = completed(made, values, number)
        row = {"trial_id": number, "state": "COMPLETE", "model_name": fresh.model_name}
        metrics = {"dev/ndcg@10": number / 50, "dev/leak": False}
        rows.append({**row, **fresh.settings, **metrics, "epochs": 2, **about})
        for epoch in (1, 2):
            curve = {"dev/ndcg@10": number / 100 * epoch, "train/fvu": 0.5}
            reports.append({"trial_id": number, "epoch": epoch, "seconds": 1.0, **curve})
    write_trials(path, rows)
    write_curves(path, reports)
    return path


def some(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    base = {"sae_k": 4, "sae_lr": 0.001, "sae_scale_size": 4}
    return [{**base, **change} for change in changes]


def test_what_was_drawn_comes_back_exactly(tmp_path: Path) -> None:
    made = space()
    drawn = drawn_in(search(made))
    assert any(values["sae_scale_size"] == 8 for values in drawn)
    trials, notes = warm_trials(run(tmp_path, made, drawn), made)
    assert [trial.drawn for trial in trials] == [
        {**values, "sae_lr": pytest.approx(values["sae_lr"], rel=1e-12)} for values in drawn
    ]
    assert trials[3] == WarmTrial(
        "SASRec_SAE",
        trials[3].drawn,
        {1: {"ndcg@10": 0.03, "train/fvu": 0.5}, 2: {"ndcg@10": 0.06, "train/fvu": 0.5}},
        "earlier",
    )
    assert notes == ["warm start from earlier: 25 of 25 trials"]


def test_the_end_of_a_scaled_range_stays_inside(tmp_path: Path) -> None:
    made = space()
    ends = some(
        *({"sae_lr": end, "sae_scale_size": scale} for end in (1e-4, 1e-2) for scale in (2, 4, 8))
    )
    trials, _ = warm_trials(run(tmp_path, made, ends), made)
    assert [trial.drawn["sae_lr"] for trial in trials] == [1e-4] * 3 + [1e-2] * 3


def test_a_rate_is_read_with_the_width_that_its_run_had(tmp_path: Path) -> None:
    narrow = space(base={"emb_size": 16, "num_heads": 2})
    path = run(tmp_path, narrow, some({}), width=16)
    assert warm_trials(path, space())[0][0].drawn["sae_lr"] == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("change", "taken", "note"),
    [
        ({"sae_k": {"int": [4, 9]}}, 2, "2 left out: sae_k is not 4 to 9"),
        ({"sae_k": {"choice": [8, 4]}}, 2, "2 left out: sae_k is not {8, 4}"),
        ({"sae_k": {"int": [2, 16], "step": 2}}, 3, "1 left out: sae_k is not 2 to 16"),
        ({"sae_scale_size": 4}, 4, None),
        ({"sae_scale_size": 8}, 4, "4 with sae_scale_size 4, which is 8 here"),
        ({"sae_auxk": {"float": [0.01, 1.0]}}, 4, None),  # its default, 1 / 32
        ({"sae_auxk": {"float": [0.1, 1.0]}}, 0, "4 left out: sae_auxk is not 0.1 to 1.0"),
    ],
)
def test_values_are_mapped_where_the_space_changed(
    change: dict[str, Any], taken: int, note: str | None, tmp_path: Path
) -> None:
    path = run(tmp_path, space(), some({}, {"sae_k": 8}, {"sae_k": 2}, {"sae_k": 15}))
    wanted = space(parameters=PARAMETERS | change)
    trials, notes = warm_trials(path, wanted)
    assert len(trials) == taken
    assert (note is None) == (len(notes) == 1)
    assert note is None or notes[1].startswith(f"warm start from earlier: {note}")
    for trial in trials:
        assert completed(wanted, trial.drawn, 0).settings["sae_k"] == trial.drawn["sae_k"]


def test_a_setting_that_the_run_did_not_have_is_its_default(tmp_path: Path) -> None:
    path = run(tmp_path, space(), some({}, {}))
    frame = read_frame(path / Files.RESULTS)
    write_frame(path / Files.RESULTS, frame.drop(columns="sae_auxk"))
    wanted = space(parameters=PARAMETERS | {"sae_auxk": {"float": [0.01, 1.0]}})
    assert [trial.drawn["sae_auxk"] for trial in warm_trials(path, wanted)[0]] == [1 / 32] * 2


@pytest.mark.parametrize(
    ("about", "note"),
    [
        ({"width": None}, "sae_lr is scaled by a width that is not known"),
        ({"sae_auxk": -1.0}, "sae_auxk: expected a number >= 0, got -1.0"),
    ],
)
def test_a_rate_that_cannot_be_read_is_told(
    about: dict[str, Any], note: str, tmp_path: Path
) -> None:
    trials, notes = warm_trials(run(tmp_path, space(), some({}), **about), space())
    assert trials == [] and notes[1:] == [f"warm start from earlier: 1 left out: {note}"]


def test_trials_without_a_report_are_left_out(tmp_path: Path) -> None:
    path = run(tmp_path, space(), some({}, {}, {"sae_k": 9}))
    curves = read_frame(path / Files.CURVES)
    write_frame(path / Files.CURVES, curves[curves["trial_id"] == 2])
    trials, notes = warm_trials(path, space())
    assert [trial.drawn["sae_k"] for trial in trials] == [9]
    assert notes[1:] == ["warm start from earlier: 2 left out: nothing was reported"]


def test_another_variant_may_teach_with_a_note() -> None:
    trials, notes = warm_trials(GOLDEN, space(dataset="grocery"))
    assert {trial.model_name for trial in trials} == {"SASRec_SAE"}
    assert any("with the model SASRec_SAE_Attention" in note for note in notes)
    both = space(model_name=["SASRec_SAE", "SASRec_SAE_Attention"])
    trials, notes = warm_trials(GOLDEN, both)
    assert {trial.drawn["model_name"] for trial in trials} == set(both.models)
    assert any("SASRec_SAE_Contrastive is not searched" in note for note in notes)
    assert notes[-1] == "warm start from run_v1: their data set is grocery"


def test_what_did_not_end_and_what_is_no_run_teach_nothing(tmp_path: Path) -> None:
    path = run(tmp_path, space(), some({}, {}), state="FAILED")
    assert warm_trials(path, space())[0] == []
    trials, notes = warm_trials(path, space(objectives={"fvu": "min"}))
    assert trials == [] and notes == ["warm start from earlier: it has no fvu; nothing is taken"]
    with pytest.raises(RecsaeError):
        warm_trials(tmp_path / "nothing", space())


def warm(shift: float, stretch: float, source: str = "a") -> list[WarmTrial]:
    """Return trials of a search on another level, best at k 8 and a rate of 1e-3."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(40):
        drawn = {
            "sae_k": int(random.integers(2, 17)),
            "sae_lr": float(10 ** random.uniform(-4, -2)),
            "sae_scale_size": int(random.choice([2, 4, 8])),
        }
        metrics = {"ndcg@10": shift + stretch * height(drawn), "leak": False}
        found.append(WarmTrial("SASRec_SAE", drawn, {9: metrics}, source))
    return found


def height(drawn: dict[str, Any]) -> float:
    return -abs(drawn["sae_k"] - 8) / 14 - abs(math.log10(drawn["sae_lr"]) + 3)


def curve(trial_id: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
    rate = settings["sae_lr"] / math.sqrt(2**14 / (64 * settings["sae_scale_size"]))
    return {"ndcg@10": height({**settings, "sae_lr": rate}), "leak": False}


@pytest.mark.parametrize("sampler", ["tpe", "gp"])
@pytest.mark.parametrize(("shift", "stretch"), [(0.0, 1.0), (50.0, 0.01)])
def test_a_search_that_knows_a_like_one_begins_better(
    sampler: str, shift: float, stretch: float
) -> None:
    """Also from another level: else every trial here would look bad beside those of the source."""
    short = {"search": {"sampler": sampler, "trials": 6}}
    made, known = space(sampler, **short), warm(shift, stretch)
    cold = [height(drawn) for drawn in drawn_in(search(made, curve=curve))]
    heights = [height(drawn) for drawn in drawn_in(search(made, warm=known, curve=curve))]
    assert np.mean(heights) > np.mean(cold) + 0.15


def test_a_warm_search_is_resumed_as_it_was() -> None:
    made, known = space(), warm(0.3, 1.0) + warm(5.0, 2.0, "b")
    whole = search(made, warm=known, workers=2)
    past = search(made, warm=known, workers=2, kill_at=37)
    assert search(made, warm=known, workers=2, past=past) == whole


@pytest.mark.parametrize("sampler", SAMPLERS.names)
def test_a_sampler_that_cannot_learn_from_others_says_so(
    sampler: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = space_with(sampler)
    sampler_for(made, warm(0.0, 1.0))
    notice = f"--warm_start: the sampler {sampler} learns nothing from earlier searches\n"
    assert capsys.readouterr().err.endswith(notice) != SAMPLERS.says(sampler, "learns_from_others")
    sampler_for(made)
    assert not capsys.readouterr().err


def levels(trials: list[WarmTrial]) -> SourceScaling:
    return SourceScaling(space(), trials, Observations(space()).read)


def here(value: Any, count: int = 30) -> list[Observation]:
    """Return trials of this search, spread over the space."""
    places = [
        {"sae_k": 2 + n % 15, "sae_lr": 10 ** (-4 + 2 * n / count), "sae_scale_size": 2}
        for n in range(count)
    ]
    return [Observation(n, drawn, (value(n, drawn),), 0.0) for n, drawn in enumerate(places)]


def test_values_of_another_level_are_brought_to_this_one() -> None:
    source = warm(50.0, 0.01)
    mapped = levels(source).mapped(here(lambda n, drawn: 0.2 + 0.1 * height(drawn)))
    truth = [0.2 + 0.1 * height(trial.drawn) for trial in source]
    found = [observation.values[0] for observation in mapped]
    assert np.mean(np.abs(np.subtract(found, truth))) < 0.03
    assert [o.number for o in mapped] == list(range(-40, 0))


def test_a_source_that_predicts_nothing_here_teaches_nothing() -> None:
    against = levels(warm(0.0, 1.0)).mapped(here(lambda n, drawn: -9 * height(drawn)))
    assert len({observation.values for observation in against}) == 1


def test_without_a_trial_here_the_source_speaks_for_itself() -> None:
    source = warm(0.3, 2.0)
    found = [observation.values[0] for observation in levels(source).mapped([])]
    assert found == pytest.approx([trial.curve[9]["ndcg@10"] for trial in source])


def test_the_level_of_a_source_by_hand() -> None:
    """Two trials that differ in all three kinds of coordinates: 0.98 a choice, 1 and 1/4."""
    dropout = {"float": [0.0, 0.5], "when": {"model_name": "SASRec_SAE_Attention"}}
    parameters = {
        "sae_auxk": {"float": [0.0, 1.0]},
        "sae_scale_size": {"choice": [2, 4, 8]},
        "sae_attn_dropout": dropout,
    }
    objectives = {"ndcg@10": "max", "l0": "min", "fvu": "min"}
    models = ["SASRec_SAE", "SASRec_SAE_Attention"]
    made = space(model_name=models, parameters=parameters, objectives=objectives)
    low = {"model_name": models[0], "sae_auxk": 0.0, "sae_scale_size": 2}
    high = {"model_name": models[1], "sae_auxk": 1.0, "sae_scale_size": 8, "sae_attn_dropout": 0.0}
    metrics = [{"ndcg@10": 0.0, "l0": 9.0, "fvu": 0.5}, {"ndcg@10": 2.0, "l0": 3.0, "fvu": 0.5}]
    source = [
        WarmTrial(drawn["model_name"], drawn, {9: found}, "a")
        for drawn, found in zip((low, high), metrics, strict=True)
    ]
    values = np.array([[10.0, -40.0, 1.0], [20.0, -40.0, 2.0], [30.0, -10.0, 6.0]])
    seen = [
        Observation(n, drawn, tuple(values[n]), 0.0) for n, drawn in enumerate((low, high, high))
    ]
    mapped = SourceScaling(made, source, Observations(made).read).mapped(seen)

    weights = 1 / 1e-3, 1 / (2 * 0.98 + 1 + 0.25 + 1e-3)  # of itself and of the other
    z = (weights[0] - weights[1]) / sum(weights) * np.array([-1.0, 1.0, 1.0])
    for column, spread in enumerate((1.0, 3.0)):
        # A line through what was measured, and five trials that say the source's own spread.
        dz, dy = z - z.mean(), values[:, column] - values[:, column].mean()
        slope = (dz @ dy + 5 * spread) / (dz @ dz + 5)
        mean = values[:, column].mean() - slope * z.mean()
        assert [o.values[column] for o in mapped] == pytest.approx([mean - slope, mean + slope])
    assert [o.values[2] for o in mapped] == pytest.approx([3.0, 3.0])  # it had one value there


def test_of_a_long_search_a_part_is_shown() -> None:
    assert len(levels(warm(0.0, 1.0) * 10).mapped([])) == MOST
