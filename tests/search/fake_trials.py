"""Trials that train nothing: their curve is a formula, so that a search over them takes seconds.

Worker processes import this file by its name; the tests put its folder on PYTHONPATH.
"""

import errno
import os
import signal
import time
from pathlib import Path
from typing import Any

import ray


class FakeTrial:
    """ndcg@10 grows with the epochs towards sae_lr (a score here); a few settings misbehave."""

    ladder: tuple[dict[str, Any], ...] = ()

    def __init__(self, model_name: str, settings: dict[str, Any], work: Any) -> None:
        self.epochs = 0
        self._model_name, self._settings = model_name, settings
        self._marks = Path(work.activations)

    @property
    def done(self) -> bool:
        return self.epochs >= self._settings["sae_epochs"]

    def step(self) -> dict[str, float | None]:
        self.epochs += 1
        score = self._settings["sae_lr"] * (1 - 0.5**self.epochs)
        return {
            "ndcg@10": score,
            "l0": float(self._settings["sae_k"]),
            "leak": float(self._model_name.endswith("Attention")),
            "train/loss": 1 / self.epochs,
        }

    def state_dict(self) -> dict[str, Any]:
        return {"epochs": self.epochs}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.epochs = state["epochs"]

    def save(self, folder: Path, **about: Any) -> None:
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(str(self._settings["sae_lr"]))


class FailingTrial(FakeTrial):
    """Fails in its second epoch when k is odd, at its start when k is 4."""

    def __init__(self, model_name: str, settings: dict[str, Any], work: Any) -> None:
        super().__init__(model_name, settings, work)
        if settings["sae_k"] == 4:
            raise ArithmeticError("no room\nfor this")

    def step(self) -> dict[str, float | None]:
        metrics = super().step()
        if self._settings["sae_k"] % 2 and self.epochs == 2:
            raise FloatingPointError("the loss is not finite")
        return metrics


class HopelessTrial(FakeTrial):
    """Fails in its first epoch, until a file `mended` lies beside the data."""

    def step(self) -> dict[str, float | None]:
        if not (self._marks / "mended").exists():
            raise FloatingPointError(f"the loss is not finite at rate {self._settings['sae_lr']}")
        return super().step()


class SlowTrial(FakeTrial):
    """Takes a second an epoch; leaves a mark when it has begun."""

    def step(self) -> dict[str, float | None]:
        (self._marks / "begun").touch()
        time.sleep(1)
        return super().step()


class PlacedTrial(FakeTrial):
    """Leaves a mark with the GPU that Ray gave it, and waits for that of another trial."""

    def step(self) -> dict[str, float | None]:
        device, own = os.environ["CUDA_VISIBLE_DEVICES"], self._settings["sae_seed"]
        (self._marks / f"gpu-{device}-{own}").touch()
        deadline = time.monotonic() + 120
        while len(list(self._marks.glob("gpu-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        return super().step()


class OutOfMemoryTrial(FakeTrial):
    """Finds the memory of its GPU full in epoch 2, until it has as much of it as a file says."""

    def step(self) -> dict[str, float | None]:
        metrics = super().step()
        held = ray.get_runtime_context().get_assigned_resources().get("GPU", 0.0)
        (self._marks / f"held-{self._settings['sae_seed']}-{held:g}").touch()
        if self.epochs == 2 and held < float((self._marks / "enough").read_text()):
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return metrics


class OutOfMemoryError(RuntimeError):
    """As torch calls it."""


class BriefTrial(FakeTrial):
    """Takes a moment an epoch, so that a kill can come in between."""

    def step(self) -> dict[str, float | None]:
        time.sleep(0.05)
        return super().step()


class DyingTrial(FakeTrial):
    """The first process that reaches epoch 2 dies there; all steps are noted."""

    def step(self) -> dict[str, float | None]:
        metrics = super().step()
        with (self._marks / "steps").open("a") as steps:
            steps.write(f"{self.epochs}\n")
        mark = self._marks / "died"
        if self.epochs == 2 and not mark.exists():
            mark.touch()
            os._exit(1)
        return metrics


class MortalTrial(FakeTrial):
    """Never survives its first epoch."""

    def step(self) -> dict[str, float | None]:
        os._exit(1)


class FaultyMachineTrial(FakeTrial):
    """Meets the fault that the file `fault` names, as long as that is there."""

    def step(self) -> dict[str, float | None]:
        metrics = super().step()
        fault = self._marks / "fault"
        name = fault.read_text() if fault.exists() else ""
        if self.epochs == 2 and name == "killed":
            os._exit(1)
        if self.epochs == 2 and name == "terminated":
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(60)
        if self.epochs == 2 and name == "memory":
            raise MemoryError("no room")
        if self.epochs == 2 and name == "handles":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return metrics

    def save(self, folder: Path, **about: Any) -> None:
        fault = self._marks / "fault"
        if fault.exists() and fault.read_text() == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        super().save(folder, **about)


class LuckyTrial(BriefTrial):
    """Its seed moves its score by up to a tenth; each start is noted."""

    def __init__(self, model_name: str, settings: dict[str, Any], work: Any) -> None:
        super().__init__(model_name, settings, work)
        with (self._marks / "starts").open("a") as starts:
            starts.write(f"{settings['sae_seed']}\n")

    def step(self) -> dict[str, float | None]:
        metrics = super().step()
        luck = 1 + (self._settings["sae_seed"] % 1000 - 500) / 5000
        return metrics | {"ndcg@10": (metrics["ndcg@10"] or 0.0) * luck}
