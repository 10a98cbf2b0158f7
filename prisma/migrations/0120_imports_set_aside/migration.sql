-- An import that cannot be stored holds no other up: it is tried again later and later, and then set aside with its cause until a
-- person has it tried again or gives it up.
alter table import_batch
  add column attempts        integer not null default 0,
  add column next_attempt_at timestamptz,
  add column last_error      text,
  add column parked_at       timestamptz,
  add column skipped_by      text references person (id),
  add column skip_reason     text;
