"""encode, recommend, explain and steer on the command line: what they print, write and refuse."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Recsae
from inference.runs import make_run, save

import recsae as package
from recsae.activations.store import Activations
from recsae.inference.explained import ExplainedRecommender
from recsae.metrics.concepts.scores import SCORES


@pytest.fixture
def model(storage: Path, trained: Any, activations: Activations) -> ExplainedRecommender:
    """Return the model of a run `a`, beside one of the published attention, `leaky`."""
    make_run(storage / "a", {0: (0.3, 3)})
    save(trained("SASRec_SAE"), storage / "a/best/0", activations)
    save(trained("SASRec_SAE_Attention"), storage / "leaky", activations)
    return package.load_model("a")


def plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame as JSON has them."""
    return frame.to_dict("records")


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_encode_writes_what_encode_returns(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"codes.{suffix}"
    outcome = recsae("encode", "a", "--split", "test", "-o", file, "--json").json
    frame = pd.read_parquet(file) if suffix == "parquet" else pd.read_csv(file)
    codes = model.encode("test")
    assert list(frame) == ["user", "row", "events", "latent", "value"]
    assert (outcome["rows"], outcome["latents"]) == codes.shape and outcome["values"] == len(frame)
    dense = np.zeros(codes.shape, np.float32)
    dense[frame["row"], frame["latent"]] = frame["value"]
    assert np.allclose(dense, codes.toarray())
    users = model.activations.user_ids.to_numpy()[model.activations.targets("test").user]
    assert (frame["user"] == users[frame["row"]]).all()


def test_encode_writes_a_row_a_train_event(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path
) -> None:
    stored, ids = model.activations, model.activations.user_ids.to_numpy()
    words = ["--split", "train", "-o", tmp_path / "codes.parquet", "--json"]
    outcome = recsae("encode", "a", *words).json
    frame, codes = pd.read_parquet(tmp_path / "codes.parquet"), model.encode("train")
    assert outcome["rows"] == codes.shape[0] == len(stored.train_x) > len(ids)
    rows = frame.drop_duplicates("row")
    assert (rows["user"] == ids[stored.train_user[rows["row"]]]).all()
    # The item that a row's history is followed by is the one that is stored of it.
    following = stored.offsets[stored.train_user[rows["row"]]] + rows["events"]
    assert (stored.items[following] == stored.train_next[rows["row"]]).all()
    # A history that is computed anew gives the code of its row.
    row = int(rows.loc[rows["events"] == 3, "row"].iloc[5])
    user = stored.train_user[row]
    start = stored.offsets[user]
    again = model.encode([model.items.values[stored.items[start : start + 3]].tolist()])
    assert np.allclose(again.toarray(), codes[[row]].toarray(), atol=1e-5)
    one = recsae("encode", "a", "--user", ids[user], *words).json
    assert one["rows"] == int((stored.train_user == user).sum())
    told = recsae("recommend", "a", "--split", "train").mistake
    assert "split: expected dev, test or all, got 'train'" in told


def test_recommend_tells_what_recommend_returns(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path
) -> None:
    whole = model.recommend("test", 3)
    user = whole["user"].iloc[-1]
    outcome = recsae("recommend", "a", "--user", user, "--k", 3, "--json").json
    assert outcome["recommendations"] == plain(whole[whole["user"] == user])
    file = tmp_path / "all.parquet"
    recsae("recommend", "a", "--k", 3, "-o", file)
    pd.testing.assert_frame_equal(pd.read_parquet(file), whole)
    shown = recsae("recommend", "a", "--user", user, "--k", 3, "--seen", "--split", "all").out
    best = model.recommend("all", 3, seen=True).query("user == @user")
    assert all(str(item) in shown for item in best["item"]) and "base_rank" in shown


def test_a_log_of_ones_own_is_recommended_for(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path
) -> None:
    items = model.items.values.tolist()
    histories = {"ann": items[:3], "bob": items[5:9]}
    lines = [f"{user},{item},{t}" for user, own in histories.items() for t, item in enumerate(own)]
    (tmp_path / "log.csv").write_text("\n".join(["user,item,timestamp", *reversed(lines)]))
    outcome = recsae("recommend", "a", "--histories", tmp_path / "log.csv", "--json").json
    wanted = model.recommend(dict(reversed(histories.items())))
    assert outcome["recommendations"] == plain(wanted)


def test_explain_tells_the_table_and_one_latent(
    model: ExplainedRecommender, recsae: Recsae
) -> None:
    outcome = recsae("explain", "a", "--json").json
    assert outcome["latents"] == plain(model.latents.reset_index())
    assert set(outcome["concepts"]) == set(SCORES)
    for score in outcome["concepts"].values():
        best = score["controls"][score["best_control"]]
        assert best == max(value for value in score["controls"].values() if value is not None)
        assert score["beats"] == (score["difference"]["low"] > 0)
    assert outcome["titles"] == {} and not outcome["leaks"]
    one = recsae("explain", "a", "--latent", 4, "--json").json
    assert one["contexts"] == plain(model.latent(4).contexts) and one["latent"] == 4
    assert one["density"] == model.latents["density"][4]
    busiest = model.latents["density"].idxmax()
    shown = recsae("explain", "a", "--top", 1).out
    assert f"\n{busiest:>6} " in shown and "shown: 1" in shown
    assert "next_item" in recsae("explain", "a", "--latent", 4).out


def test_titles_stand_for_items_where_there_are_any(
    model: ExplainedRecommender, recsae: Recsae
) -> None:
    folder = model.activations.path
    known = pd.DataFrame({"item": np.arange(40, dtype=np.int32)})
    known = known.assign(attribute="title", value=[f"Film [{n}]" for n in range(40)])
    known.to_parquet(folder / "attributes.parquet", index=False)
    best = recsae("recommend", "a", "--user", model.users.values[0], "--json").json
    ids = model.items.values.tolist()
    for row in best["recommendations"]:
        assert row["title"] == f"Film [{ids.index(row['item'])}]"
    for words in (["explain", "a"], ["explain", "a", "--latent", 4], ["recommend", "a"]):
        assert "Film [" in recsae(*words).out
    assert "Film [" in recsae("steer", "a", "--latent", 4, "--by", 9).out


def test_steer_counts_over_all_users_what_it_tells_of_each(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path
) -> None:
    words = ["steer", "a", "--latent", 4, "--by", 5, "--k", 3]
    outcome = recsae(*words, "-o", tmp_path / "all.csv", "--json").json
    frame = pd.read_csv(tmp_path / "all.csv")
    sets = {
        user: (
            set(own.query("rank_before <= 3")["item"]),
            set(own.query("rank_after <= 3")["item"]),
        )
        for user, own in frame.groupby("user")
    }
    assert outcome["users"] == len(sets) == len(model.activations.dev_user)
    changed = [before != after for before, after in sets.values()]
    assert outcome["changed"] == pytest.approx(np.mean(changed)) and any(changed)
    kept = [len(before & after) / 3 for before, after in sets.values()]
    assert outcome["kept"] == pytest.approx(np.mean(kept))
    for row in (*outcome["more"], *outcome["less"]):
        for when, name in enumerate(("before", "after")):
            assert row[name] == sum(row["item"] in pair[when] for pair in sets.values())
    assert all(row["after"] > row["before"] for row in outcome["more"]) and outcome["more"]
    assert all(row["after"] < row["before"] for row in outcome["less"]) and outcome["less"]
    user = frame["user"].iloc[0]
    own = recsae(*words, "--user", user, "--json").json
    assert [row["item"] for row in own["changes"]] == frame.query("user == @user")["item"].tolist()
    assert "best items change for" in recsae(*words, "--user", user).out


def test_one_that_leaks_encodes_and_recommends_alone(
    model: ExplainedRecommender, storage: Path, recsae: Recsae
) -> None:
    told = recsae("recommend", storage / "leaky", "--user", model.users.values[0])
    assert told.code == 0 and "it leaks" in told.out and "leaks" in told.err
    line = recsae("steer", storage / "leaky", "--latent", 1, "--by", 1)
    assert line.code == 2 and "cannot steer" in line.err


def test_mistakes_are_a_line_with_the_nearest_right_value(
    model: ExplainedRecommender, recsae: Recsae, tmp_path: Path, storage: Path
) -> None:
    (tmp_path / "log.csv").write_text("user,item\na,1\n")
    last = model.users.values.max()
    table = [
        ("recommend b", "no run in .*, saved model or base is named 'b'"),
        (f"recommend a --user {last + 5}", rf"--user: expected a user .*nearest is {last}\)"),
        ("recommend a --user ann", "--user: expected a user of .*, got 'ann'; they are numbers"),
        ("recommend a --split tets", r"split: expected dev, test or all, got 'tets' \(did you"),
        ("recommend a --k 0", "--k"),
        ("recommend a --trial 3", r"trial: expected one of 0, got 3 \(nearest: 0\)"),
        ("recommend a --sae_k 9", "sae_k: expected at most 3, for which it was trained, got 9"),
        ("recommend a -o x.txt", "-o: expected a file that ends in .parquet or .csv, got 'x.txt'"),
        ("recommend a --histories no.csv", "no.csv"),
        (f"recommend a --user 1 --histories {tmp_path / 'log.csv'}", "--user: expected it or"),
        ("encode a", "Missing option '-o'"),
        ("encode a -o /dev/null/x.csv", "/dev/null: File exists"),
        ("explain a --latent 32", r"latent: expected 0 to 31, got 32 \(the nearest is 31\)"),
        ("steer a --latent -1 --by 1", r"latent: expected 0 to 31, got -1 \(the nearest is 0\)"),
        ("steer a --latent 1 --by nan", "by: expected a finite number for latent 1"),
        ("steer a --latent 1", "Missing option '--by'"),
    ]
    for words, expected in table:
        done = recsae(*words.split())
        assert done.code == 2 and done.out == "", (words, done)
        assert pd.Series(done.err.splitlines()[-1]).str.contains(expected).all(), (words, done.err)
        assert done.err.splitlines()[-1].startswith("recsae: ")
    shutil.rmtree(storage)
