"""cluster/*.yaml for `ray up`: Ray's schema, Ray's own preparation, and what all must have."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import ValidationError
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parents[2]
CLOUDS = ("aws", "gcp")
START = ("head_start_ray_commands", "worker_start_ray_commands")


def read(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "cluster" / f"{name}.yaml").read_text())
    return read


@pytest.mark.parametrize("name", ["local", *CLOUDS])
def test_ray_takes_the_file(name: str) -> None:
    prepared = prepare_config(read(name))
    validate_config(prepared)
    types = prepared["available_node_types"]
    assert prepared["head_node_type"] in types
    # What Ray's defaults would add, they must not: its images, its wheels, an open dashboard.
    assert {key: prepared[key] for key in START} == {key: read(name)[key] for key in START}
    setups = ("setup_commands", "head_setup_commands", "worker_setup_commands")
    assert [prepared[key] for key in setups] == [[], [], []]


def test_what_ray_does_not_take_is_told() -> None:
    wrong = prepare_config(read("aws"))
    wrong["docker"]["run_option"] = ["--privileged"]
    with pytest.raises(ValidationError, match="run_option"):
        validate_config(wrong)


@pytest.mark.parametrize("name", ["local", *CLOUDS])
def test_nobody_gets_in_without_the_password(name: str) -> None:
    values = read(name)
    assert values["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"
    starts = [c for key in START for c in values[key] if "ray start" in c]
    assert len(starts) == 2
    given = [option.split()[-1] for option in values.get("docker", {}).get("run_options", [])]
    for command in starts:
        assert "RAY_AUTH_MODE=token" in (*given, command.split()[0])
        assert "0.0.0.0" not in command and "--dashboard-host=::" not in command


@pytest.mark.parametrize("name", CLOUDS)
def test_the_head_stays_and_the_workers_are_spot_machines(name: str) -> None:
    values = read(name)
    types = values["available_node_types"]
    for kind, node in types.items():
        said = str(node["node_config"]).lower()
        assert ("spot" in said) == (kind != values["head_node_type"]), kind
        # Given by hand, else Ray asks the cloud before anything is checked.
        assert node["resources"]["CPU"] >= 1
    assert [k for k, node in types.items() if node["resources"].get("GPU")] == ["gpu_worker"]
    assert sum(node.get("min_workers", 0) for node in types.values()) <= values["max_workers"]


@pytest.mark.parametrize("name", CLOUDS)
def test_runs_and_data_lie_where_all_reach_them(name: str) -> None:
    values = read(name)
    mounted = [o.split()[-1] for o in values["docker"]["run_options"] if "--volume" in o]
    assert mounted == ["/mnt/shared:/mnt/shared", "/mnt/cache:/mnt/cache"]
    assert any(
        "mount -t nfs" in c and "/mnt/shared" in c for c in values["initialization_commands"]
    )


def test_the_cluster_file_of_the_first_command_is_there() -> None:
    assert yaml.safe_load((ROOT / "cluster.yaml").read_text()) == read("local")
