"""cluster/kuberay.yaml: the schemas of KubeRay's resources, and what they cannot say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, ValidationError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCHEMAS = json.loads((HERE / "kuberay-1.7.0.json").read_text())


@pytest.fixture
def resources() -> dict[str, Any]:
    """Kind → resource."""
    text = (ROOT / "cluster/kuberay.yaml").read_text()
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def check(resource: dict[str, Any]) -> None:
    schema = {"$defs": SCHEMAS["$defs"], **SCHEMAS["kinds"][resource["kind"]]}
    Draft202012Validator(schema).validate(resource)


def pods(cluster: dict[str, Any]) -> list[dict[str, Any]]:
    groups = [cluster["spec"]["headGroupSpec"], *cluster["spec"]["workerGroupSpecs"]]
    return [group["template"]["spec"] for group in groups]


@pytest.mark.parametrize("kind", ["RayCluster", "RayJob"])
def test_kuberay_takes_it(resources: dict[str, Any], kind: str) -> None:
    check(resources[kind])


def test_what_it_does_not_take_is_told(resources: dict[str, Any]) -> None:
    cluster = resources["RayCluster"]
    pods(cluster)[0]["containers"][0]["volumeMount"] = []
    with pytest.raises(ValidationError, match="volumeMount"):
        check(cluster)
    cluster["spec"] = {"authOptions": {"mode": "password"}}
    with pytest.raises(ValidationError):
        check(cluster)


def test_the_job_is_for_the_cluster(resources: dict[str, Any]) -> None:
    name = resources["RayCluster"]["metadata"]["name"]
    assert resources["RayJob"]["spec"]["clusterSelector"] == {"ray.io/cluster": name}


def test_its_ray_is_that_of_the_image(resources: dict[str, Any]) -> None:
    pinned = re.search(r"^ray==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned and resources["RayCluster"]["spec"]["rayVersion"] == pinned[1]


def test_nobody_gets_in_without_the_password(resources: dict[str, Any]) -> None:
    spec = resources["RayCluster"]["spec"]
    assert spec["authOptions"] == {"mode": "token"}
    assert spec["headGroupSpec"]["serviceType"] == "ClusterIP"


def test_all_pods_reach_the_same_folder_and_none_is_root(resources: dict[str, Any]) -> None:
    for pod in pods(resources["RayCluster"]):
        (container,) = pod["containers"]
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts == {"shared": "/mnt/shared", "cache": "/mnt/cache"}
        assert {volume["name"] for volume in pod["volumes"]} == set(mounts)
        assert pod["securityContext"]["runAsNonRoot"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        # Ray counts a pod's CPUs by its limits.
        assert container["resources"]["limits"] == container["resources"]["requests"]
