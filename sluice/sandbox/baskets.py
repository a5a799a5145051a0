"""What is in the orders and what it costs: lines, discounts, shipping and tax, exact in minor units."""

from dataclasses import dataclass

import numpy as np

from sluice.sandbox import seasons
from sluice.sandbox.catalogue import Catalogue
from sluice.sandbox.draws import Flags, Ints, spread, weighted
from sluice.sandbox.traffic import Heads

EXTRA_LINES = {"own_shop": 0.75, "marketplace": 0.45, "store": 0.6}
MOST_LINES = 8
COUPON_RATE = 0.12
COUPON_PERCENT = 10
SHIPPING = {"own_shop": (599, 7_500), "marketplace": (1_000, 9_900), "store": (0, 0)}
"""Fee, and the value of goods from which it is free (minor units of the shop's currency)."""
ABROAD = 1_499
"""Shipping fee (US cents) of the own shop outside the United States, never free."""


@dataclass(frozen=True, slots=True)
class Baskets:
    """Arrays a line (`owner` is the order's position, rows of one order together from `starts`) and arrays an order.

    `promotion` is a position in seasons.PROMOTIONS, -1 for none, -2 for a coupon.
    """

    owner: Ints
    starts: Ints
    sku: Ints
    quantity: Ints
    unit_price: Ints
    line_discount: Ints
    line_tax: Ints
    items: Ints
    discount: Ints
    shipping: Ints
    tax: Ints
    promotion: Ints
    released: Ints

    @property
    def line_number(self) -> Ints:
        """1 for the first line of an order."""
        return np.arange(len(self.owner)) - self.starts[self.owner] + 1

    @property
    def line_total(self) -> Ints:
        return self.unit_price * self.quantity - self.line_discount


def generate(
    rng: np.random.Generator, kind: str, timezone: str, currency: str, heads: Heads, catalogue: Catalogue,
    is_domestic: Flags, tax_basis_points: Ints,
) -> Baskets:  # fmt: skip
    """Baskets of one shop. `is_domestic` and `tax_basis_points` (sales tax added on top) belong to where the order goes."""
    owner, sku, starts = _chosen(rng, kind, heads, catalogue)
    quantity = rng.choice(np.array([1, 2, 3, 4, 10]), len(owner), p=[0.85, 0.105, 0.03, 0.012, 0.003]).astype(np.int64)
    unit_price = catalogue.prices[currency][sku]
    value = unit_price * quantity
    items = np.add.reduceat(value, starts)
    promotion, discount = _discount(rng, kind, timezone, heads, items)
    line_discount = spread(discount, value, owner, starts)
    fee, free_from = SHIPPING[kind]
    shipping = np.where(items - discount < free_from, fee, 0)
    if kind == "own_shop":
        shipping = np.where(is_domestic, shipping, ABROAD)
    tax = (items - discount) * tax_basis_points // 10_000
    released = np.where(catalogue.released > catalogue.launched, catalogue.released, 0)[sku]
    return Baskets(
        owner=owner,
        starts=starts,
        sku=sku,
        quantity=quantity,
        unit_price=unit_price,
        line_discount=line_discount,
        line_tax=spread(tax, value - line_discount, owner, starts),
        items=items,
        discount=discount,
        shipping=shipping.astype(np.int64),
        tax=tax,
        promotion=promotion,
        released=np.maximum.reduceat(released, starts),
    )


def _chosen(rng: np.random.Generator, kind: str, heads: Heads, catalogue: Catalogue) -> tuple[Ints, Ints, Ints]:
    """(order, SKU) of every line and where each order's lines start; a SKU is at most once in an order."""
    lines = 1 + np.minimum(rng.poisson(EXTRA_LINES[kind], len(heads)), MOST_LINES - 1)
    owner = np.repeat(np.arange(len(heads)), lines)
    weight = catalogue.demand * catalogue.listed[kind]
    sku = weighted(rng, weight, len(owner))
    # Fraudsters take what is dear and easily sold on.
    crooked = heads.is_fraud[owner]
    sku[crooked] = weighted(rng, weight * catalogue.prices["CNY"].astype(float) ** 2, int(crooked.sum()))
    on_sale = catalogue.released if kind == "store" else catalogue.launched
    early = heads.created[owner] < on_sale[sku]
    sku[early] = weighted(rng, weight * (on_sale <= seasons.FIRST_SECOND), int(early.sum()))
    row = np.unique(owner * len(weight) + sku)
    owner, sku = row // len(weight), row % len(weight)
    return owner, sku, np.searchsorted(owner, np.arange(len(heads)))


def _discount(rng: np.random.Generator, kind: str, timezone: str, heads: Heads, items: Ints) -> tuple[Ints, Ints]:
    """The promotion or coupon of each order and what it takes off; the marketplace takes a further 15 off every 300."""
    running = seasons.promotion_on(heads.created, timezone)
    uses = rng.random(len(heads)) < 0.8
    coupon = rng.random(len(heads)) < COUPON_RATE
    promotion = np.where((running >= 0) & uses, running, np.where(coupon, -2, -1))
    promotion[heads.is_fraud] = -1
    percent = np.array([*(one.percent for one in seasons.PROMOTIONS), COUPON_PERCENT, 0], dtype=np.int64)[promotion]
    discount = items * percent // 100
    if kind == "marketplace":
        discount = np.where(promotion >= 0, discount + items // 30_000 * 1_500, discount)
    return promotion, discount
