-- Views of a list that a person saved: filters and order under a name. A person's own thing; one shared with a role is seen by those
-- who hold that role on the same side and of the same partner. A view is a question, never an answer: it widens no right.
create table saved_view (
  id          text primary key,
  person_id   text not null references person (id),
  partner_id  text references partner (id),
  screen      text not null check (screen in ('inbox', 'registrations')),
  name        text not null,
  query       jsonb not null,
  shared_with text,
  is_default  boolean not null default false,
  updated_at  timestamptz not null
);
create unique index saved_view_name on saved_view (person_id, screen, lower(name));
create unique index saved_view_default on saved_view (person_id, screen) where is_default;
create index saved_view_shared on saved_view (shared_with) where shared_with is not null;
alter table saved_view enable row level security;
alter table saved_view force row level security;
create policy own_views on saved_view to fairlead_app using (app_sees_partner(partner_id)) with check (app_sees_partner(partner_id));
create policy owner_sees on saved_view to current_user using (true) with check (true);
grant select, insert, update, delete on saved_view to fairlead_app;
