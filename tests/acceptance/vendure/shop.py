"""A real Vendure: installed once, started for a run, and used as its customers and its staff do."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from sluice import warehouse
from tests.acceptance.places import HOME, free_port, needed, running

HERE = Path(__file__).parent
FOLDER = HOME / "vendure"
QUIET = {"VENDURE_DISABLE_TELEMETRY": "true"}
ERROR = "... on ErrorResult { errorCode message }"
OK = f"{{ __typename {ERROR} }}"
STAFF = {"user": "superadmin", "password": "superadmin"}


class Unexpected(AssertionError):
    """What the real server answered where the story needs something else."""


@dataclass
class Api:
    """One of its two APIs, with a session of its own."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, query: str, **variables: Any) -> Any:
        answer = requests.post(self.url, json={"query": query, "variables": variables}, headers=self.headers, timeout=60)
        if token := answer.headers.get("vendure-auth-token"):
            self.headers["Authorization"] = f"Bearer {token}"
        body = answer.json()
        if "errors" in body:
            raise Unexpected(f"{query[:60]}: {body['errors']}")
        (result,) = body["data"].values()
        if isinstance(result, dict) and "errorCode" in result:
            raise Unexpected(f"{query[:60]}: {result}")
        return result


@dataclass
class Vendure:
    """The running server. Orders are named by their ids."""

    url: str
    staff: Api

    def cart(self, variants: Mapping[str, int], buyer: str = "ann") -> Api:
        """A guest's cart, ready to be paid."""
        shop = Api(f"{self.url}/shop-api")
        for variant, quantity in variants.items():
            shop(
                f"mutation($v: ID!, $q: Int!) {{ addItemToOrder(productVariantId: $v, quantity: $q) {OK} }}",
                v=variant,
                q=quantity,
            )
        person = {"firstName": buyer.title(), "lastName": "Müller", "emailAddress": f"{buyer}@example.com"}
        shop(f"mutation($i: CreateCustomerInput!) {{ setCustomerForOrder(input: $i) {OK} }}", i=person)
        home = {
            "fullName": person["firstName"],
            "streetLine1": "1 High St",
            "city": "Köln",
            "postalCode": "50667",
            "countryCode": "DE",
        }
        shop(f"mutation($i: CreateAddressInput!) {{ setOrderShippingAddress(input: $i) {OK} }}", i=home)
        methods = shop("{ eligibleShippingMethods { id } }")
        shop(f"mutation($i: [ID!]!) {{ setOrderShippingMethod(shippingMethodId: $i) {OK} }}", i=[methods[0]["id"]])
        return shop

    def buy(self, cart: Api) -> str:
        """Place the cart's order; its payment is held, not taken."""
        cart('mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }')
        (method, *_) = cart("{ eligiblePaymentMethods { code } }")
        paid = f"mutation($i: PaymentInput!) {{ addPaymentToOrder(input: $i) {{ __typename ... on Order {{ id }} {ERROR} }} }}"
        return str(cart(paid, i={"method": method["code"], "metadata": {}})["id"])

    def order(self, order_id: str) -> dict[str, Any]:
        fields = "id state updatedAt totalWithTax lines { id quantity } payments { id state amount }"
        return dict(self.staff(f"query($i: ID!) {{ order(id: $i) {{ {fields} }} }}", i=order_id))

    def settle(self, order_id: str) -> str:
        """Take the money that is held. The payment's id."""
        (payment,) = [one["id"] for one in self.order(order_id)["payments"] if one["state"] == "Authorized"]
        self.staff(f"mutation($i: ID!) {{ settlePayment(id: $i) {OK} }}", i=payment)
        return str(payment)

    def send(self, order_id: str, pieces: Mapping[str, int], *states: str) -> str:
        """A parcel with these pieces of the order's lines, brought through `states`. Its id."""
        arguments = [{"name": "method", "value": "DHL"}, {"name": "trackingCode", "value": f"T{order_id}"}]
        wanted = {
            "lines": [{"orderLineId": line, "quantity": quantity} for line, quantity in pieces.items()],
            "handler": {"code": "manual-fulfillment", "arguments": arguments},
        }
        made = (
            f"mutation($i: FulfillOrderInput!) {{ addFulfillmentToOrder(input: $i) {{ ... on Fulfillment {{ id }} {ERROR} }} }}"
        )
        parcel = str(self.staff(made, i=wanted)["id"])
        for state in states:
            self.staff(
                f"mutation($i: ID!, $s: String!) {{ transitionFulfillmentToState(id: $i, state: $s) {OK} }}", i=parcel, s=state
            )
        return parcel

    def refund(self, payment: str, amount: int, pieces: Mapping[str, int]) -> None:
        """Give back so many cents, for these pieces."""
        lines = [{"orderLineId": line, "quantity": quantity} for line, quantity in pieces.items()]
        wanted = {"paymentId": payment, "amount": amount, "lines": lines, "shipping": 0, "adjustment": 0, "reason": "damaged"}
        made = self.staff(
            f"mutation($i: RefundOrderInput!) {{ refundOrder(input: $i) {{ ... on Refund {{ id state }} {ERROR} }} }}", i=wanted
        )
        if made["state"] == "Pending":
            done = {"id": made["id"], "transactionId": f"r{made['id']}"}
            self.staff(f"mutation($i: SettleRefundInput!) {{ settleRefund(input: $i) {OK} }}", i=done)

    def cancel(self, order_id: str, pieces: Mapping[str, int] | None = None) -> None:
        """The whole order, or pieces of it: of those that had left, a return."""
        wanted: dict[str, Any] = {"orderId": order_id, "reason": "changed mind", "cancelShipping": pieces is None}
        if pieces is not None:
            wanted["lines"] = [{"orderLineId": line, "quantity": quantity} for line, quantity in pieces.items()]
        self.staff(f"mutation($i: CancelOrderInput!) {{ cancelOrder(input: $i) {OK} }}", i=wanted)

    def location(self, name: str) -> str:
        """A new stock location."""
        made = self.staff("mutation($i: CreateStockLocationInput!) { createStockLocation(input: $i) { id } }", i={"name": name})
        return str(made["id"])

    def key(self) -> str:
        """An API key of the staff's own rights."""
        roles = self.staff("{ roles { items { id code } } }")["items"]
        role = next(one["id"] for one in roles if one["code"] == "__super_admin_role__")
        wanted = {"roleIds": [role], "translations": [{"languageCode": "en", "name": "sluice"}]}
        return str(self.staff("mutation($i: CreateApiKeyInput!) { createApiKey(input: $i) { apiKey } }", i=wanted)["apiKey"])


