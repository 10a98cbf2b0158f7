-- Repeating a write on one's own things or on plain configuration gives the first answer again. (Writes to a
-- process have their receipt for that.)
create table own_write (
  person_id       text not null references person (id),
  partner_id      text references partner (id),
  route           text not null,
  idempotency_key text not null,
  body_hash       text not null,
  status_code     integer not null,
  answer          jsonb,
  headers         jsonb not null default '{}',
  written_at      timestamptz not null,
  primary key (person_id, route, idempotency_key)
);
create index own_write_age on own_write (written_at);
alter table own_write enable row level security;
alter table own_write force row level security;
create policy own_writes on own_write to fairlead_app using (app_sees_partner(partner_id)) with check (app_sees_partner(partner_id));
create policy owner_sees on own_write to current_user using (true) with check (true);
create policy worker_forgets on own_write to fairlead_worker using (true);
grant select, insert on own_write to fairlead_app;
grant select, delete on own_write to fairlead_worker;

-- One row: whose installation this is.
create table installation (
  only_one    boolean primary key default true check (only_one),
  vendor_name text not null
);
grant select on installation to fairlead_app, fairlead_worker;

-- The application says that an import is to be stored; the worker stores it and says when it has.
alter table import_batch add column stored_at timestamptz;
create index import_batch_waiting on import_batch (committed_at) where status = 'committed' and stored_at is null;

-- "Where is the answer to what I was told is accepted?" is asked by the update's id.
create unique index receipt_update on receipt (update_id);
