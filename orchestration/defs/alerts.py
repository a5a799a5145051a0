"""After each run that the daemon started: alerts for what failed, and for what is in order again."""

import dagster as dg

from orchestration.alerting import alert, reasons, told
from orchestration.resources import Warehouse


def _evaluations(context: dg.RunStatusSensorContext) -> list[dg.AssetCheckEvaluation]:
    records = context.instance.get_records_for_run(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    return [event.asset_check_evaluation_data for event in events if event]


@dg.definitions
def alerts() -> dg.Definitions:
    @dg.run_failure_sensor(name="alert_after_failed_runs", default_status=dg.DefaultSensorStatus.RUNNING)
    def after_failure(context: dg.RunFailureSensorContext, warehouse: Warehouse) -> None:
        with warehouse.connect() as db:
            why = told(reasons(context.get_step_failure_events())) or context.failure_event.message or "failed"
            alert(db, context.dagster_run.job_name, why, _evaluations(context))

    @dg.run_status_sensor(
        name="alert_after_runs", run_status=dg.DagsterRunStatus.SUCCESS, default_status=dg.DefaultSensorStatus.RUNNING
    )
    def after_success(context: dg.RunStatusSensorContext, warehouse: Warehouse) -> None:
        with warehouse.connect() as db:
            alert(db, context.dagster_run.job_name, None, _evaluations(context))

    return dg.Definitions(sensors=[after_failure, after_success])
