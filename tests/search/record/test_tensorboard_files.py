"""What is written for TensorBoard, read back by TensorBoard itself."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata

from recsae.search.record.tensorboard import TensorBoard, trial_name
from recsae.space import stored_space

EXPERIMENT: dict[str, Any] = {
    "objectives": {"ndcg@10": "max"},
    "model_name": ["a", "b"],
    "parameters": {
        "sae_k": {"int": [2, 16], "log": True},
        "sae_lr": {"float": [1e-4, 1e-1], "log": True},
        "scaled": {"float": [1e-4, 1e-1], "log": True, "scale": "latents"},
        "sae_scale_size": {"choice": [2, 4]},
        "mode": {"choice": ["x", "y"], "when": {"model_name": ["a"]}},
        "flag": {"choice": [True, False]},
        "mixed": {"choice": [1, "all", None]},
        "sae_epochs": 30,
        "only_sometimes": {"value": 3, "when": {"model_name": ["a"]}},
    },
}


def read(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def plugin_data(events: EventAccumulator, tag: str) -> Any:
    return events.summary_metadata[tag].plugin_data.content


@pytest.fixture
def board(tmp_path: Path) -> TensorBoard:
    return TensorBoard(tmp_path)


def test_curves_are_there_by_epoch(board: TensorBoard, tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        board.report(7, epoch, {"dev/ndcg@10": epoch / 10, "train/fvu": 1.0, "dev/leak": None})
    events = read(tmp_path / trial_name(7))
    assert events.Tags()["scalars"] == ["dev/ndcg@10", "train/fvu"]
    points = events.Scalars("dev/ndcg@10")
    assert [point.step for point in points] == [1, 2, 3]
    assert [point.value for point in points] == pytest.approx([0.1, 0.2, 0.3])


def test_each_trial_has_a_folder_that_sorts_by_number(board: TensorBoard, tmp_path: Path) -> None:
    for trial in (10, 9, 2):
        board.start(trial, {"sae_k": 2})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "trial_00002",
        "trial_00009",
        "trial_00010",
    ]


def test_settings_keep_their_types(board: TensorBoard, tmp_path: Path) -> None:
    settings = {"model_name": "a", "sae_k": 5, "flag": True, "sae_lr": 0.5, "none": None, "l": [1]}
    board.start(0, settings)
    content = plugin_data(read(tmp_path / trial_name(0)), metadata.SESSION_START_INFO_TAG)
    start = metadata.parse_session_start_info_plugin_data(content)
    assert start.hparams["model_name"].string_value == "a"
    assert start.hparams["sae_k"].number_value == 5
    assert start.hparams["flag"].bool_value is True
    assert start.hparams["sae_lr"].number_value == 0.5
    assert start.hparams["l"].string_value == "[1]"
    assert "none" not in start.hparams
    assert start.group_name == trial_name(0)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("COMPLETE", api_pb2.STATUS_SUCCESS),
        ("PRUNED", api_pb2.STATUS_SUCCESS),
        ("FAILED", api_pb2.STATUS_FAILURE),
    ],
)
def test_the_end_tells_success(board: TensorBoard, tmp_path: Path, state: str, status: int) -> None:
    board.start(0, {})
    board.end(0, state)
    content = plugin_data(read(tmp_path / trial_name(0)), metadata.SESSION_END_INFO_TAG)
    assert metadata.parse_session_end_info_plugin_data(content).status == status


def test_the_experiment_declares_settings_and_metrics(board: TensorBoard, tmp_path: Path) -> None:
    board.experiment(stored_space(EXPERIMENT, "search.yaml"), ["dev/ndcg@10", "dev/l0"])
    content = plugin_data(read(tmp_path), metadata.EXPERIMENT_TAG)
    experiment = metadata.parse_experiment_plugin_data(content)
    infos = {info.name: info for info in experiment.hparam_infos}
    first = ["sae_k", "sae_scale_size", "sae_lr", "model_name"]
    assert list(infos) == [*first, "scaled", "mode", "flag", "mixed"], "no constant"
    assert list(infos["model_name"].domain_discrete) == ["a", "b"]
    assert infos["sae_k"].domain_interval.max_value == 16
    assert infos["scaled"].type == api_pb2.DATA_TYPE_FLOAT64
    assert not infos["scaled"].HasField("domain_interval")
    assert list(infos["sae_scale_size"].domain_discrete) == [2, 4]
    assert infos["mode"].type == api_pb2.DATA_TYPE_STRING
    assert infos["flag"].type == api_pb2.DATA_TYPE_BOOL
    assert infos["mixed"].type == api_pb2.DATA_TYPE_UNSET
    board.start(0, {"sae_k": 4, "sae_epochs": 30, "sae_seed": 7})
    content = plugin_data(read(tmp_path / trial_name(0)), metadata.SESSION_START_INFO_TAG)
    start = metadata.parse_session_start_info_plugin_data(content)
    assert list(start.hparams) == ["sae_k"], "what is the same in all trials is no column"
    assert [info.name.tag for info in experiment.metric_infos] == ["dev/ndcg@10", "dev/l0"]


def test_a_run_taken_up_again_goes_on_after_half_a_record(tmp_path: Path) -> None:
    first = TensorBoard(tmp_path)
    first.report(0, 1, {"dev/fvu": 0.5})
    (file,) = (tmp_path / trial_name(0)).iterdir()
    file.write_bytes(file.read_bytes() + b"\x10\x00\x00")
    TensorBoard(tmp_path).report(0, 2, {"dev/fvu": 0.25})
    assert [point.step for point in read(tmp_path / trial_name(0)).Scalars("dev/fvu")] == [1, 2]


def test_many_trials_leave_no_thread_and_no_open_file(board: TensorBoard) -> None:
    threads, files = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for trial in range(50):
        board.start(trial, {"sae_k": 2})
        board.report(trial, 1, {"dev/fvu": 0.5})
        board.end(trial, "COMPLETE")
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == files


def test_it_needs_neither_torch_nor_ray() -> None:
    code = (
        "import sys, recsae.search.record.tensorboard\n"
        "sys.exit(1 if {'torch', 'ray', 'tensorflow'} & set(sys.modules) else 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
