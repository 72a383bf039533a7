"""Make kuberay-*.json anew: the schemas of KubeRay's resources, without what appears in them twice.

    python tests/cluster_files/compact_crd.py VERSION ray.io_rayclusters.yaml ray.io_rayjobs.yaml

The two files are those of ray-operator/config/crd/bases in KubeRay's repository.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

LONG = 400
"""Parts of fewer characters are written out each time."""
UNUSED = ("default", "description", "format", "properties")


def main(version: str, *files: str) -> None:
    kinds = dict(map(schema_of, files))
    texts = Counter(json.dumps(part) for kind in kinds.values() for part in parts(kind))
    names = {
        text: f"part{number}"
        for number, text in enumerate(t for t, n in texts.items() if n > 1 and len(t) > LONG)
    }
    whole = {
        "source": f"github.com/ray-project/kuberay {version}, ray-operator/config/crd/bases",
        "$defs": {n: shortened(json.loads(t), names, whole=True) for t, n in names.items()},
        "kinds": {kind: shortened(schema, names) for kind, schema in kinds.items()},
    }
    target = Path(__file__).with_name(f"kuberay-{version.removeprefix('v')}.json")
    target.write_text(json.dumps(whole, separators=(",", ":")) + "\n")


def schema_of(file: str) -> tuple[str, Any]:
    """Return the kind that a custom resource definition is of, and its schema in version v1."""
    spec = yaml.safe_load(Path(file).read_text())["spec"]
    (version,) = [v for v in spec["versions"] if v["name"] == "v1"]
    return spec["names"]["kind"], closed(version["schema"]["openAPIV3Schema"])


def closed(part: Any) -> Any:
    """Return a schema that admits no field but those named, as `kubectl apply` does."""
    if not isinstance(part, dict):
        return part
    kept = {name: closed(value) for name, value in part.items() if name not in UNUSED}
    if "properties" in part:
        kept["properties"] = {name: closed(value) for name, value in part["properties"].items()}
        kept["additionalProperties"] = False
    return kept


def parts(part: Any) -> list[Any]:
    """Return all schemas within a schema, itself first."""
    below = [*part.get("properties", {}).values(), *(part[k] for k in ("items",) if k in part)]
    return [part, *(inner for each in below for inner in parts(each))]


def shortened(part: Any, names: dict[str, str], whole: bool = False) -> Any:
    """Return a schema with references in place of the named ones in it."""
    if (name := names.get(json.dumps(part))) and not whole:
        return {"$ref": f"#/$defs/{name}"}
    short = dict(part)
    if "properties" in part:
        short["properties"] = {k: shortened(v, names) for k, v in part["properties"].items()}
    if "items" in part:
        short["items"] = shortened(part["items"], names)
    return short


if __name__ == "__main__":
    main(*sys.argv[1:])
