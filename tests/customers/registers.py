"""Labelled sets as others publish them, made anew from a seed: whatever holds of one set alone does not hold here."""

import numpy as np
import polars as pl

from tests.customers.damage import Row, damaged, slip
from tests.customers.people import febrl

SWAPS = (("given_name", "surname"), ("street_number", "street"), ("street", "address"), ("city", "address"))


def register(people: int, copies: int, damages: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Like FEBRL 3 and 4: `people` and up to five damaged copies of some, few of most and many of some (Zipf), with up to
    `damages` damages each. Each field is drawn from FEBRL 1's own frequencies, apart from the others."""
    rng = np.random.default_rng(seed)
    known = febrl()[0]
    drawn: dict[str, list[str | None]] = {
        name: known[name].drop_nulls().sample(people, with_replacement=True, seed=int(rng.integers(1 << 30))).to_list()
        for name in known.columns
    }
    drawn["birth_date"] = [f"{year}{month:02}{day:02}" for year, month, day in _days(rng, people, 1900, 2000)]
    drawn["national_id"] = [str(one) for one in rng.choice(np.arange(1_000_000, 9_999_999), people, replace=False)]
    for name, share in {
        "given_name": 0.03,
        "surname": 0.01,
        "street_number": 0.1,
        "address": 0.3,
        "region": 0.1,
        "birth_date": 0.1,
    }.items():
        drawn[name] = [None if lost else value for lost, value in zip(rng.random(people) < share, drawn[name], strict=True)]
    originals: list[Row] = pl.DataFrame(drawn).to_dicts()
    chosen = _skewed(rng, people, copies, most=5)
    rows, truth = list(originals), list(range(people))
    for person, count in enumerate(chosen):
        for _ in range(count):
            rows.append(damaged(rng, originals[person], int(rng.integers(1, damages + 1)), SWAPS))
            truth.append(person)
    return pl.DataFrame([{name: value or None for name, value in row.items()} for row in rows]), np.array(truth)


def _days(rng: np.random.Generator, count: int, first: int, last: int) -> list[tuple[int, int, int]]:
    days = np.stack([rng.integers(first, last, count), rng.integers(1, 13, count), rng.integers(1, 29, count)], axis=1)
    return [(int(year), int(month), int(day)) for year, month, day in days]


def _skewed(rng: np.random.Generator, people: int, copies: int, most: int) -> np.ndarray:
    """How many copies of each: `copies` in all, at most `most` of one."""
    found = np.zeros(people, dtype=int)
    while (left := copies - found.sum()) > 0:
        person = int(rng.integers(people))
        more = int(min(rng.zipf(1.8), most - found[person], left))
        found[person] += max(more, 0)
    return found


GIVEN = {
    "william": "bill", "thomas": "tom", "john": "jack", "james": "jim", "robert": "bob", "richard": "dick", "henry": "harry",
    "edward": "ned", "charles": "charlie", "george": "georgie", "joseph": "joe", "samuel": "sam", "francis": "frank",
    "david": "dave", "frederick": "fred", "arthur": "art", "alexander": "alec", "andrew": "andy", "walter": "wat",
    "daniel": "dan", "elizabeth": "betty", "mary": "polly", "margaret": "peggy", "anne": "nancy", "jane": "jenny",
    "sarah": "sally", "catherine": "kitty", "charlotte": "lottie", "frances": "fanny", "eleanor": "nell", "martha": "patty",
    "edmund": "", "hugh": "",
    "philip": "phil", "peter": "pete", "benjamin": "ben", "stephen": "steve", "anthony": "tony", "nicholas": "nick", "ralph": "",
    "matthew": "matt", "michael": "mick", "simon": "", "roger": "hodge", "gilbert": "gib", "alfred": "alf", "ernest": "ernie",
    "harold": "hal", "percy": "", "cecil": "", "herbert": "bert", "augustus": "gus", "christopher": "kit", "lawrence": "larry",
}  # fmt: skip
TOWNS = (
    "london sw ec n", "plymouth pl", "exeter ex", "truro tr", "bristol bs", "bath ba", "oxford ox", "cambridge cb", "norwich nr",
    "york yo", "leeds ls", "manchester m", "liverpool l", "chester ch", "derby de", "leicester le", "lincoln ln", "durham dh",
    "carlisle ca", "edinburgh eh", "glasgow g", "aberdeen ab", "perth ph", "cardiff cf", "swansea sa", "dorchester dt",
    "salisbury sp", "winchester so", "canterbury ct", "ipswich ip", "worcester wr", "hereford hr", "shrewsbury sy", "stafford st",
)  # fmt: skip
OCCUPATIONS = (
    "politician", "writer", "painter", "cricketer", "military officer", "clergyman", "lawyer", "actor", "physician", "merchant",
    "engineer", "footballer", "poet", "architect", "composer", "botanist", "historian", "judge", "explorer", "priest", "engraver",
    "naval officer", "banker", "teacher", "journalist", "mathematician", "surgeon", "printer", "chemist", "sculptor",
)  # fmt: skip


def past(people: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Like historical_50k: persons of four centuries, ten records of each on average, with neither e-mail nor phone. Fathers and
    sons share name, place and trade; a lord signs with his title; days of birth are known to the year; much is left out."""
    rng = np.random.default_rng(seed)
    surnames = febrl()[0]["surname"].drop_nulls().unique().sort().to_list()
    weight = 1 / np.arange(3, len(GIVEN) + 3)
    firsts = rng.choice(list(GIVEN), people, p=weight / weight.sum())
    rarity = 1 / np.arange(5, len(surnames) + 5) ** 0.7
    lasts = rng.choice(surnames, people, p=rarity / rarity.sum())
    born = _days(rng, people, 1600, 1960)
    trade = 1 / np.arange(1, len(OCCUPATIONS) + 1)
    trades = rng.choice(OCCUPATIONS, people, p=trade / trade.sum())
    towns = rng.integers(len(TOWNS), size=people)
    rows: list[Row] = []
    truth: list[int] = []
    for person in range(people):
        if person and rng.random() < 0.08:
            # a child of the one before, with a name of the family's
            lasts[person], towns[person] = lasts[person - 1], towns[person - 1]
            trades[person] = trades[person - 1] if rng.random() < 0.5 else trades[person]
            firsts[person] = firsts[person - 1] if rng.random() < 0.3 else firsts[person]
            born[person] = (born[person - 1][0] + int(rng.integers(20, 45)), *born[person][1:])
        place, *areas = TOWNS[towns[person]].split()
        whole: Row = {
            "given_name": str(firsts[person]),
            "surname": str(lasts[person]),
            "birth_date": "{}-{:02}-{:02}".format(*born[person]),
            "birth_place": place,
            "postcode": _postcode(rng, areas),
            "occupation": str(trades[person]),
        }
        title = str(rng.choice(surnames)) if rng.random() < 0.1 else None
        for nth in range(1 + min(int(rng.gamma(3.0, 3.0)), 29)):
            rows.append(_told(rng, whole, title, areas) if nth else whole)
            truth.append(person)
    return pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String)), np.array(truth)


def _postcode(rng: np.random.Generator, areas: list[str]) -> str:
    letters = rng.choice(list(LETTERS_OF_A_CODE), 2)
    return f"{rng.choice(areas)}{rng.integers(1, 25)} {rng.integers(1, 10)}{letters[0]}{letters[1]}"


LETTERS_OF_A_CODE = "abdefghjlnpqrstuwxyz"


def _told(rng: np.random.Generator, whole: Row, title: str | None, areas: list[str]) -> Row:
    """One of their records, as somebody wrote it down."""
    row = dict(whole)
    chance = iter(rng.random(16))
    if next(chance) < 0.15:
        row["given_name"] = GIVEN[str(row["given_name"])] or row["given_name"]
    elif next(chance) < 0.08:
        row["given_name"] = str(row["given_name"])[0]
    if title and next(chance) < 0.4:
        row["surname"] = title
    if next(chance) < 0.15:
        row["birth_date"] = str(row["birth_date"])[:4] + "-01-01"
    code = str(row["postcode"])
    if next(chance) < 0.35:
        # moved: near mostly
        row["postcode"] = (
            _postcode(rng, areas) if next(chance) < 0.2 else code[: code.index(" ") + 1] + _postcode(rng, areas)[-3:]
        )
    for name, share in {"birth_date": 0.2, "birth_place": 0.15, "postcode": 0.25, "occupation": 0.35, "given_name": 0.05}.items():
        if rng.random() < share:
            row[name] = None
    for name, value in row.items():
        if value and rng.random() < 0.12:
            row[name] = slip(rng, value)
    return row
