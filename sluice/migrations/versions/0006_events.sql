-- What platforms tell at once: events, each kept as it came, in the transaction that lands it. They are their own lake.
-- `stream` is null for one that is only kept. `occurred_at` is the platform's time of it, never later than it was received.
create table raw.events (
    channel text collate "C" not null,
    shop text collate "C" not null,
    event_id text collate "C" not null,
    topic text not null,
    stream text,
    key text,
    occurred_at timestamptz not null,
    received_at timestamptz not null,
    body bytea not null,
    primary key (channel, shop, event_id)
);
-- Compressed quickly where the server can; every event passes here on its way.
do $$ begin
    alter table raw.events alter column body set compression lz4;
exception when feature_not_supported then
    null;
end $$;
create index events_time on raw.events (channel, shop, received_at);
comment on table raw.events is 'Notifications of channels as they came. Bodies hold personal data: no role but the owner reads them.';

-- Records whose newest form came by an event, which does not carry all of them: the event, and beside it the newest record that
-- was read whole (null where none was). A record that is read whole later than the event ends the row.
create table raw.event_records (
    channel text collate "C" not null,
    shop text collate "C" not null,
    stream text collate "C" not null,
    key text collate "C" not null,
    event_id text collate "C" not null,
    whole text,
    whole_received_at timestamptz,
    whole_digest text,
    primary key (channel, shop, stream, key)
);
comment on table raw.event_records is 'Which event a record''s newest form came by, and what was read of it before. Holds personal data.';

revoke all on raw.events, raw.event_records from public;
