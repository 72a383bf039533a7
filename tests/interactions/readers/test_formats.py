"""Formats told by content, of files and of folders."""

from pathlib import Path

import pytest

from recsae.errors import RecsaeError
from recsae.interactions.folders import find_log, format_of
from recsae.interactions.settings import DataSettings
from recsae.interactions.source_files import one_file

CSV = "user,item,time\n1,2,3\n"
S3REC = "1 2 3 4\n"
RECBOLE = "user_id:token\titem_id:token\n1\t2\n"


def form(path: Path) -> str | None:
    return format_of(one_file(path), DataSettings())


def recognised(path: Path, **values) -> tuple[str, list[str]]:
    found = find_log(path, DataSettings(**values), [])
    return found.format, [file.name for file in found.files]


def refused(path: Path, **values) -> str:
    with pytest.raises(RecsaeError) as caught:
        find_log(path, DataSettings(**values), [])
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (CSV, "csv"),
        ("a;b\n", "csv"),
        ("\ufeffuser\titem\r\n", "csv"),
        (S3REC, "s3rec"),
        ("1 2 3 \r\n", "s3rec"),
        (RECBOLE, "recbole"),
        ("user_id:token,item_id:token\n", "recbole"),
        ("\ufeff" + RECBOLE, "recbole"),
        ("user_id:token\titem_id\n", "csv"),
        ("words without a column\n", None),
        ("17\n18\n", None),
        ("a,b\0c\n", None),
        ("", None),
    ],
)
def test_a_file_is_told_by_its_first_line(content, expected, tmp_path):
    (tmp_path / "log").write_text(content)
    assert form(tmp_path / "log") == expected


def test_a_long_first_line_is_still_s3rec(tmp_path):
    (tmp_path / "log").write_text(" ".join(map(str, range(40_000))))
    assert form(tmp_path / "log") == "s3rec"


def test_the_log_is_found_among_other_files(tmp_path):
    (tmp_path / "names.tsv").write_text("attribute_id\tname\n1\tMakeup\n")
    (tmp_path / "README").write_text("A data set.\n")
    (tmp_path / "a.user").write_text("user_id:token\tage:token\n1\t5\n")
    (tmp_path / "clicks").write_text(RECBOLE)
    assert recognised(tmp_path) == ("recbole", ["clicks"])


def test_a_folder_with_three_parts_is_rechorus(tmp_path):
    for name in ("train.csv", "dev.csv", "test.csv"):
        (tmp_path / name).write_text(CSV)
    assert recognised(tmp_path) == ("rechorus", ["train.csv", "dev.csv", "test.csv"])


def test_of_several_logs_the_one_named_as_the_folder(tmp_path):
    folder = tmp_path / "beauty"
    folder.mkdir()
    (folder / "beauty.txt").write_text(S3REC)
    (folder / "other.csv").write_text(CSV)
    assert recognised(folder) == ("s3rec", ["beauty.txt"])
    assert recognised(folder, format="csv") == ("csv", ["other.csv"])


def test_several_logs_need_a_path(tmp_path):
    for name in ("b.csv", "a.txt"):
        (tmp_path / name).write_text(CSV)
    assert refused(tmp_path) == (
        f"{tmp_path}: a.txt, b.csv could all be the interactions; give one file's path"
    )


@pytest.mark.parametrize("values", [{}, {"format": "parquet"}])
def test_a_folder_without_a_log(values, tmp_path):
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    assert refused(tmp_path, **values).startswith(
        f"{tmp_path}: no {values.get('format', 'known')} log in it; expected a table (CSV,"
    )


def test_named_columns_help_to_find_the_log(tmp_path):
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    found = recognised(tmp_path, user_column="a", item_column="b")
    assert found == ("csv", ["notes.csv"])


def test_a_file_that_nothing_tells(tmp_path):
    (tmp_path / "log").write_text("hello\n")
    assert refused(tmp_path / "log").startswith(f"{tmp_path}/log: format not recognised; expected")
    assert recognised(tmp_path / "log", format="s3rec") == ("s3rec", ["log"])


def test_rechorus_is_a_folder_with_three_files(tmp_path):
    (tmp_path / "train.csv").write_text(CSV)
    assert refused(tmp_path / "train.csv", format="rechorus").endswith(
        "is a folder, this is a file"
    )
