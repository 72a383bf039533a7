"""A run for TensorBoard: one folder a trial, its curves and its place in the HParams table.

Records are appended by opening and closing the trial's file, so that thousands of trials hold
neither threads nor open files, and a kill loses at most the record being written.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from recsae.files import naming
from recsae.results import States
from recsae.space import Parameter, SearchSpace

_FIRST: Final = ("sae_k", "sae_scale_size", "sae_lr")
_STATUS: Final = {
    States.RUNNING: api_pb2.STATUS_RUNNING,
    States.COMPLETE: api_pb2.STATUS_SUCCESS,
    States.PRUNED: api_pb2.STATUS_SUCCESS,
    States.FAILED: api_pb2.STATUS_FAILURE,
}


class TensorBoard:
    """Writes below one folder; each call leaves complete files behind."""

    def __init__(self, folder: Path) -> None:
        # A file of its own each time the run is taken up: an old one may end in half a record.
        self._folder, self._file = folder, f"events.out.tfevents.{time.time_ns()}.recsae"
        self._searched: set[str] | None = None

    def experiment(self, space: SearchSpace, metrics: Sequence[str]) -> None:
        """Declare the settings of a space and the metrics (full tags, e.g. "dev/ndcg@10")."""
        self._searched = {parameter.name for parameter in space.searched}
        experiment = api_pb2.Experiment(
            hparam_infos=[_declared(parameter) for parameter in _columns(space)],
            metric_infos=[
                api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag), display_name=tag)
                for tag in metrics
            ],
            time_created_secs=time.time(),
        )
        data = HParamsPluginData(experiment=experiment)
        self._append(self._folder, _plugin_summary(metadata.EXPERIMENT_TAG, data))

    def start(self, trial_id: int, settings: Mapping[str, Any]) -> None:
        """Begin a trial with its settings, model_name among them; what is alike in all of them is
        left out once `experiment` has told what is searched."""
        known = {
            name: _scalar(value)
            for name, value in settings.items()
            if value is not None and (self._searched is None or name in self._searched)
        }
        self._append(self._trial(trial_id), hparams_pb(known, trial_id=trial_name(trial_id)))

    def report(self, trial_id: int, epoch: int, metrics: Mapping[str, Any]) -> None:
        """Add a point to each curve of a trial; metrics under full tags, None is left out."""
        values = [
            Summary.Value(tag=tag, simple_value=float(value))
            for tag, value in metrics.items()
            if value is not None
        ]
        self._append(self._trial(trial_id), Summary(value=values), step=epoch)

    def end(self, trial_id: int, state: str) -> None:
        """End a trial: HParams shows it as a success or a failure."""
        info = SessionEndInfo(status=_STATUS[States(state)], end_time_secs=time.time())
        data = HParamsPluginData(session_end_info=info)
        self._append(self._trial(trial_id), _plugin_summary(metadata.SESSION_END_INFO_TAG, data))

    def _trial(self, trial_id: int) -> Path:
        return self._folder / trial_name(trial_id)

    def _append(self, folder: Path, summary: Any, step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self._file
        with naming(path), path.open("ab") as file:
            records = RecordWriter(file)
            # TensorBoard reads a file only if its first record says the version.
            if file.tell() == 0:
                version = Event(wall_time=time.time(), file_version="brain.Event:2")
                records.write(version.SerializeToString())
            event = Event(wall_time=time.time(), step=step, summary=summary)
            records.write(event.SerializeToString())


def trial_name(trial_id: int) -> str:
    """Return a trial's folder, which TensorBoard shows as its name; sorts as the trials do."""
    return f"trial_{trial_id:05d}"


def _columns(space: SearchSpace) -> list[Parameter]:
    """Return what is searched, what decides most first: the order of HParams' columns."""
    return sorted(space.searched, key=lambda p: (*_FIRST, p.name).index(p.name))


def _plugin_summary(tag: str, data: Any) -> Any:
    value = Summary.Value(
        tag=tag, metadata=metadata.create_summary_metadata(data), tensor=metadata.NULL_TENSOR
    )
    return Summary(value=[value])


def _declared(parameter: Parameter) -> Any:
    """Return a setting's name, type and range."""
    info = api_pb2.HParamInfo(name=parameter.name)
    if parameter.kind in ("int", "float"):
        info.type = api_pb2.DATA_TYPE_FLOAT64
        if not parameter.scale:  # a scaled range is not the range of what is stored
            info.domain_interval.min_value, info.domain_interval.max_value = parameter.ends
        return info
    info.type = _data_type(parameter.corners())
    if info.type != api_pb2.DATA_TYPE_UNSET:
        info.domain_discrete.extend(parameter.corners())
    return info


def _data_type(values: Sequence[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return api_pb2.DATA_TYPE_BOOL
    if kinds == {str}:
        return api_pb2.DATA_TYPE_STRING
    return api_pb2.DATA_TYPE_FLOAT64 if kinds <= {int, float} else api_pb2.DATA_TYPE_UNSET


def _scalar(value: Any) -> Any:
    return value if isinstance(value, (bool, int, float, str)) else str(value)
