-- Who may read what. A login is made by whoever administers the server, in one of two group roles:
-- sluice_reader reads the marts, in which nobody can be recognized; sluice_personal reads the contacts in the schema personal as well.

create schema if not exists marts;
create schema if not exists personal;

-- Makes the roles and gives them what they may read, now and whatever is built later. Does nothing where all of it is done.
-- Returns what an administrator has to run first, where this role may not make roles; null where nothing is left to do.
create function ops.let_readers_read() returns text language plpgsql as $$
declare
    missing text[] := '{}';
    role_name text;
    may record;
begin
    foreach role_name in array array['sluice_reader', 'sluice_personal'] loop
        continue when to_regrole(role_name) is not null;
        begin
            execute format('create role %I nologin', role_name);
        exception
            when insufficient_privilege then missing := missing || format('create role %I nologin;', role_name);
            -- another database of this server made it at the same moment
            when duplicate_object or unique_violation then null;
        end;
    end loop;
    if missing <> '{}' then
        return array_to_string(missing, ' ');
    end if;

    for may in
        select * from (values
            ('sluice_reader', 'marts'), ('sluice_personal', 'marts'), ('sluice_personal', 'personal')
        ) as granted (reader, room)
    loop
        if not has_schema_privilege(may.reader, may.room, 'usage') then
            execute format('grant usage on schema %I to %I', may.room, may.reader);
        end if;
        -- what a build makes anew must be readable in the same moment
        if not exists (
            select from pg_default_acl as d
            cross join lateral aclexplode(d.defaclacl) as a
            where d.defaclrole = to_regrole(quote_ident(current_user)) and d.defaclnamespace = to_regnamespace(may.room)
                and d.defaclobjtype = 'r' and a.grantee = to_regrole(may.reader) and a.privilege_type = 'SELECT'
        ) then
            execute format('alter default privileges in schema %I grant select on tables to %I', may.room, may.reader);
        end if;
        if exists (
            select from pg_class as c
            where c.relnamespace = to_regnamespace(may.room) and c.relkind in ('r', 'v', 'm', 'p')
                and not has_table_privilege(may.reader, c.oid, 'select')
        ) then
            execute format('grant select on all tables in schema %I to %I', may.room, may.reader);
        end if;
    end loop;
    return null;
end $$;

select ops.let_readers_read();
