-- What was drawn under an agreement is known to whoever sees the agreement: the vendor, its reseller, and the distributor it is made for.
drop policy caps_are_the_vendors on agreement_draw;
create policy whose_agreement on agreement_draw for select to fairlead_app
  using (exists (select from pricing_agreement a where a.id = agreement_id));

-- What was sold under an agreement and is still supported, by product and by what it was supported under, for whoever sees the agreement.
-- The reseller does not see his distributors' claims, but how much was sold under his price he may know. What was paid for one and
-- supported of it is the vendor's to know.
create function sold_under(of_agreement text)
  returns table (sku text, sale_date date, received_on date, unit_minor bigint, support_unit_minor bigint, transactions bigint, units bigint)
  language sql stable security definer set search_path = public
begin atomic
  select l.sku, l.sale_date, (c.received_at at time zone 'UTC')::date,
         case when app_is_vendor() then l.unit_minor end, case when app_is_vendor() then v.support_unit_minor end, count(*), sum(f.units)::bigint
    from (select distinct claim_id from claim_settlement where agreement_id = of_agreement) s
    join claim c on c.id = s.claim_id
    join claim_line l on l.claim_id = s.claim_id and l.holds
    join lateral (select w.agreement_id, w.support_unit_minor from claim_verdict w
                   where w.claim_id = l.claim_id and w.row_no = l.row_no and w.units > 0 order by w.seq desc limit 1) v on v.agreement_id = of_agreement
    cross join lateral (
      select coalesce(sum(w.units), 0) as units
        from (select l.claim_id, l.row_no
              union all
              select o.claim_id, o.row_no from claim_line o where o.of_claim_id = l.claim_id and o.of_row_no = l.row_no) o
       cross join lateral (select units from claim_verdict where claim_id = o.claim_id and row_no = o.row_no offset 0) w) f
   where f.units > 0
     and exists (select from pricing_agreement a where a.id = of_agreement and (app_sees_partner(a.partner_id) or a.distributor_id = app_partner_id()))
   group by 1, 2, 3, 4, 5;
end;
revoke execute on function sold_under(text) from public;
grant execute on function sold_under(text) to fairlead_app;

-- Sales that were supported before a version of an agreement and are supported otherwise by it, as they were booked.
create table agreement_correction (
  agreement_id text not null references pricing_agreement (id),
  version      integer not null check (version > 0),
  transactions bigint not null check (transactions > 0),
  units        bigint not null check (units > 0),
  by_sku       jsonb not null,
  created_at   timestamptz not null,
  primary key (agreement_id, version)
);
-- What it came to is the vendor's to know.
alter table agreement_accrual add column corrected_minor bigint not null default 0;

create trigger append_only before update or delete on agreement_correction for each row execute function refuse_change();
create trigger append_only_truncate before truncate on agreement_correction for each statement execute function refuse_change();
alter table agreement_correction enable row level security;
alter table agreement_correction force row level security;
create policy worker_acts on agreement_correction to fairlead_worker using (true) with check (true);
do $$ begin execute 'create policy owner_sees on agreement_correction to current_user using (true) with check (true)'; end $$;
create policy whose_agreement on agreement_correction for select to fairlead_app
  using (exists (select from pricing_agreement a where a.id = agreement_id));
grant select, insert on agreement_correction to fairlead_worker;
grant select on agreement_correction to fairlead_app;
