"""`data describe` on small logs, whose figures are counted by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import Done, Recsae, heavy_modules_of

from recsae.interactions.settings import DataSettings
from recsae.jobs.data_description import describe, gini

KEYS = (
    *("name", "users", "items", "events", "targets_met", "dropped", "order", "split", "columns"),
    "attributes",
)
Run = Callable[..., Done]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Write 3 users of 5, 4 and 2 events; the first one's last item is one of before."""
    rows = [
        *[(1, item, time) for item, time in ((1, 10), (2, 20), (3, 20), (4, 40), (1, 50))],
        *[(2, item, time) for item, time in ((1, 11), (2, 21), (5, 31), (6, 41))],
        *[(3, 1, 12), (3, 2, 13)],
        (2, 6, 41),
    ]
    path = tmp_path / "shop.csv"
    path.write_text("user,item,time\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    return path


@pytest.fixture
def run(recsae: Recsae) -> Run:
    return lambda *words: recsae("data", "describe", *words)


def described(log: Path, **given: Any) -> dict[str, Any]:
    return describe(DataSettings.of({"dataset": str(log), **given})).outcome


def test_what_is_counted(log: Path) -> None:
    found = described(log)
    assert [*found][: len(KEYS)] == [*KEYS]
    assert (found["name"], found["users"], found["items"], found["events"]) == ("shop", 2, 6, 9)
    assert found["targets_met"] == {"dev": 0, "test": 1}
    assert sum(found["dropped"].values()) == 3 and found["dropped"]["exact duplicate"] == 1
    assert found["split"] == "leave-one-out" and found["order"].startswith("order (time, position)")
    lengths = found["history_lengths"]
    assert (lengths["min"], lengths["max"], lengths["mean"]) == (4, 5, 4.5)
    assert (found["popularity"]["max"], found["popularity"]["mean"]) == (3, 1.5)
    assert found["popularity"]["top_share"] == pytest.approx(3 / 9)
    assert found["ties"] == {"events": 2, "of": 9} and found["times"] == [10, 50]
    assert found["columns"] == {"user": "user", "item": "item", "time": "time"}
    assert found["unused"] == [] and found["attributes"] == {}


def test_the_splits_side_by_side(log: Path) -> None:
    splits = described(log)["splits"]
    assert [*splits] == ["leave-one-out", "time:0.8"]
    one, other = splits.values()
    assert one["targets"] == {"dev": 2, "test": 2} and one["train_events"] == 5
    assert other["split"].startswith("split time:0.8")
    assert described(log)["fingerprint"] == one["fingerprint"]
    asked = described(log, split="time:0.6")
    assert [*asked["splits"]] == ["leave-one-out", "time:0.6"]
    early = asked["splits"]["time:0.6"]  # T_dev 20, T_test 31
    assert early["train_events"] == 2 and early["targets"] == {"dev": 2, "test": 2}
    assert asked["fingerprint"] == early["fingerprint"] != one["fingerprint"]


def test_a_split_that_the_data_do_not_allow_says_why(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("1 1 2 3 4\n2 2 3 4\n")
    found = described(path)
    assert found["ties"] is None and found["times"] is None
    assert "has no times" in found["splits"]["time:0.8"]["error"]


def test_the_flags_of_the_data_count(log: Path) -> None:
    assert described(log, min_user=5)["users"] == 1
    assert described(log, targets="new")["splits"]["leave-one-out"]["targets"]["test"] == 1
    found = described(log, where="item in 1,2,3,4")
    assert found["events"] == 5 and "item in 1,2,3,4" in found["protocol"]
    found = described(log, order="random:3")
    assert found["settings"] == {"dataset": str(log), "order": "random:3"}


def test_a_base_costs_by_the_rows_that_there_are(log: Path) -> None:
    base = described(log)["base"]
    assert base["train_rows"] == 3 and base["windows"] == 2 and base["steps_an_epoch"] == 1
    assert base["states_bytes"] == 3 * 64 * 4 and base["seconds_an_epoch"] > 0


def test_gini_by_hand() -> None:
    assert gini(np.array([5, 5, 5])) == pytest.approx(0)
    assert gini(np.array([0, 0, 0, 8])) == pytest.approx(0.75)
    counts = np.array([1, 2, 3, 10])
    pairs = np.abs(counts[:, None] - counts).mean() / (2 * counts.mean())
    assert gini(counts) == pytest.approx(pairs)


def test_json_is_the_last_line_and_has_the_promised_keys(log: Path, run: Run) -> None:
    done = run(log, "--json")
    assert set(KEYS) <= set(done.json) and set(done.json["targets_met"]) == {"dev", "test"}
    assert done.out.count("\n") == done.err.count("\n") == 1  # what was dropped, once


def test_the_table_tells_it_to_people(log: Path, run: Run) -> None:
    code, out, _ = run(log)
    assert code == 0
    for words in (
        "2 users, 6 items, 9 events",
        "leave-one-out",
        "time:0.8",
        "Gini",
        "steps an epoch",
    ):
        assert words in out


def test_the_page_is_whole_and_needs_no_network(log: Path, run: Run, tmp_path: Path) -> None:
    odd = log.rename(tmp_path / "<b>shop.csv")
    file = tmp_path / "new" / "page.html"
    assert run(odd, "-o", file, "--json").json["page"] == str(file)
    page = file.read_text()
    assert "<b>shop" not in page and "&lt;b&gt;shop" in page
    assert all(f'data-plot="{key}"' in page for key in ("lengths", "popularity", "times"))
    assert 'src="http' not in page and "plotly" in page
    figures = [part.split("</script>")[0] for part in page.split('data-plot="')[1:]]
    lengths = json.loads(figures[0].partition(">")[2])
    assert sum(lengths["data"][0]["y"]) == 2


def test_it_loads_neither_torch_nor_ray(log: Path) -> None:
    assert heavy_modules_of("data", "describe", str(log)) <= {"pandas"}
