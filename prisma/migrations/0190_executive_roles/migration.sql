-- The roles that decide are listed once: no limit on one of them is no limit at all (domain/task.ts, `authorityOrder`).
create function role_decides(role text) returns boolean language sql immutable parallel safe
  return role in ('program_ops', 'channel_account_manager', 'approver', 'director', 'cro', 'cfo', 'ceo');

create or replace function session_principal(token bytea, at timestamptz)
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
      select case when bool_or(r.limit_minor is null and role_decides(r.role)) then null else max(r.limit_minor) end as limit_minor,
             max(r.limit_currency)::text as limit_currency
        from person_role r where r.person_id = p.id and at >= r.valid_from and at < r.valid_to) l on true
   where s.token_hash = token and s.revoked_at is null and s.expires_at > at and p.active;
end;
