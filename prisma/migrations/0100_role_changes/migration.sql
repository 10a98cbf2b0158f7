-- Who may do what is changed by two people: an administrator proposes, somebody else confirms or declines. A proposal is a row of its
-- own and stays; what it changes is done in the transaction of the confirmation. The row's own checks are the last line of "two
-- people, and not the one whom it is about".
create table role_change (
  id             text primary key,
  person_id      text not null references person (id),
  kind           text not null check (kind in ('give_role', 'take_role', 'change_limit', 'suspend', 'reinstate')),
  role           text,
  limit_minor    bigint check (limit_minor >= 0),
  limit_currency char(3),
  words          text not null,
  proposed_by    text not null references person (id),
  proposed_at    timestamptz not null,
  status         text not null default 'open' check (status in ('open', 'confirmed', 'declined')),
  decided_by     text references person (id),
  decided_at     timestamptz,
  decided_words  text,
  check ((role is not null) = (kind in ('give_role', 'take_role', 'change_limit'))),
  check ((limit_minor is null) = (limit_currency is null)),
  check ((status = 'open') = (decided_by is null and decided_at is null and decided_words is null)),
  check (proposed_by <> person_id),
  check (decided_by <> person_id),
  check (status <> 'confirmed' or decided_by <> proposed_by)
);
-- One question about one thing at a time.
create unique index role_change_open on role_change (person_id, coalesce(role, '')) where status = 'open';
create index role_change_decided on role_change (decided_at desc) where status <> 'open';
alter table role_change enable row level security;
alter table role_change force row level security;
create policy vendors_changes on role_change to fairlead_app using ((select app_is_vendor())) with check ((select app_is_vendor()));
create policy owner_sees on role_change to current_user using (true) with check (true);
grant select, insert on role_change to fairlead_app;
grant update (status, decided_by, decided_at, decided_words) on role_change to fairlead_app;

-- A limit says in which currency it counts. Null: in the currency of each program, as limits from before.
alter table person_role add column limit_currency char(3);
alter table person_role add constraint person_role_limit_currency check (limit_currency is null or limit_minor is not null);

drop function session_principal(bytea, timestamptz);
create function session_principal(token bytea, at timestamptz)
returns table (person_id text, display_name text, email text, side text, partner_id text, locale text, time_zone text,
               roles text[], limit_minor bigint, limit_currency text, last_seen_at timestamptz)
language sql stable security definer set search_path = public
begin atomic
  select p.id, p.display_name, p.email, p.side, p.partner_id, p.locale, p.time_zone,
         array(select r.role from person_role r where r.person_id = p.id and at >= r.valid_from and at < r.valid_to order by r.role),
         l.limit_minor, case when l.limit_minor is not null then l.limit_currency end, s.last_seen_at
    from session s join person p on p.id = s.person_id
    -- No limit anywhere means no limit; otherwise the highest one. All limits of a person are in one currency.
    left join lateral (
      select case when bool_or(r.limit_minor is null and r.role in ('approver', 'director', 'channel_account_manager', 'program_ops')) then null else max(r.limit_minor) end as limit_minor,
             max(r.limit_currency)::text as limit_currency
        from person_role r where r.person_id = p.id and at >= r.valid_from and at < r.valid_to) l on true
   where s.token_hash = token and s.revoked_at is null and s.expires_at > at and p.active;
end;
revoke execute on function session_principal(bytea, timestamptz) from public;
grant execute on function session_principal(bytea, timestamptz) to fairlead_app;

-- Nobody is told in the place of somebody who is suspended, as nobody decides in his place.
create or replace function role_readers(role_ text, at_ timestamptz, choice text, standard boolean)
returns table (person_id text, wants boolean) language sql stable as $$
  select p.id, choice is null or coalesce((p.preferences -> 'mail' ->> choice)::boolean, standard)
    from (select r.person_id from person_role r where r.role = role_ and at_ >= r.valid_from and at_ < r.valid_to
          union
          select a.deputy_id from absence a join person_role r on r.person_id = a.person_id and r.role = role_
                 and at_ >= r.valid_from and at_ < r.valid_to
                 join person o on o.id = a.person_id and o.active
           where at_ >= a.from_at and at_ < a.to_at) h
    join person p on p.id = h.person_id and p.side = 'vendor' and p.active
$$;
