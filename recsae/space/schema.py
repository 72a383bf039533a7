"""The JSON schema of space files, for editors; made from the settings classes and the registry.

`python -m recsae.space.schema` writes it anew beside the shipped spaces.
"""

import json
from pathlib import Path
from typing import Any

from recsae.activations.settings import ActivationSettings
from recsae.files import write_whole
from recsae.interactions.settings import DataSettings
from recsae.metrics.registry import constrainable, directions
from recsae.recommenders.base_choice import ChoiceSettings
from recsae.recommenders.sasrec.settings import SASRecSettings
from recsae.sae.registry import variants
from recsae.settings import Settings, fields
from recsae.space.parameters import MODEL
from recsae.space.read_parameters import OPTIONS
from recsae.space.read_priors import SURE
from recsae.space.sections import (
    OBJECTIVE_WORDS,
    ResourceSettings,
    SchedulerSettings,
    SearchSettings,
)
from recsae.space.shipped import SCHEMA_NAME, shipped_folder

Schema = dict[str, Any]

_SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_DEFINITIONS: dict[str, Schema] = {
    "log": {"type": "boolean", "description": "Spread the values evenly over powers."},
    "step": {"type": "integer", "minimum": 1, "description": "Distance between two values."},
    "scale": {"const": "latents", "description": "Times sqrt(2^14 / latents)."},
    "prior": {
        "type": "object",
        "description": "Where the best value is thought to be; a wrong guess washes out.",
        "additionalProperties": False,
        "required": ["around"],
        "properties": {"around": _SCALAR, "sure": {"enum": list(SURE)}},
    },
    "when": {
        "type": "object",
        "description": "Takes part only where the named parameters have these values.",
        "additionalProperties": {
            "anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]
        },
        "minProperties": 1,
    },
}


def schema() -> Schema:
    """Return the schema of a space file (JSON Schema, draft 7)."""
    names = list(variants())
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A recsae search space",
        "type": "object",
        "additionalProperties": False,
        "required": [MODEL, "parameters"],
        "properties": {
            MODEL: _models(names),
            "dataset": {
                "type": ["string", "null"],
                "description": _description(DataSettings, "dataset"),
            },
            "data": _section(DataSettings, without="dataset"),
            "base": _section(SASRecSettings, ChoiceSettings),
            "activations": _section(ActivationSettings),
            "parameters": _parameters(names),
            "objectives": _objectives(),
            "constraints": _constraints(),
            "points": _points(names),
            "search": _section(SearchSettings),
            "scheduler": _section(SchedulerSettings),
            "resources": _section(ResourceSettings),
        },
        "definitions": _DEFINITIONS,
    }


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema(), indent=2) + "\n"


def write_schema(folder: Path | None = None) -> Path:
    """Write the schema into a folder, the shipped one by default; return its path."""
    path = (folder or shipped_folder()) / SCHEMA_NAME
    write_whole(path, schema_text())
    return path


def _models(names: list[str]) -> Schema:
    one = {"enum": names}
    several = {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}
    return {
        "anyOf": [one, several],
        "description": "One model, or a list: then it is searched too.",
    }


def _section(*kinds: type[Settings], without: str = "") -> Schema:
    found = [item for kind in kinds for item in _fields(kind).items()]
    properties = {name: field for name, field in found if name != without}
    return {
        "type": ["object", "null"],
        "description": kinds[0].__doc__,
        "additionalProperties": False,
        "properties": properties,
    }


def _objectives() -> Schema:
    metrics = {
        name: {"const": way, "description": OBJECTIVE_WORDS[way].capitalize() + "."}
        for name, way in directions().items()
    }
    return {
        "type": ["object", "null"],
        "description": "Metrics on dev and their direction; several give a Pareto set.",
        "additionalProperties": False,
        "properties": metrics,
    }


def _constraints() -> Schema:
    bound = {"type": "string", "pattern": "^\\s*(<=|>=)\\s*[-+.0-9eE]+\\s*$"}
    return {
        "type": ["object", "null"],
        "description": 'What an answer must meet on dev, such as dead: "<= 0.5". A leak never may.',
        "additionalProperties": False,
        "properties": dict.fromkeys(constrainable(), bound),
    }


def _points(names: list[str]) -> Schema:
    settings = {name: _SCALAR for model in names for name in fields(variants()[model].Settings)}
    point = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {MODEL: {"enum": names}, **settings},
    }
    return {
        "type": ["array", "null"],
        "description": "Settings to start from; what one leaves out is drawn.",
        "items": point,
    }


def _parameters(names: list[str]) -> Schema:
    owners: dict[str, list[str]] = {}
    found: dict[str, Schema] = {}
    for model in names:
        for name, field in _fields(variants()[model].Settings).items():
            found.setdefault(name, field)
            owners.setdefault(name, []).append(model)
    properties = {
        name: _parameter(field, "" if owners[name] == names else ", ".join(owners[name]))
        for name, field in found.items()
    }
    return {
        "type": "object",
        "description": "Settings that are fixed or searched; the rest keep their defaults.",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": properties,
    }


def _parameter(field: Schema, owners: str) -> Schema:
    """Return what may be written for one setting: a bare value, or a form with its options."""
    value = {key: part for key, part in field.items() if key not in ("description", "default")}
    forms = [value, _form("value", value), _form("choice", _choice(value))]
    bounds = {key: field[key] for key in _BOUNDS if key in field}
    if field.get("type") in ("integer", "number"):
        forms.append(_form("int", _pair("integer", bounds)))
    if field.get("type") == "number":
        forms.append(_form("float", _pair("number", bounds)))
    only = f" Only {owners}." if owners else ""
    default = f" Default: {json.dumps(field['default'])}."
    return {"description": field["description"] + only + default, "anyOf": forms}


def _form(name: str, body: Schema) -> Schema:
    options = {option: {"$ref": f"#/definitions/{option}"} for option in OPTIONS[name]}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name],
        "properties": {name: body, **options},
    }


def _choice(value: Schema) -> Schema:
    return {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}


def _pair(kind: str, bounds: Schema) -> Schema:
    return {"type": "array", "items": {"type": kind, **bounds}, "minItems": 2, "maxItems": 2}


def _fields(kind: type[Settings]) -> dict[str, Schema]:
    """Return the schema of each field, its words on one line, without pydantic's titles."""
    properties: dict[str, Schema] = kind.model_json_schema()["properties"]
    return {
        name: {key: part for key, part in field.items() if key != "title"}
        | {"description": " ".join(field["description"].split())}
        for name, field in properties.items()
    }


def _description(kind: type[Settings], name: str) -> str:
    return str(_fields(kind)[name]["description"])


if __name__ == "__main__":
    write_schema()
