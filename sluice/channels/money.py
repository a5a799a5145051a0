"""Money as platforms count it: whole numbers of a currency's smallest unit, which is not always a hundredth."""

from decimal import Decimal

NO_DECIMALS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"]
)
THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""ISO 4217. The dbt macro `minor_unit` says the same in SQL; a test holds the two together."""


def from_minor(amount: int, currency: str) -> Decimal:
    """1234 US cents -> 12.34, 1234 yen -> 1234, exactly."""
    return Decimal(amount).scaleb(0 if currency in NO_DECIMALS else -3 if currency in THREE_DECIMALS else -2)
