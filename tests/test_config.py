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
