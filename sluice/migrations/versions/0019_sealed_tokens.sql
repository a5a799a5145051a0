-- A table anew, not a column: what a dropped column held would stay in the table's file.

drop table secrets.channel_tokens;

create table secrets.channel_tokens (
    channel text not null,
    shop text not null,
    sealed text,
    renewed_at timestamptz,
    primary key (channel, shop)
);
comment on table secrets.channel_tokens is
'Access and refresh tokens of the shops, renewed by themselves, sealed with a key that is not in the database (SLUICE_TOKEN_KEY).';
revoke all on secrets.channel_tokens from public;
