"""What is predicted on a run that stops nothing is what real searches on one worker do."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import answer
from jobs.test_search_job import SPACE
from search.simulation.recorded_runs import decisions

from recsae.results import load_results
from recsae.search.journal.journal import events_of
from recsae.search.simulation.recorded import recorded_trials, searched_again
from recsae.testing.driver import MemoryJournal

ABOUT = ("begun", "sealed")
"""Events of the run as a whole, not of its trials."""
OWN = {"sampler": "random", "trials": 6, "seed": 1}
RULES = ("--workers", "1", "--trials", "6", "--sampler", "random")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the outcome of a real search that stops no trial."""
    path = tmp_path_factory.mktemp("space") / "space.yaml"
    path.write_text(yaml.safe_dump({**SPACE, "search": OWN, "scheduler": {"name": "none"}}))
    found = answer("tune", path, "--name", "everything", "--workers", "1")
    return {**found, "space": path}


@pytest.mark.parametrize("name", ["asha_promote", pytest.param("median", marks=pytest.mark.slow)])
def test_a_real_search_does_what_was_predicted(name: str, everything: dict[str, Any]) -> None:
    rules = ("--scheduler", name, *RULES)
    [told] = answer("whatif", "everything", *rules, "--orders", 0)["predictions"]
    real = answer("tune", everything["space"], "--name", f"real_{name}", *rules)
    assert told["unknown"] == [] and told["answer"]["trials"] == [real["best"][0]["trial_id"]]
    assert told["answer"]["value"] == real["best"][0]["metrics"]["ndcg@10"]
    results = load_results(Path(real["path"]))
    assert told["epochs"] == results.trials["epochs"].sum() < len(recorded(everything).curves)
    # Under its own rules the real search comes back, event by event.
    for path in (everything["path"], real["path"]):
        own, found = load_results(Path(path)), MemoryJournal()
        searched_again(own.space, recorded_trials(own), 1, found)
        journal = [event for event in events_of(Path(path)) if event["kind"] not in ABOUT]
        assert decisions(found) == decisions(journal)


def recorded(outcome: dict[str, Any]) -> Any:
    return load_results(Path(outcome["path"]))
