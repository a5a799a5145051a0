"""Metrics: the dictionary, and a number of it by any of its dimensions, as of the last build of the marts."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from sluice.metrics.answer import about, answer, chosen, plain
from sluice.metrics.dictionary import MetricError, dictionary
from sluice.metrics.question import MOST_ROWS, Question
from sluice.service.auth import Asking
from sluice.service.database import Database
from sluice.service.errors import responses
from sluice.service.models import Text

router = APIRouter(tags=["metrics"])


class About(BaseModel):
    """What a metric means and how it is reckoned; the one definition that everything in the house uses."""

    name: str = Field(examples=["net_sales"])
    label: str = Field(examples=["Net sales"])
    description: str
    unit: str = Field(examples=["money"])
    adds_up: str = Field(description="`additive`, or a `ratio` or `percentile` that has to be asked again for a whole.")
    relation: str = Field(description="The view of the warehouse that it is an aggregate of.", examples=["marts.sales"])
    expression: str = Field(description="The SQL aggregate.")
    time: str | None = Field(description="Column of the day that a row counts on; null where the metric is as of the last build.")
    by: list[str] = Field(description="What it may be asked by.")


class Asked(BaseModel):
    """Parameters of a question. One that does not exist is refused rather than ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    by: list[Text] = Field(
        [], description="A dimension, or day, week, month, quarter, year.", examples=[["channel"]], max_length=8
    )
    where: list[Text] = Field(
        [], description="DIMENSION=VALUE; of several values any.", examples=[["channel=taobao"]], max_length=50
    )
    first: date | None = Field(None, alias="from", description="First day that counts.", examples=["2026-10-01"])
    before: date | None = Field(None, alias="to", description="First day that does not.", examples=["2026-11-01"])
    limit: int = Field(1_000, ge=1, le=MOST_ROWS)


class Answer(BaseModel):
    """A row a group, ordered by what it was asked by. Of money, a row has its currency and the value is text."""

    metric: str
    unit: str
    columns: list[str] = Field(description="Of each row.", examples=[["channel", "currency", "value"]])
    rows: list[list[Any]] = Field(examples=[[["taobao", "CNY", "73258.4000"]]])


@router.get("/metrics", responses=responses(401, 503))
def list_metrics(db: Database, caller: Asking) -> list[About]:
    """The dictionary: every metric, what it means, how it is reckoned and what it may be asked by."""
    return [About(**about(one)) for one in dictionary().metrics]


@router.get("/metrics/{name}", responses=responses(401, 404, 422, 503))
def read_metric(
    db: Database,
    caller: Asking,
    name: Annotated[Text, Path(examples=["net_sales"])],
    asked: Annotated[Asked, Query()],
) -> Answer:
    """A number by its one definition, as of the last build of the marts."""
    try:
        metric = dictionary().metric(name)
    except MetricError as fault:
        raise HTTPException(404, str(fault)) from fault
    try:
        question = Question(metric, tuple(asked.by), asked.first, asked.before, chosen(asked.where), asked.limit)
    except MetricError as fault:
        raise HTTPException(422, str(fault)) from fault
    rows = [[plain(value) for value in row.values()] for row in answer(db, question)]
    return Answer(metric=name, unit=metric.unit, columns=question.columns, rows=rows)
