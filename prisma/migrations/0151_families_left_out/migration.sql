-- The product families that an approval left out: its partner and the console read them, the rest of what was approved they do not.
alter table registration add column left_out jsonb not null generated always as (coalesce(approved -> 'leftOut', '[]'::jsonb)) stored;
grant select (left_out) on registration to fairlead_app;
