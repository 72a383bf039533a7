"""Files and folders that are nearly what is expected."""

import gzip
import os

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from interactions.small_log import (
    ITEMS,
    ORDERED,
    START,
    TIMES,
    USERS,
    lines,
    ordered,
    read,
    refused,
)

HEAD = "user_id,item_id,time\n"
LOG = HEAD + lines(lambda u, i, t, s: f"{u},{i},{t}")


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("sign", [",", ";"])
def test_excels_line_about_its_separator(sign, end, tmp_path):
    text = f"sep={sign}\n" + LOG.replace(",", sign)
    path = put(tmp_path / "a.csv", text.replace("\n", end))
    assert ordered(read(path)) == ORDERED
    put(path, text + f"4{sign}soon")
    assert ":15: expected 3 columns, got 2" in refused(path)


def test_numbers_from_0_as_names(tmp_path):
    frame = pd.DataFrame(list(zip(USERS, ITEMS, TIMES, strict=True)))
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert "no column user or user_id among '0', '1', '2'" in refused(tmp_path / "a.csv")
    columns = {"user_column": "0", "item_column": "1", "time_column": "2"}
    assert ordered(read(tmp_path / "a.csv", **columns)) == ORDERED


def test_lines_of_json_lists(tmp_path):
    text = lines(lambda u, i, t, s: f'["u{u}",{i},{t}]')
    assert "a.json: not JSON" in refused(put(tmp_path / "a.json", text))
    assert "expected an object" in refused(put(tmp_path / "b.json", "[[1, 2, 3], [1, 2, 4]]"))


def test_a_matrix_market_file(tmp_path):
    text = "%%MatrixMarket matrix coordinate\n3 13 12\n" + lines(lambda u, i, t, s: f"{u} {i} 1")
    assert "a Matrix Market file" in refused(put(tmp_path / "a.mtx", text))


def pieces(folder, ending, rows_each=1):
    """Write the log without times in the right order, a few rows a file."""
    rows = [(u, i) for u, items in ORDERED.items() for i in items]
    for n in range(len(rows) // rows_each):
        part = rows[n * rows_each : (n + 1) * rows_each]
        path = folder / f"events_{n}.{ending}"
        if ending == "parquet":
            pq.write_table(
                pa.table(dict(zip(("user", "item"), zip(*part, strict=True), strict=False))), path
            )
        else:
            put(path, "user,item\n" + "".join(f"{u},{i}\n" for u, i in part))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_numbered_files_are_one_log_in_the_order_of_their_numbers(ending, tmp_path, capsys):
    pieces(tmp_path, ending)  # 12 files: events_10 stands before events_2 by its letters
    assert ordered(read(tmp_path)) == ORDERED
    message = f"12 files, events_0.{ending} … events_11.{ending}, are one log\n"
    assert message in capsys.readouterr().err


def test_a_piece_without_names_is_not_lost(tmp_path):
    pieces(tmp_path, "csv", rows_each=6)
    put(tmp_path / "events_1.csv", "3,11\n3,12\n3,13\n")
    assert "events_0.csv, events_1.csv are not of one form" in refused(tmp_path)


def test_a_log_beside_numbered_files(tmp_path):
    pieces(tmp_path, "csv", rows_each=6)
    put(tmp_path / "more.csv", LOG)
    assert "could all be the interactions" in refused(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("training.csv", "validation.csv", "testing.csv"),
        ("train_data.csv", "val_data.csv", "test_data.csv"),
        *[tuple(f"{p}-00000-of-00001.csv" for p in ("train", "validation", "test"))],
    ],
)
def test_names_of_a_given_split(names, tmp_path):
    parts = (slice(0, 2), slice(2, 3), slice(3, 4))
    for name, part in zip(names, parts, strict=True):
        rows = [f"{u},{i},{n}\n" for u in ORDERED for n, i in [*enumerate(ORDERED[u])][part]]
        put(tmp_path / name, HEAD + "".join(rows))
    found = read(tmp_path)
    assert ordered(found) == ORDERED
    assert found.frame["split"].value_counts().to_dict() == {0: 6, 1: 3, 2: 3}


