-- A calendar that is being written: one draft for each, or of a calendar that is not there yet. It changes no deadline until somebody
-- who wrote none of it publishes it; then the calendar has the next version and the draft is gone.
create table calendar_draft (
  name       text primary key,
  definition jsonb not null,
  note       text not null,
  -- Whoever wrote any revision of it.
  authors    text[] not null check (cardinality(authors) > 0),
  revision   integer not null default 1,
  updated_at timestamptz not null
);
grant select, insert, update, delete on calendar_draft to fairlead_app;
