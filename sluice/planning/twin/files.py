"""Scenario files: YAML with the keys of scenario.Scenario."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from sluice.config import ConfigError
from sluice.planning.twin.scenario import Scenario
from sluice.planning_policy import Planning


def load_scenario(file: Path, policy: Planning) -> Scenario:
    """The scenario in `file`, which is checked against the `policy` that it changes. ConfigError with one line a fault."""
    if not file.is_file():
        raise ConfigError(f"{file} does not exist; examples/scenarios has some")
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as fault:
        raise ConfigError(f"{file} is no valid YAML: {fault}") from fault
    if not isinstance(data, dict):
        raise ConfigError(f"{file} must hold keys and values, of them {', '.join(Scenario.model_fields)}")
    try:
        scenario = Scenario.model_validate({"name": file.stem} | data)
        scenario.policy(policy)
    except ValidationError as fault:
        raise ConfigError(f"{file}:\n" + "\n".join(_explained(error) for error in fault.errors())) from fault
    return scenario


def _explained(error: object) -> str:
    assert isinstance(error, dict)
    where = ".".join(str(part) for part in error["loc"]) or "file"
    if error["type"] == "extra_forbidden":
        return f"  {where}: unknown key"
    return f"  {where}: {error['msg'].removeprefix('Value error, ')}"
