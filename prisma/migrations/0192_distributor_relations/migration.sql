-- Which distributor a reseller buys through, from which day until which (both included; null: until further notice).
alter table partner add constraint partner_kind
  check (kind in ('reseller', 'var', 'distributor', 'msp', 'system_integrator', 'referral', 'agent', 'affiliate'));

create table distributor_relation (
  id             text primary key,
  distributor_id text not null references partner (id),
  reseller_id    text not null references partner (id),
  from_date      date not null,
  to_date        date,
  check (distributor_id <> reseller_id),
  check (to_date is null or to_date >= from_date),
  constraint distributor_relations_do_not_overlap exclude using gist
    (distributor_id with =, reseller_id with =, daterange(from_date, to_date, '[]') with &&)
);
create index distributor_relation_reseller on distributor_relation (reseller_id);

-- Partners are competitors: a reseller reads whom he buys through; a distributor reads nothing of who else buys where.
alter table distributor_relation enable row level security;
alter table distributor_relation force row level security;
create policy own_distributors on distributor_relation to fairlead_app
  using ((select app_is_vendor()) or reseller_id = (select app_partner_id())) with check ((select app_is_vendor()));
create policy worker_sees_all on distributor_relation to fairlead_worker using (true);
create policy owner_seeds on distributor_relation to current_user using (true) with check (true);
grant select, insert, update on distributor_relation to fairlead_app;
grant select on distributor_relation to fairlead_worker;

-- A reseller may know the name of his own distributor and of no other partner: asked as the owner, answered for him alone.
create function distributor_name_of(relation_id text) returns text
language sql stable security definer set search_path = public
begin atomic
  select p.name from distributor_relation r join partner p on p.id = r.distributor_id
   where r.id = relation_id and (app_is_vendor() or r.reseller_id = app_partner_id());
end;
revoke execute on function distributor_name_of(text) from public;
grant execute on function distributor_name_of(text) to fairlead_app;
