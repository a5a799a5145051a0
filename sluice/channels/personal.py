"""Marks of a contract's personal fields: what tells who somebody is. Columns' comments are made of them, and erasure blanks them.

A country and a region (state, province) tell of nobody and bear no mark. What a contract does not read is not kept of a record
whose person was erased, so a field that is not here needs none.
"""

from typing import Annotated

from msgspec import Meta

from sluice.channels.protocol import Id

CustomerId = Annotated[str, Meta(extra={"personal": "customer"})]
"""The platform's id or name of an account. A record whose key is one is the customer's own."""
CustomerNumber = Annotated[Id, Meta(extra={"personal": "customer"})]
Name = Annotated[str, Meta(extra={"personal": "name"})]
Email = Annotated[str, Meta(extra={"personal": "email"})]
Phone = Annotated[str, Meta(extra={"personal": "phone"})]
Place = Annotated[str, Meta(extra={"personal": "place"})]
"""Of an address, what is finer than the region: city, district, street, postcode."""
Token = Annotated[str, Meta(extra={"personal": "token"})]
"""A platform's own handle of a buyer or address, which says nothing to people."""
TokenNumber = Annotated[Id, Meta(extra={"personal": "token"})]
Note = Annotated[str, Meta(extra={"personal": "note"})]
"""Words that somebody typed in, about anything."""
