-- The record that every process shares: receipts, process events, tasks, decisions, clocks, outbound
-- deliveries and the audit chain. See docs/pieces/ for what each promises.

-- A receipt makes "accepted" true: it is committed before the engine is asked. Its number is who was first,
-- its time is "before the deadline". It is settled in the transaction of the effect it asked for.
create table receipt (
  number          bigint generated always as identity primary key,
  person_id       text not null references person (id),
  partner_id      text references partner (id),
  route           text not null,
  idempotency_key text not null,
  body_hash       text not null,
  body            jsonb not null,
  case_kind       text not null,
  case_id         text not null,
  workflow_id     text not null,
  -- The name of the workflow type when the delivery starts it (update-with-start), else null.
  starts_workflow text,
  update_name     text not null,
  update_id       text not null,
  facts           jsonb not null,
  received_at     timestamptz not null,
  attempts        integer not null default 0,
  next_attempt_at timestamptz,
  last_error      text,
  settled_at      timestamptz,
  status_code     integer,
  answer          jsonb,
  parked_at       timestamptz,
  skipped_by      text references person (id),
  skip_reason     text,
  unique (person_id, route, idempotency_key),
  check ((settled_at is null) = (status_code is null))
);
create index receipt_open on receipt (case_id, number) where settled_at is null;
create index receipt_due on receipt (next_attempt_at, number) where settled_at is null and parked_at is null;

-- One step of a case is one event: the timeline in business words, keyed (case, sequence), in the same
-- transaction as the change it tells of. `result` is what the step answered, so that repeating it answers the same.
create table process_event (
  case_id      text not null,
  seq          integer not null,
  case_kind    text not null,
  partner_id   text references partner (id),
  kind         text not null,
  at           timestamptz not null,
  actor_id     text references person (id),
  acting_for   text references person (id),
  receipt      bigint references receipt (number),
  audience     text not null check (audience in ('everyone', 'vendor')),
  facts        jsonb not null,
  input_hash   text not null,
  recorded_at  timestamptz not null default clock_timestamp(),
  primary key (case_id, seq)
);
create index process_event_recorded on process_event (recorded_at);

-- What of an event only the vendor may see, and the step's answer to its workflow.
create table process_event_private (
  case_id text not null,
  seq     integer not null,
  facts   jsonb not null,
  result  jsonb not null,
  primary key (case_id, seq)
);

-- One wait for a person or a group.
create table task (
  id             text primary key,
  case_id        text not null,
  case_kind      text not null,
  partner_id     text references partner (id),
  kind           text not null,
  -- The workflow that waits for the decision: the case's own, or one that decides several together.
  workflow_id    text not null,
  subject        text not null,
  question       text not null,
  role           text not null,
  queue          text not null,
  named_id       text references person (id),
  -- People who may not decide: submitter, creator, anybody who took part before.
  excluded_ids   text[] not null default '{}',
  outcomes       text[] not null,
  amount_minor   bigint,
  currency       char(3),
  facts          jsonb not null default '{}',
  facts_hash     text not null,
  program_id     text references program (id),
  status         text not null default 'open' check (status in ('open', 'paused', 'decided', 'cancelled')),
  opened_at      timestamptz not null,
  due_at         timestamptz,
  breached_at    timestamptz,
  closed_at      timestamptz,
  decision_id    text,
  claimed_by     text references person (id),
  claimed_until  timestamptz,
  version        integer not null default 1
);
create index task_inbox on task (due_at, id) where status in ('open', 'paused');
create index task_inbox_role on task (role, due_at, id) where status in ('open', 'paused');
create index task_case on task (case_id);

-- A decision is never edited; taking it back within the undo window is a second row that names it.
create table decision (
  id             text primary key,
  task_id        text references task (id),
  case_id        text not null,
  seq            integer not null,
  partner_id     text references partner (id),
  outcome        text not null,
  reason_code    text,
  words          text not null default '',
  actor_id       text references person (id),
  acting_for     text references person (id),
  policy_id      text not null references policy_document (id),
  policy_version integer not null,
  facts_hash     text not null,
  decided_at     timestamptz not null,
  effective_at   timestamptz not null,
  retracts       text unique references decision (id),
  unique (case_id, seq)
);
create index decision_task on decision (task_id);

create table decision_private (
  decision_id text primary key references decision (id),
  note        text not null
);

create table sla_clock (
  id           text primary key,
  case_id      text not null,
  case_kind    text not null,
  partner_id   text references partner (id),
  task_id      text references task (id),
  kind         text not null,
  phase        text not null check (phase in ('running', 'paused', 'met', 'cancelled')),
  calendar     text not null,
  started_at   timestamptz not null,
  due_at       timestamptz,
  breached_at  timestamptz,
  ended_at     timestamptz,
  state        jsonb not null,
  unique (case_id, kind, started_at)
);
create index sla_clock_running on sla_clock (due_at) where phase = 'running';
create index sla_clock_ended on sla_clock (ended_at);

-- Every start, pause, resume, move and firing, so that a clock can be proven afterwards.
create table sla_clock_event (
  clock_id text not null references sla_clock (id),
  n        integer not null,
  case_id  text not null,
  partner_id text references partner (id),
  kind     text not null,
  at       timestamptz not null,
  seq      integer not null,
  facts    jsonb not null,
  recorded_at timestamptz not null default clock_timestamp(),
  primary key (clock_id, n)
);
create index sla_clock_event_case on sla_clock_event (case_id);

