"""What is sold where in a proof: few facilities, hot and cold SKUs, kits, SKUs that are sold before they arrive."""

from dataclasses import dataclass
from random import Random

FACILITIES = ("A", "B", "C")
CHANNEL = "proof"

Item = tuple[str, str]
"""(facility_id, sku)"""


@dataclass(frozen=True)
class Assortment:
    """SKUs from hot to cold. `kits`: bundle -> pieces of each component."""

    shops: tuple[str, ...]
    skus: tuple[str, ...]
    presale: tuple[str, ...]
    kits: dict[str, dict[str, int]]

    def parts(self, sku: str) -> dict[str, int]:
        """Pieces of what is stocked for one piece of what is sold."""
        return self.kits.get(sku, {sku: 1})

    def draw(self, random: Random) -> str:
        """A SKU or kit that a customer wants: a tenth of the SKUs get a third of the demand."""
        if self.kits and random.random() < 0.12:
            return random.choice([*self.kits])
        return self.skus[int(len(self.skus) * random.random() ** 2)]


def assortment(shops: int, skus: int, random: Random) -> Assortment:
    plain = tuple(f"SKU-{number:04}" for number in range(skus))
    kits = {}
    for number in range(max(1, skus // 10)):
        components = random.sample(plain, min(len(plain), random.randint(2, 3)))
        kits[f"KIT-{number:04}"] = {sku: random.randint(1, 2) for sku in components}
    early = tuple(f"NEW-{number:04}" for number in range(max(1, skus // 20)))
    return Assortment(tuple(f"shop{number + 1}" for number in range(shops)), plain, early, kits)