@contextmanager
def vendure() -> Iterator[Vendure]:
    """A server with the sample catalogue and no orders."""
    _install()
    database = warehouse.Embedded(FOLDER / "postgres", durable=False)
    database.start()
    try:
        _fill(database)
        port = free_port()
        with running([needed("node"), "server.js"], FOLDER, _environment(database.url("vendure"), port), port):
            staff = Api(f"http://127.0.0.1:{port}/admin-api")
            staff(f"mutation($user: String!, $password: String!) {{ login(username: $user, password: $password) {OK} }}", **STAFF)
            yield Vendure(f"http://127.0.0.1:{port}", staff)
    finally:
        database.stop()


def _install() -> None:
    """Packages as package.json pins them, once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = (HERE / "package.json").read_text()
    done = FOLDER / "installed.json"
    shutil.copy(HERE / "server.js", FOLDER)
    if done.exists() and done.read_text() == wanted:
        return
    (FOLDER / "package.json").write_text(wanted)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", str(HOME / "npm")]
    subprocess.run([needed("npm"), "install", *quiet], cwd=FOLDER, check=True)
    done.write_text(wanted)


def _fill(server: warehouse.Embedded) -> None:
    """The database `vendure` anew, from one that has been filled with the catalogue once."""
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        if not admin.execute("select 1 from pg_database where datname = 'filled'").fetchone():
            admin.execute("drop database if exists filling with (force)")
            admin.execute("create database filling")
            environment = {**os.environ, **_environment(server.url("filling"), free_port())}
            subprocess.run([needed("node"), "server.js", "fill"], cwd=FOLDER, env=environment, check=True, timeout=600)
            admin.execute("alter database filling rename to filled")
        admin.execute("drop database if exists vendure with (force)")
        admin.execute("create database vendure template filled")


def _environment(database: str, port: int) -> dict[str, str]:
    return {**QUIET, "DATABASE_URL": database, "PORT": str(port), "FOLDER": str(FOLDER)}
