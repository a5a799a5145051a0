"""What may be wrong with who is who."""

from sluice.operations.watch import Watch

GIANTS = Watch(
    "customers.crosswalk",
    "no_person_is_a_giant",
    "No person has more records than people have.",
    "warning",
    """select customer_key::text as customer_key, count(*) as records from customers.crosswalk group by 1
    having count(*) > 20 order by 2 desc""",
    "{customer_key} has {records} records",
    is_light=False,
)
UNOBEYED = Watch(
    "customers.crosswalk",
    "rulings_are_obeyed",
    "No two records that people ruled to be different have one key.",
    "critical",
    """select distinct ruling_id, one.customer_key::text as customer_key
    from customers.rulings
    join customers.ruling_records as l using (ruling_id)
    join customers.ruling_records as r using (ruling_id)
    join customers.crosswalk as one on (one.channel, one.shop, one.customer_id) = (l.channel, l.shop, l.customer_id)
    join customers.crosswalk as other on (other.channel, other.shop, other.customer_id) = (r.channel, r.shop, r.customer_id)
    where kind = 'different' and revoked_at is null and l.side = 'left' and r.side = 'right'
        and one.customer_key = other.customer_key""",
    "ruling {ruling_id} is not obeyed: {customer_key}",
    is_light=False,
)
KEYLESS = Watch(
    "customers.crosswalk",
    "every_customer_has_a_person",
    "Every customer of the shops has a key, and no key has nobody.",
    "critical",
    """select customers.channel, customers.shop, customers.customer_id from unified.customers
    left join customers.crosswalk on customers.channel collate "C" = crosswalk.channel
        and customers.shop collate "C" = crosswalk.shop and customers.customer_id collate "C" = crosswalk.customer_id
    left join customers.keys on keys.customer_key = crosswalk.customer_key and keys.ended_at is null
    where keys.customer_key is null""",
    "{channel}/{shop} {customer_id} has no key",
    is_light=False,
)
WATCHES = (GIANTS, UNOBEYED, KEYLESS)
