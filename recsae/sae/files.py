"""An autoencoder on disk: model.safetensors and settings.json in one folder.

In a folder to hand on (`export --format hub`) what settings.json holds is config.json.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file
from safetensors.torch import save as save_bytes
from torch import Tensor

from recsae.errors import RecsaeError, SettingError
from recsae.files import read_json, whole_folder, write_json
from recsae.sae.model import SparseAutoencoder
from recsae.sae.registry import variant

WEIGHTS = "model.safetensors"
SETTINGS = "settings.json"
CONFIG = "config.json"
TWIN = "twin.safetensors"
"""The atoms of the model's twin, where it has one."""
_ATOMS = "W_dec"


def save(model: SparseAutoencoder, folder: Path, extra: dict[str, Any]) -> None:
    """Write the model, its settings and whatever plain values go with it; whole or not at all.

    What only training needs (`Variant.training_only`) is left out.
    """
    with whole_folder(folder) as part:
        (part / WEIGHTS).write_bytes(weights_of(model))
        if model.twin_ND is not None:
            (part / TWIN).write_bytes(packed({_ATOMS: model.twin_ND}))
        write_json(part / SETTINGS, described(model, extra))


def weights_of(model: SparseAutoencoder) -> bytes:
    """Return the content of a model's safetensors file, without its twin."""
    return packed(model.kept(model.state_dict()))


def packed(weights: Mapping[str, Tensor]) -> bytes:
    """Return the content of a safetensors file of some weights."""
    # safetensors refuses tensors that share memory or are not contiguous.
    return save_bytes({name: t.detach().cpu().contiguous() for name, t in weights.items()})


def described(model: SparseAutoencoder, extra: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a model's JSON file."""
    return {
        "model_name": model.variant.name,
        "width": model.width,
        "settings": model.settings.values(),
        "extra": extra,
    }


def settings_file(folder: Path) -> Path:
    """Return where a folder says what the model is, whether or not it is there."""
    path = folder / CONFIG
    return path if path.is_file() else folder / SETTINGS


def load(folder: Path) -> tuple[SparseAutoencoder, dict[str, Any]]:
    """Return the model, in evaluation mode on the CPU, and what was saved with it.

    Raises RecsaeError if a file is missing, broken, or does not fit the settings beside it.
    """
    file = settings_file(folder)
    content = _read_settings(file)
    model = _model(content, file)
    # Older files still have these weights; `kept` leaves them out, too.
    model.drop_training_only()
    weights = model.kept(_read_weights(folder / WEIGHTS))
    _check(model.state_dict(), weights, folder / WEIGHTS)
    model.load_state_dict(weights)
    twin = folder / TWIN
    if twin.is_file():
        atoms = _read_weights(twin)
        _check({_ATOMS: model.W_dec}, atoms, twin)
        model.twin_ND = atoms[_ATOMS]
    return model.eval(), content["extra"]


def _model(content: dict[str, Any], path: Path) -> SparseAutoencoder:
    try:
        kind = variant(content["model_name"])
        return SparseAutoencoder(kind, kind.Settings.of(content["settings"]), content["width"])
    except SettingError as error:
        raise RecsaeError(f"{path}: {error}") from None
    except (TypeError, ValueError):  # a name, a width or settings of another type
        raise _other_json(path) from None


def _read_settings(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = read_json(path)
        missing = {"model_name", "width", "settings", "extra"} - set(content)
    except FileNotFoundError:
        raise RecsaeError(f"{path}: no such file; expected a saved autoencoder") from None
    except (ValueError, TypeError):
        raise _other_json(path) from None
    if missing:
        raise RecsaeError(f"{path}: expected the key {sorted(missing)[0]!r}, found none")
    if not isinstance(content["extra"], dict):
        raise _other_json(path)
    return content


def _other_json(path: Path) -> RecsaeError:
    return RecsaeError(f"{path}: expected the JSON settings of an autoencoder")


def _read_weights(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except FileNotFoundError:
        raise RecsaeError(f"{path}: no such file; expected a saved autoencoder") from None
    except SafetensorError as error:
        raise RecsaeError(f"{path}: expected a whole safetensors file ({error})") from None


def _check(expected: dict[str, Tensor], found: dict[str, Tensor], path: Path) -> None:
    for key in [*expected, *(key for key in found if key not in expected)]:
        wanted, has = _shape(expected, key), _shape(found, key)
        if wanted != has:
            raise RecsaeError(f"{path}: {key}: expected {wanted}, found {has}")


def _shape(tensors: dict[str, Tensor], key: str) -> str:
    return f"shape {list(tensors[key].shape)}" if key in tensors else "nothing"
