"""When things run by themselves, and the one job that runs everything."""

import dagster as dg

# the twin has a job of its own: it costs minutes and nothing waits for it
ALL = dg.AssetSelection.all() - dg.AssetSelection.groups("simulation")
EVERYTHING = dg.define_asset_job("everything", selection=ALL)
# publishing too: a number that a channel refused is tried again
INGEST = dg.define_asset_job("ingest", selection=dg.AssetSelection.groups("channels", "ops", "publishing"))
NIGHTLY = dg.define_asset_job("nightly", selection=ALL)


@dg.definitions
def schedules() -> dg.Definitions:
    return dg.Definitions(
        jobs=[EVERYTHING, INGEST, NIGHTLY],
        schedules=[
            dg.ScheduleDefinition(
                name="ingest_every_15_minutes",
                job=INGEST,
                cron_schedule="*/15 * * * *",
                execution_timezone="UTC",
                default_status=dg.DefaultScheduleStatus.RUNNING,
            ),
            dg.ScheduleDefinition(
                name="plan_every_night",
                job=NIGHTLY,
                cron_schedule="30 2 * * *",
                execution_timezone="UTC",
                default_status=dg.DefaultScheduleStatus.RUNNING,
            ),
        ],
        executor=dg.in_process_executor,
    )
