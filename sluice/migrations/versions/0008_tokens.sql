-- What the platforms give for a while in place of the secrets that the environment holds.

create schema if not exists secrets;

create table secrets.channel_tokens (
    channel text not null,
    shop text not null,
    token jsonb,
    renewed_at timestamptz,
    primary key (channel, shop)
);
comment on table secrets.channel_tokens is 'Access and refresh tokens of the shops, renewed by themselves. Read by the owner alone.';
revoke all on secrets.channel_tokens from public;