-- An outage or a declared holiday: pauses every clock, and is itself a row.
create table sla_hold (
  id        text primary key,
  from_at   timestamptz not null,
  to_at     timestamptz,
  reason    text not null,
  set_by    text not null references person (id),
  ended_by  text references person (id),
  check (to_at is null or to_at > from_at)
);

-- What must leave the house: mails to people, signals to other workflows. Written with the change that
-- causes it, delivered by the relay in sequence per case, at least once.
create table outbound (
  id              text primary key,
  case_id         text not null,
  seq             integer not null,
  n               integer not null,
  channel         text not null check (channel in ('mail', 'signal')),
  target          text not null,
  template        text not null,
  payload         jsonb not null,
  not_before      timestamptz not null,
  attempts        integer not null default 0,
  next_attempt_at timestamptz,
  last_error      text,
  delivered_at    timestamptz,
  parked_at       timestamptz,
  skipped_by      text references person (id),
  skip_reason     text,
  unique (case_id, seq, n)
);
create index outbound_open on outbound (coalesce(next_attempt_at, not_before)) where delivered_at is null and parked_at is null;

-- The audit chain: rows are written unsealed with the change they tell of; one sealer orders and chains them.
create table audit_row (
  id         bigint generated always as identity primary key,
  at         timestamptz not null,
  actor_id   text,
  acting_for text,
  action     text not null,
  subject    text not null,
  content    jsonb not null,
  recorded_at timestamptz not null default clock_timestamp()
);
create index audit_row_subject on audit_row (subject, id);

create table audit_seal (
  seq          bigint primary key,
  audit_id     bigint not null unique references audit_row (id),
  hash_version integer not null,
  prev_hash    text not null,
  hash         text not null unique,
  sealed_at    timestamptz not null
);

create table audit_anchor (
  seq       bigint primary key references audit_seal (seq),
  hash      text not null,
  signature text not null,
  key_id    text not null,
  signed_at timestamptz not null
);

-- Findings of the probe that looks at the engine and the record, so that screens read rows and never the engine.
create table probe_finding (
  kind        text not null,
  subject     text not null,
  cause       text not null,
  facts       jsonb not null default '{}',
  first_seen_at timestamptz not null,
  last_seen_at  timestamptz not null,
  cleared_at  timestamptz,
  primary key (kind, subject)
);

do $$
declare t text;
begin
  foreach t in array array['process_event', 'process_event_private', 'decision', 'decision_private', 'sla_clock_event', 'audit_row', 'audit_seal', 'audit_anchor'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function refuse_change()', t);
    execute format('grant select, insert on %I to fairlead_worker', t);
  end loop;
  foreach t in array array['receipt', 'task', 'sla_clock', 'outbound', 'sla_hold', 'probe_finding'] loop
    execute format('grant select, insert, update on %I to fairlead_worker', t);
  end loop;
  foreach t in array array['receipt', 'process_event', 'process_event_private', 'task', 'decision', 'decision_private', 'sla_clock', 'sla_clock_event', 'outbound'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_acts on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_sees on %I to current_user using (true) with check (true)', t);
  end loop;
end
$$;

grant select, insert on receipt to fairlead_app;
grant update (attempts, next_attempt_at, last_error, settled_at, status_code, answer, parked_at, skipped_by, skip_reason) on receipt to fairlead_app;
create policy own_receipts on receipt to fairlead_app using (app_sees_partner(partner_id)) with check (app_sees_partner(partner_id));

grant select on process_event, task, decision, sla_clock, sla_clock_event to fairlead_app;
create policy own_events on process_event for select to fairlead_app using (app_is_vendor() or (partner_id = app_partner_id() and audience = 'everyone'));
create policy vendor_tasks on task for select to fairlead_app using (app_is_vendor());
-- A claim is a lease on the row, not a fact of the process: the application sets it.
grant update (claimed_by, claimed_until) on task to fairlead_app;
create policy vendor_claims on task for update to fairlead_app using (app_is_vendor()) with check (app_is_vendor());
create policy own_clocks on sla_clock for select to fairlead_app using (app_sees_partner(partner_id));
create policy own_clock_events on sla_clock_event for select to fairlead_app using (app_sees_partner(partner_id));
-- A decision reaches its partner only once it is in effect and was not taken back; that is asked in `own_decisions` by the clock passed in.
create policy own_decisions on decision for select to fairlead_app
  using (app_is_vendor() or (partner_id = app_partner_id() and effective_at <= coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now())
         and not exists (select 1 from decision r where r.retracts = decision.id)));

grant select on process_event_private, decision_private, outbound to fairlead_app;
create policy vendor_private_events on process_event_private for select to fairlead_app using (app_is_vendor());
create policy vendor_private_decisions on decision_private for select to fairlead_app using (app_is_vendor());
create policy vendor_outbound on outbound for select to fairlead_app using (app_is_vendor());
create policy vendor_outbound_acts on outbound for update to fairlead_app using (app_is_vendor()) with check (app_is_vendor());
grant update (next_attempt_at, parked_at, delivered_at, skipped_by, skip_reason) on outbound to fairlead_app;

grant insert on audit_row to fairlead_app;
grant select on audit_row, audit_seal, audit_anchor, probe_finding, sla_hold to fairlead_app;
grant insert, update on sla_hold to fairlead_app;

-- The timeline of a case, live: listeners learn that a case changed, never what.
create function tell_listeners() returns trigger language plpgsql as $$
begin
  perform pg_notify('fairlead_case', json_build_object('caseId', new.case_id, 'seq', new.seq, 'kind', new.kind, 'partnerId', new.partner_id, 'audience', new.audience)::text);
  return null;
end
$$;
create trigger tell_listeners after insert on process_event for each row execute function tell_listeners();
