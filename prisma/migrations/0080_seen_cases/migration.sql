-- How far a person has looked at a case: up to which step of those that he may see. A person's own thing, written by the
-- application; a partner's people cannot read each other's partner's.
create table case_seen (
  person_id  text not null references person (id),
  partner_id text references partner (id),
  case_id    text not null,
  seq        integer not null,
  seen_at    timestamptz not null,
  primary key (person_id, case_id)
);
alter table case_seen enable row level security;
alter table case_seen force row level security;
create policy own_looks on case_seen to fairlead_app using (app_sees_partner(partner_id)) with check (app_sees_partner(partner_id));
create policy owner_sees on case_seen to current_user using (true) with check (true);
grant select, insert, update on case_seen to fairlead_app;