def test_two_splits_and_a_part_twice(tmp_path):
    for name in ("train", "valid", "test"):
        put(tmp_path / "two" / f"a_{name}.csv", LOG)
        put(tmp_path / "two" / f"b_{name}.csv", LOG)
        put(tmp_path / "twice" / f"{name}.csv", LOG)
    put(tmp_path / "twice" / "val.csv", LOG)
    assert "a_train.csv, b_train.csv each begin a split" in refused(tmp_path / "two")
    assert "val.csv and valid.csv are the same part" in refused(tmp_path / "twice")


def test_a_broken_file_beside_a_log_is_told_and_left_out(tmp_path, capsys):
    put(tmp_path / "log.csv", LOG)
    put(tmp_path / "old.csv.gz", gzip.compress(LOG.encode())[:-12])
    put(tmp_path / "old.zip", b"PK\x03\x04broken")
    assert ordered(read(tmp_path)) == ORDERED
    assert "old.csv.gz: broken compressed file" in capsys.readouterr().err
    (tmp_path / "log.csv").unlink()
    assert "old.csv.gz: broken compressed file" in refused(tmp_path)


def test_folders_of_partitions_are_not_searched(tmp_path):
    put(tmp_path / "year=2016" / "a.csv", LOG)
    put(tmp_path / "year=2017" / "a.csv", LOG)
    assert "(folders in it, such as year=2016, are not searched)" in refused(tmp_path)


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").endswith("pipe: neither a file nor a folder")
    assert "File name too long" in refused("x" * 5000)


@pytest.mark.parametrize("row", [0, 5])
def test_two_units_beside_a_time_of_zero(row, tmp_path):
    times = [t * 1000 if n == 7 else t for n, t in enumerate(TIMES)]
    times[row] = 0
    rows = [f"{u},{i},{t}\n" for u, i, t in zip(USERS, ITEMS, times, strict=True)]
    assert ":9: column 'time': expected a time in the unit of the others, such as 13" in refused(
        put(tmp_path / "a.csv", HEAD + "".join(rows))
    )


def test_years_of_two_digits(tmp_path):
    def rows(day):
        return HEAD + "".join(
            f"{u},{i},{day((t - START) // 86_400)}\n"
            for u, i, t in zip(USERS, ITEMS, TIMES, strict=True)
        )

    path = put(tmp_path / "a.csv", rows(lambda n: f"11-03-{9 + n:02d}"))
    assert "'11-03-12': day or month first?" in refused(path)
    path = put(tmp_path / "b.csv", rows(lambda n: f"99-12-{9 + n:02d}"))
    assert ordered(read(path)) == ORDERED


def test_dates_without_an_hour_beside_some_with_one(tmp_path, capsys):
    rows = zip(USERS, ITEMS, TIMES, strict=True)
    text = HEAD + "".join(
        f"{u},{i},{pd.Timestamp(t, unit='s').date()}{' 10:00:00' * (i % 2)}\n" for u, i, t in rows
    )
    assert ordered(read(put(tmp_path / "a.csv", text))) == ORDERED
    assert "'time': 6 of 12 times have no hour, so are midnight\n" in capsys.readouterr().err


def test_times_cut_to_a_few_digits_are_told(tmp_path, capsys):
    text = HEAD + lines(lambda u, i, t, s: f"{u},{i},{t:.5e}")
    read(put(tmp_path / "a.csv", text))
    assert "times such as 1.30032e+09 are rounded: many may tie\n" in capsys.readouterr().err
    read(put(tmp_path / "a.csv", HEAD + lines(lambda u, i, t, s: f"{u},{i},{t:.9e}")))
    assert "rounded" not in capsys.readouterr().err
