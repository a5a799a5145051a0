"""A broken configuration gets one message that names the key, what is wrong and what is allowed."""

from pathlib import Path

import pytest

from sluice.config import ConfigError, load

GOOD = """
company: Example
base_currency: CNY
channels:
  - connector: shopify
    shop: main
    url: https://example.myshopify.com
    secrets: {token: SHOPIFY_TOKEN}
    currency: USD
    timezone: America/New_York
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "sluice.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_loads(tmp_path: Path) -> None:
    config = load(written(tmp_path, GOOD))
    assert config.shop("shopify", "main").kind is None
    assert config.shop("shopify", "main").type.kind == "own_shop"


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (GOOD.replace("base_currency: CNY", "base_currency: yuan"), ["base_currency", "'yuan'"]),
        (GOOD.replace("connector: shopify", "connector: shopfy"), ["channels[0].connector", "shopfy", "taobao"]),
        (GOOD.replace("timezone: America/New_York", "timezone: New York"), ["channels[0].timezone", "New York", "Asia/Shanghai"]),
        (GOOD.replace("    currency: USD\n", ""), ["channels[0].currency", "required"]),
        (GOOD + "plannning: {}\n", ["plannning", "unknown key", "planning"]),
        (GOOD + "planning: {service_level: 1.5}\n", ["planning.service_level", "less than 1", "1.5"]),
        (GOOD + "planning: {servicelevel: 0.9}\n", ["planning.servicelevel", "unknown key", "service_level"]),
        (GOOD.replace("{token: SHOPIFY_TOKEN}", "{}"), ["channels[0]", "token", "environment variable"]),
        (GOOD.replace("{token: SHOPIFY_TOKEN}", "{token: shpat_123}"), ["channels[0].secrets.token"]),
        (GOOD + "planning: {quotas: [{channel: shopify, shop: other}]}\n", ["shopify/other", "not connected", "shopify/main"]),
        ("channels: [", ["no valid YAML"]),
        ("just text", ["keys and values"]),
        ("company: x\nbase_currency: CNY\nchannels: []\n", ["channels", "at least 1"]),
    ],
)
def test_a_broken_file_says_what_to_do(tmp_path: Path, broken: str, told: list[str]) -> None:
    with pytest.raises(ConfigError) as fault:
        load(written(tmp_path, broken))
    for word in told:
        assert word in str(fault.value)


CALENDAR = """name,from,to,kind,category,channel,uplift
Spring sale,2026-03-01,2026-03-07,sale,lamps; shades,taobao,

春季促销,2026-11-01,2026-11-11,618,,taobao;jd,2.5
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_promotions_come_from_a_file_beside_it_as_from_a_list(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "promotions.csv").write_bytes(CALENDAR.encode(encoding))
    of_file = load(written(tmp_path, GOOD + "planning: {promotions: promotions.csv}\n")).planning.promotions
    listed = """planning:
  promotions:
    - {name: Spring sale, from: 2026-03-01, to: 2026-03-07, kind: sale, category: [lamps, shades], channel: taobao}
    - {name: 春季促销, from: 2026-11-01, to: 2026-11-11, kind: "618", channel: [taobao, jd], uplift: 2.5}
"""
    assert of_file == load(written(tmp_path, GOOD + listed)).planning.promotions
    assert (of_file[0].category, of_file[0].sku, of_file[1].name) == (["lamps", "shades"], ["*"], "春季促销")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (None, ["planning.promotions", "does not exist"]),
        ("", ["lacks the column from or to"]),
        ("sku,day\nA,2026-01-01\n", ["lacks the column from or to", "sku, day"]),
        ("from,to\n2026-01-02,2026-01-01\n", ["planning.promotions[0]", "to is 2026-01-01, before from"]),
        ("from,to\nsoon,2026-01-01\n", ["planning.promotions[0].from", "soon"]),
        ("from,to,skus\n2026-01-01,2026-01-01,A\n", ["skus", "unknown key", "sku"]),
        ("from,to,uplift\n2026-01-01,2026-01-02,0.5\n", ["planning.promotions[0].uplift", "0.5"]),
        ("from,to,sku\n2026-01-01,2026-01-02,A,B\n", ["line 2", "more cells"]),
    ],
)
def test_a_broken_promotions_file_says_what_to_do(tmp_path: Path, file: str | None, told: list[str]) -> None:
    if file is not None:
        (tmp_path / "promotions.csv").write_text(file, encoding="utf-8")
    with pytest.raises(ConfigError) as fault:
        load(written(tmp_path, GOOD + "planning: {promotions: promotions.csv}\n"))
    for word in told:
        assert word in str(fault.value)


def test_a_missing_file_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml does not exist"):
        load(tmp_path / "nowhere.yaml")


def test_a_secret_is_read_when_the_shop_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = load(written(tmp_path, GOOD)).shop("shopify", "main")
    monkeypatch.delenv("SHOPIFY_TOKEN", raising=False)
    with pytest.raises(ConfigError, match=r"secrets\.token: the environment variable SHOPIFY_TOKEN is not set"):
        shop.connect()
    monkeypatch.setenv("SHOPIFY_TOKEN", "shpat_secret")
    connection = shop.connect()
    assert connection.secrets["token"] == "shpat_secret"
    assert "shpat_secret" not in repr(connection)


def test_the_same_shop_twice_is_refused(tmp_path: Path) -> None:
    doubled = GOOD + GOOD.split("channels:\n")[1]
    with pytest.raises(ConfigError, match="shopify/main twice"):
        load(written(tmp_path, doubled))
