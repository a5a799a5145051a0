"""The shop that sells through this Tryton, beside the company's own."""

from sluice.sandbox.catalogue import Shop

SHOP = Shop("tryton", "erp", "USD", "Asia/Shanghai", "own_shop", 0.3)
OPTIONS = {"sales": True, "page_size": 50}
"""Pages so small that a small shop has several, as `sluice prove landing` needs."""
