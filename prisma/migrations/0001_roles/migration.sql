-- Extensions, the two roles that programs sign in as, and the functions that row-level security asks.
-- The owner runs migrations only. The application sees one partner, or what the vendor may see; the worker
-- has named policies that cross partners (matching, delivery). Neither bypasses row-level security.
create extension if not exists pg_trgm;
create extension if not exists btree_gist;

do $$
begin
  if not exists (select from pg_roles where rolname = 'fairlead_app') then
    create role fairlead_app login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
  if not exists (select from pg_roles where rolname = 'fairlead_worker') then
    create role fairlead_worker login nosuperuser nocreatedb nocreaterole nobypassrls;
  end if;
end
$$;

grant usage on schema public to fairlead_app, fairlead_worker;

-- The scope is set per transaction by the application: 'vendor', or 'partner' with the partner's id.
-- Unset means nothing is visible.
create function app_is_vendor() returns boolean language sql stable parallel safe
  return coalesce(current_setting('app.scope', true), '') = 'vendor';

create function app_partner_id() returns text language sql stable parallel safe
  return case when current_setting('app.scope', true) = 'partner' then current_setting('app.partner', true) end;

create function app_sees_partner(partner_id text) returns boolean language sql stable parallel safe
  return app_is_vendor() or partner_id = app_partner_id();

-- Rows that only ever grow are guarded here as well as by their grants.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = '42501';
end
$$;
