"""Records that the tests of linkage share."""

from pathlib import Path

import numpy as np
import polars as pl

FOLDER = Path(__file__).parents[1] / "fixtures" / "record_linkage"


def febrl() -> tuple[pl.DataFrame, np.ndarray]:
    """FEBRL's first data set, and whose each record is. The truth stands in rec_id, so it is taken out."""
    read = pl.read_csv(FOLDER / "febrl_dataset1.csv", infer_schema=False)
    records = read.rename({name: name.strip() for name in read.columns}).with_columns(pl.all().str.strip_chars())
    names = {"address_1": "street", "address_2": "address", "suburb": "city", "state": "region"}
    names |= {"date_of_birth": "birth_date", "soc_sec_id": "national_id"}
    return records.rename(names).drop("rec_id"), records["rec_id"].str.extract(r"rec-(\d+)-").to_numpy()


def fake_1000() -> tuple[pl.DataFrame, np.ndarray]:
    """Splink's fake_1000, and whose each record is."""
    records = pl.read_csv(FOLDER / "splink_fake_1000.csv", infer_schema=False)
    return records.rename({"first_name": "given_name", "dob": "birth_date"}).drop("cluster"), records["cluster"].to_numpy()


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    found: dict[object, set[int]] = {}
    for record, label in enumerate(labels):
        found.setdefault(label, set()).add(record)
    return {frozenset(group) for group in found.values()}
