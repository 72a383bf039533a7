"""The JSON schema of space files, for editors; made from the classes that read them.

`python -m recsae.space.file_format.schema` writes it anew beside the shipped spaces.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsae.files import write_whole
from recsae.interactions.settings import DataSettings
from recsae.metrics.base import Metric
from recsae.metrics.registry import MOST, Metrics, constraint_metrics, objective_metrics
from recsae.recommenders.base_choice import ChoiceSettings
from recsae.recommenders.registry import base_settings
from recsae.sae.registry import variants
from recsae.settings import Settings
from recsae.space.file_format.forms import FORMS, options
from recsae.space.file_format.space_file import SpaceFile
from recsae.space.file_format.values import SCALAR
from recsae.space.parameters import MODEL, PARAMETERS
from recsae.space.shipped import SCHEMA_NAME, shipped_folder

Schema = dict[str, Any]

_BOUND: Schema = {"type": "string", "pattern": "^\\s*(<=|>=)\\s*[-+.0-9eE]+\\s*$"}
_EXPRESSION: Schema = {
    "type": "string",
    "pattern": "^[\\w\\s.,()*/+-]*[A-Za-z_][\\w\\s.,()*/+-]*$",
    "description": "Numbers, names of other parameters, + - * / ( ) min max.",
}
_BASE = "The recommender that is explained: its settings, or one that is there already."
_LIMITS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_REF = "#/definitions/{model}"


def schema() -> Schema:
    """Return the schema of a space file (JSON Schema, draft 7)."""
    whole = SpaceFile.model_json_schema(ref_template=_REF)
    classes, keys = whole.pop("$defs"), whole["properties"]
    keys["dataset"]["description"] = classes[DataSettings.__name__]["properties"].pop("dataset")[
        "description"
    ]
    one = {"enum": list(variants())}
    about = keys[MODEL]["description"]
    keys[MODEL] = {"description": about, "anyOf": [one, _list(one)]}
    base: dict[str, Schema] = {}
    for kind in reversed(base_settings().values()):  # SASRec's words for what others have too
        base |= _fields(kind)
    base |= _fields(ChoiceSettings)
    keys["base"] |= {"description": _BASE, **_only(base)}
    keys[PARAMETERS] |= _only(_parameters())
    aims, bounds = objective_metrics(), constraint_metrics()
    keys["objectives"] |= _only({name: _direction(one) for name, one in aims.items()})
    keys["objectives"]["patternProperties"] = _at_cutoffs(aims, _direction)
    keys["constraints"] |= _only(dict.fromkeys(bounds, _BOUND))
    keys["constraints"]["patternProperties"] = _at_cutoffs(bounds, lambda _: _BOUND)
    keys["points"]["items"] |= _only({MODEL: one, **dict.fromkeys(_parameters(), SCALAR)})
    for key in keys.keys() - {*whole["required"], "dataset"}:  # a section may be left empty
        keys[key] = {"anyOf": [keys[key], {"type": "null"}]}
    draft = {"$schema": "http://json-schema.org/draft-07/schema#"}
    found: Schema = _tidy({**draft, **whole, "definitions": classes})
    return found


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2) + "\n"


def write_schema(folder: Path | None = None) -> Path:
    """Write the schema into a folder, the shipped one by default; return its path."""
    path = (folder or shipped_folder()) / SCHEMA_NAME
    write_whole(path, schema_text())
    return path


def _parameters() -> dict[str, Schema]:
    """Return what may be written for each setting of any model: a bare value, or a form."""
    owners: dict[str, list[str]] = {}
    found: dict[str, Schema] = {}
    for model, kind in variants().items():
        for name, field in _fields(kind.Settings).items():
            found.setdefault(name, field)
            owners.setdefault(name, []).append(model)
    return {
        name: _parameter(field, owners[name] if len(owners[name]) < len(variants()) else [])
        for name, field in found.items()
    }


def _parameter(field: Schema, owners: list[str]) -> Schema:
    value = {key: part for key, part in field.items() if key not in ("description", "default")}
    forms = [value, _form("value", value), _form("choice", _list(value))]
    limits = {key: field[key] for key in _LIMITS if key in field}
    if field.get("type") in ("integer", "number"):
        forms.append(_form("int", _pair({"type": "integer", **limits})))
    if field.get("type") == "number":
        forms.append(_form("float", _pair({"type": "number", **limits})))
    cases = [form for form in forms if form.get("type") == "object"]
    forms.append({"type": "array", "items": {"anyOf": cases}, "minItems": 2})
    only = f" Only {', '.join(owners)}." if owners else ""
    default = f" Default: {json.dumps(field['default'])}."
    return {"description": field["description"] + only + default, "anyOf": forms}


def _form(key: str, body: Schema) -> Schema:
    """Return a form whose options are those of its class."""
    form = FORMS[key]
    options_of = f"{_REF.format(model=form.__name__)}/properties"
    refs = {option: {"$ref": f"{options_of}/{option}"} for option in options(form)}
    return {"type": "object", "required": [key], **_only({**refs, key: body})}


def _direction(metric: Metric) -> Schema:
    return {"const": metric.direction, "description": metric.explanation}


def _at_cutoffs(known: Metrics, value: Callable[[Metric], Schema]) -> Schema:
    """Return what stands beside a metric at any cut-off, by the pattern of its name."""
    return {f"^{name}@([1-9][0-9]?|{MOST})$": value(one) for name, one in known.at_cutoffs.items()}


def _only(properties: dict[str, Schema]) -> Schema:
    return {"additionalProperties": False, "properties": properties}


def _list(value: Schema) -> Schema:
    return {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}


def _pair(value: Schema) -> Schema:
    end = {"anyOf": [value, _EXPRESSION]}
    return {"type": "array", "items": end, "minItems": 2, "maxItems": 2}


def _fields(kind: type[Settings]) -> dict[str, Schema]:
    """Return the schema of each field."""
    fields: dict[str, Schema] = kind.model_json_schema()["properties"]
    return fields


def _tidy(part: Any) -> Any:
    """Return the schema without the titles that pydantic makes of names, its words on one line."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return " ".join(part.split()) if isinstance(part, str) else part
    return {
        key: _tidy(item)
        for key, item in part.items()
        if not (key == "title" and isinstance(item, str))
    }


if __name__ == "__main__":
    write_schema()
