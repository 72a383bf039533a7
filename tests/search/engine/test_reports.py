"""Reports: what a trial says of an epoch, and how it is read at the other end."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.search.engine.reports import (
    Report,
    check_objectives,
    memory_is_full,
    metric_columns,
    one_line,
    why_given_up,
)


@given(
    seconds=st.floats(0, 1e9),
    metrics=st.dictionaries(st.text(), st.none() | st.floats(allow_nan=False)),
    error=st.none() | st.text(),
    full=st.booleans(),
)
def test_a_report_arrives_bit_for_bit(
    seconds: float, metrics: dict[str, float | None], error: str | None, full: bool
) -> None:
    report = Report(3, seconds, metrics, error, full)
    packed = report.packed(done=False)
    assert Report.unpacked(packed) == report
    assert not packed["done"] and not any(isinstance(v, float) for v in packed.values())


def test_what_is_no_number_arrives_too() -> None:
    report = Report.unpacked(Report(1, 0.0, {"fvu": math.nan}).packed(done=True))
    assert report.metrics["fvu"] is not None and math.isnan(report.metrics["fvu"])


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_an_objective_that_is_not_a_number_is_an_error(value: float | None) -> None:
    check_objectives({"ndcg@10": 0.5, "l0": value}, {"ndcg@10": "max"}, 2)
    with pytest.raises(ValueError, match=r"objective ndcg@10 is .* after epoch 2"):
        check_objectives({"ndcg@10": value}, {"ndcg@10": "max"}, 2)


def test_metrics_get_the_names_of_their_columns() -> None:
    assert metric_columns({"ndcg@10": 0.25, "leak": None, "train/loss": 1.5}) == {
        "dev/ndcg@10": 0.25,
        "dev/leak": None,
        "train/loss": 1.5,
    }


def test_an_error_is_one_short_line() -> None:
    assert one_line(ValueError("two\n  lines")) == "ValueError: two lines"
    assert one_line(MemoryError()) == "MemoryError"
    assert len(one_line(ValueError("x" * 1000))) == 300


DIED = "The actor died unexpectedly before finishing this task.\n\tclass_name: SearchTrainable\n"
CANNOT = "The actor died because of an error raised in its creation task, ray::T.__init__()\n"


@pytest.mark.parametrize(
    ("last_line", "text"),
    [
        ("", "lost 4 times: its process or its node died"),
        (DIED, "lost 4 times: its process or its node died"),
        (
            "The actor is dead because its node has died.\n",
            "lost 4 times: its process or its node died",
        ),
        (
            f"{CANNOT}  File x\nNo module named recsae\n",
            "its process cannot start: No module named recsae",
        ),
        ("ray::T.train()\n  File x\nOSError: disk full\n", "OSError: disk full"),
    ],
)
def test_why_a_lost_trial_was_given_up_is_one_line(last_line: str, text: str) -> None:
    first = "Failure # 1 (occurred at some time)\nsomething else\n"
    file = f"{first}Failure # 2 (occurred later)\n{last_line}"
    assert why_given_up(file if last_line else "", 4) == text


def test_the_sharing_of_names_is_all_that_reports_have_in_common() -> None:
    packed = Report(1, 0.0, {"a name": 0.5}).packed(done=True)
    one, other = Report.unpacked(packed), Report.unpacked(packed)
    assert one.metrics is not other.metrics
    assert next(iter(one.metrics)) is next(iter(other.metrics))


class OutOfMemoryError(RuntimeError):
    """As torch calls it."""


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OutOfMemoryError("Tried to allocate 2.00 GiB"), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (MemoryError("not enough"), False),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), False),
    ],
)
def test_a_full_gpu_is_told_apart_from_other_failures(error: Exception, full: bool) -> None:
    assert memory_is_full(error) is full
