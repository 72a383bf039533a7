"""A search on two hosts, one of which is lost: `make test-cluster`. Minutes long, needs root."""

import os
import time
from collections.abc import Iterator

import pandas as pd
import pytest
from cluster.hosts import lan
from cluster.searches import Cluster, Search

from recsae.results import States, load_results

TRIALS = 12
NEEDED = ("PYTHONPATH", "RECSAE_DATA_DIR")

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def hosts_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    named = {key: os.environ[key] for key in NEEDED if key in os.environ}
    with lan(2, named) as hosts:
        yield Cluster(hosts, tmp_path_factory.mktemp("ray"))


@pytest.fixture
def cluster(hosts_up: Cluster) -> Cluster:
    """Ray on two living hosts, whatever the test before has left of them."""
    for host in hosts_up.hosts:
        host.power_on()
    hosts_up.up()
    return hosts_up


def half_way(search: Search) -> bool:
    """Tell whether trials have reported from both hosts and some have ended.

    As long as there are trials left, each host has one then.
    """
    return len(search.finished()) >= TRIALS // 4 and search.trials()["node"].nunique() == 2


def check_all_kept(before: pd.DataFrame, search: Search) -> None:
    """Assert that a search has run all its trials, and that what had finished stayed as it was."""
    results = search.results
    trials = results.trials
    assert trials["trial_id"].tolist() == list(range(TRIALS))
    assert set(trials["state"]) <= {States.COMPLETE, States.PRUNED}
    kept = trials[trials["trial_id"].isin(before["trial_id"])]
    pd.testing.assert_frame_equal(kept[before.columns], before, check_dtype=False)
    epochs = results.curves.groupby("trial_id")["epoch"].agg(list)
    assert all(own == list(range(1, len(own) + 1)) for own in epochs), "each epoch once"
    assert len(results.best) == 1
    best = results.best["trial_id"].iloc[0]
    assert [folder.name for folder in (results.path / "best").iterdir()] == [str(best)]
    assert (results.path / "report.html").is_file()
    left = [path.name for path in results.path.glob(".*") if path.suffix != ".lock"]
    assert left == [], "of what only the search needed nothing stays"


def check_made_once(cluster: Cluster) -> None:
    """Assert that the base was trained once in the cluster; states are copied once a host."""
    assert cluster.bases_trained() == 1
    assert len(list((cluster.runs / ".cache" / "bases").iterdir())) == 1
    for host in cluster.hosts:
        assert len(list((host.home / ".cache/recsae/activations").iterdir())) == 1
    assert not (cluster.hosts[1].home / ".cache/recsae/bases").exists()


def test_a_host_powered_off_costs_no_finished_trial(cluster: Cluster) -> None:
    worker = cluster.hosts[1]
    search = cluster.search("off", TRIALS)
    search.waits(lambda: half_way(search))
    before = search.finished()
    states = worker.home / ".cache/recsae/activations"
    copied = [folder.stat().st_ino for folder in states.iterdir()]
    seen = worker.run("recsae results off --storage file:///mnt/shared/runs")
    assert States.RUNNING in seen and "SASRec_SAE" in seen
    worker.power_off()
    assert search.ends() == 0, search.last_words
    check_all_kept(before, search)
    trials = search.trials().set_index("trial_id")
    # All that ended there may have been none: then the head alone has ended trials.
    assert search.lost, "a trial of the host that was lost went on"
    assert (trials.loc[sorted(search.lost), "node"] == cluster.head.name).all()
    check_made_once(cluster)
    assert [folder.stat().st_ino for folder in states.iterdir()] == copied


def test_a_host_cut_off_the_network_is_given_up_and_taken_back(cluster: Cluster) -> None:
    worker = cluster.hosts[1]
    search = cluster.search("cut", TRIALS)
    search.waits(lambda: half_way(search))
    before = search.finished()
    worker.cut()
    search.waits(lambda: bool(search.lost))
    worker.heal()
    assert search.ends() == 0, search.last_words
    check_all_kept(before, search)
    check_made_once(cluster)
    soon = time.monotonic() + 120
    while cluster.size() < 2:
        assert time.monotonic() < soon, "Ray is not started again on a host that is back"
        time.sleep(2)


def test_a_search_outlives_its_driver_and_its_head(cluster: Cluster) -> None:
    search = cluster.search("head", TRIALS)
    search.waits(lambda: len(search.finished()) >= 3)
    cluster.head.run("kill -9 $(pgrep -f '^python .*tune.py')")
    assert search.ends() != 0
    before = search.finished()

    again = cluster.submit("head", "--resume", "head")
    again.waits(lambda: len(again.finished()) >= 6)
    assert load_results(again.run_path).trials["state"].eq(States.RUNNING).any()
    cluster.head.power_off()
    assert again.ends() != 0
    later = again.finished()

    cluster.head.power_on()
    cluster.up()
    last = cluster.submit("head", "--resume", "head")
    assert last.ends() == 0, last.last_words
    check_all_kept(before, last)
    check_all_kept(later, last)
    check_made_once(cluster)
