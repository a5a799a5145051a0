-- Who orders without an account, known by what they told at the checkout.
create table secrets.guest_key (
    secret_key text not null,
    is_only boolean primary key default true check (is_only)
);
insert into secrets.guest_key (secret_key)
select string_agg(gen_random_uuid()::text, '') from generate_series(1, 2);
comment on table secrets.guest_key is 'What guests'' ids are made with: without it, the numbers behind them could be found by trying all. Read by the owner alone.';
revoke all on secrets.guest_key from public;

-- A guest's id in their shop: the same for the same mailbox, or where there is none the same number, under the same name. Null where neither
-- is known: empty, masked, a placeholder. The name is a part of it, so that whom a family or a forwarder orders for under one contact are several
-- records; which of them are one person is for identity to say, which can be asked why and told otherwise.
-- Said to be immutable, as an index needs, since the key never changes. Readers of views may use it, as a definer's; none can call it by name,
-- for the schema is closed to them, and so nobody can try all numbers.
create function secrets.guest_id(email text, phone text, name text) returns text
language plpgsql immutable parallel safe security definer set search_path = pg_catalog as $$
declare
    mailbox text := lower(btrim(normalize(email, nfkc)));
    shown text := normalize(phone, nfkc);
    digits text;
    contact text;
begin
    if
        mailbox ~ '^[^@[:space:]*#•●█]+@[^@[:space:]]+\.[^@[:space:].]{2,}$'
        and mailbox !~ '^(no-?reply|do-?not-?reply|guest|anonymous|nobody|none|null|na|noemail|no-?e?-?mail|unknown)[0-9]{0,2}@'
        and mailbox !~ '[@.](invalid|localhost|local|noemail\.[[:alnum:]_]+)$'
    then
        contact := mailbox;
    elsif shown !~ '[*•●█某]|##|[xX]{3}' then
        digits := ltrim(regexp_replace(shown, '[^0-9]', '', 'g'), '0');
        if
            length(digits) between 7 and 15
            and digits !~ '0{7}|1{7}|2{8}|3{8}|4{8}|5{8}|6{9}|7{8}|8{9}|9{8}|^12345678?9?0?$'
        then
            contact := digits;
        end if;
    end if;
    if contact is null then
        return null;
    end if;
    return 'guest:' || left(
        encode(
            sha256(
                convert_to(
                    jsonb_build_array(
                        (select k.secret_key from secrets.guest_key as k),
                        contact,
                        lower(btrim(regexp_replace(coalesce(name, ''), '[[:space:]]+', ' ', 'g')))
                    )::text,
                    'UTF8'
                )
            ),
            'hex'
        ),
        32
    );
end $$;
comment on function secrets.guest_id is 'The id of who ordered without an account, by keyed SHA-256 of e-mail (else phone) and name; null where no contact is known.';
