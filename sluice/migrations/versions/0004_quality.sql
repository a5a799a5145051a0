create schema if not exists ops;

-- Every check of every run, kept: what the page of checks draws its history from.
create table ops.check_results (
    result_id bigint generated always as identity primary key,
    run_id text not null,
    checked_at timestamptz not null,
    table_name text not null,
    check_name text not null,
    severity text not null check (severity in ('critical', 'warning')),
    passed boolean not null,
    observed jsonb,
    unexpected_count bigint,
    sample jsonb,
    seconds double precision not null
);
create index check_results_by_check on ops.check_results (table_name, check_name, checked_at desc);

-- One row a problem from its first sighting to its end. A problem that comes back is a new row.
create table ops.alerts (
    alert_id bigint generated always as identity primary key,
    scope text not null,
    problem_key text not null,
    severity text not null check (severity in ('critical', 'warning')),
    title text not null,
    detail text not null,
    opened_at timestamptz not null default now(),
    closed_at timestamptz,
    notified_at timestamptz,
    resolved_notified_at timestamptz
);
-- Two runs that see the same problem at once open it once.
create unique index alerts_open on ops.alerts (scope, problem_key) where closed_at is null;
create index alerts_by_opened on ops.alerts (opened_at desc);

-- One row an alert, event and target: a chat that is down is told later, the others are not told twice.
create table ops.alert_deliveries (
    alert_id bigint not null references ops.alerts on delete cascade,
    event text not null check (event in ('opened', 'closed')),
    target text not null,
    attempts int not null default 0,
    last_error text,
    attempted_at timestamptz not null default now(),
    delivered_at timestamptz,
    primary key (alert_id, event, target)
);

-- Keys of the data service. The key itself is shown once and kept nowhere.
create table ops.api_keys (
    key_id bigint generated always as identity primary key,
    name text not null,
    sha256 text not null unique,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
create unique index api_keys_by_name on ops.api_keys (name) where revoked_at is null;
