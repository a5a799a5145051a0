"""Where the parts of a checkout are that aren't Python: the dbt project, the expectations, the workspace."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
DBT_PROJECT = ROOT / "dbt_project"
EXPECTATIONS = ROOT / "expectations"
WORKSPACE = ROOT / "workspace.yaml"
DAGSTER_YAML = ROOT / "orchestration" / "dagster.yaml"
DASHBOARDS = ROOT / "dashboards"
