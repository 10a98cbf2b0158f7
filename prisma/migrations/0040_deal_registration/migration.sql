-- Deal registration: the person's draft, the case, its lines, protection as an invariant, the review window.

create table registration_draft (
  id         text primary key,
  person_id  text not null references person (id),
  partner_id text not null references partner (id),
  program_id text not null references program (id),
  body       jsonb not null,
  version    integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Set when it became a registration; the draft is kept until then only.
  submitted_as text
);
create index registration_draft_person on registration_draft (person_id) where submitted_as is null;

create table registration (
  id               text primary key,
  reference        text not null unique,
  partner_id       text not null references partner (id),
  program_id       text not null references program (id),
  policy_id        text not null references policy_document (id),
  policy_version   integer not null,
  submitted_by     text not null references person (id),
  receipt          bigint not null references receipt (number),
  status           text not null check (status in ('submitted', 'under_review', 'info_requested', 'pending_approval', 'in_conflict',
                     'approved', 'rejected', 'appealed', 'won', 'lost', 'expired', 'withdrawn', 'revoked')),
  closure_code     text,
  type             text not null,
  account_id       text not null references account (id),
  opportunity_name text not null,
  value_minor      bigint not null check (value_minor >= 0),
  currency         char(3) not null,
  expected_close   date not null,
  stage            text not null,
  source           text not null,
  details          jsonb not null,
  material_hash    text not null,
  submitted_at     timestamptz not null,
  answer_by        timestamptz,
  waiting_for      text,
  queue            text,
  next_step        text,
  next_at          timestamptz,
  protected_from   timestamptz,
  protected_until  timestamptz,
  at_risk_since    timestamptz,
  extensions       integer not null default 0,
  closed_at        timestamptz,
  conflict_with    text[],
  -- The last sequence written and the case's state, from which its workflow can be rebuilt.
  seq              integer not null,
  case_state       jsonb not null,
  imported         boolean not null default false
);
create index registration_partner on registration (partner_id, submitted_at desc, id desc);
create index registration_list on registration (submitted_at desc, id desc);
create index registration_status on registration (status, submitted_at desc, id desc);
create index registration_account on registration (account_id);

create table registration_line (
  registration_id text not null references registration (id),
  line_no         integer not null,
  partner_id      text not null references partner (id),
  sku             text not null references product (sku),
  family          text not null references product_family (key),
  quantity        integer not null check (quantity > 0),
  primary key (registration_id, line_no)
);
create index registration_line_family on registration_line (family, registration_id);

-- What the vendor alone may know of a registration: verdicts on rivals and their evidence.
create table registration_match (
  registration_id text not null references registration (id),
  other_kind      text not null check (other_kind in ('registration', 'account', 'direct_deal')),
  other_id        text not null,
  other_account_id text not null references account (id),
  verdict         text not null,
  evidence        jsonb not null,
  found_at        timestamptz not null,
  judged          text check (judged in ('same', 'different')),
  judged_by       text references person (id),
  judged_at       timestamptz,
  primary key (registration_id, other_kind, other_id)
);

-- Protection is an invariant of the database: one account and family is protected for one share group at a
-- time. No status here: ending a protection truncates its range, freezing makes its end infinite.
create table protection (
  registration_id text not null references registration (id),
  partner_id      text not null references partner (id),
  account_id      text not null references account (id),
  family          text not null references product_family (key),
  share_group     text not null,
  period          tstzrange not null,
  primary key (registration_id, family),
  constraint one_protection_per_account_and_family exclude using gist
    (account_id with =, family with =, share_group with <>, period with &&)
);

-- What the vendor's records say about a customer; imported. Decides "net new" and who manages it.
create table customer_history (
  account_id          text primary key references account (id),
  has_bought          boolean,
  owned_families      text[],
  managing_partner_id text references partner (id),
  segment             text
);
grant select, insert, update on customer_history to fairlead_worker;

create table review_window (
  id         text primary key,
  workflow_id text not null unique,
  account_id text not null references account (id),
  family     text not null references product_family (key),
  opened_at  timestamptz not null,
  closes_at  timestamptz not null,
  closed_at  timestamptz,
  program_id text not null references program (id),
  policy_id  text not null references policy_document (id),
  -- From which its workflow goes on; null until its first step.
  case_state jsonb
);
create index review_window_open on review_window (family, closes_at) where closed_at is null;
create table review_window_member (
  window_id       text not null references review_window (id),
  registration_id text not null references registration (id),
  receipt         bigint not null,
  joined_at       timestamptz not null,
  primary key (window_id, registration_id)
);

create table evidence_file (
  id              text primary key,
  partner_id      text not null references partner (id),
  draft_id        text references registration_draft (id),
  registration_id text references registration (id),
  name            text not null,
  media_type      text not null,
  size_bytes      integer not null check (size_bytes between 1 and 10485760),
  sha256          text not null,
  content         bytea not null,
  uploaded_by     text not null references person (id),
  uploaded_at     timestamptz not null
);

create table import_batch (
  id           text primary key,
  kind         text not null check (kind in ('accounts', 'direct_deals', 'registrations')),
  file_name    text not null,
  file_sha256  text not null,
  status       text not null check (status in ('previewed', 'committed', 'refused')),
  rows_total   integer not null,
  rows_bad     integer not null,
  preview      jsonb not null,
  rows         jsonb not null,
  created_by   text not null references person (id),
  created_at   timestamptz not null,
  committed_by text references person (id),
  committed_at timestamptz
);
create unique index import_batch_once on import_batch (kind, file_sha256) where status = 'committed';

do $$
declare t text;
begin
  foreach t in array array['registration_draft', 'registration', 'registration_line', 'registration_match', 'protection', 'review_window', 'review_window_member', 'evidence_file'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_acts on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_sees on %I to current_user using (true) with check (true)', t);
    execute format('grant select, insert, update on %I to fairlead_worker', t);
  end loop;
end
$$;
grant select, insert, update, delete on registration_draft to fairlead_app;
create policy own_drafts on registration_draft to fairlead_app using (partner_id = app_partner_id()) with check (partner_id = app_partner_id());
-- Every column but the case's state and its rivals: those are the worker's.
grant select (id, reference, partner_id, program_id, policy_id, policy_version, submitted_by, receipt, status, closure_code, type,
  account_id, opportunity_name, value_minor, currency, expected_close, stage, source, details, material_hash, submitted_at, answer_by,
  waiting_for, queue, next_step, next_at, protected_from, protected_until, at_risk_since, extensions, closed_at, seq, imported)
  on registration to fairlead_app;
grant select on registration_line, protection to fairlead_app;
create policy own_registrations on registration for select to fairlead_app using (app_sees_partner(partner_id));
create policy own_lines on registration_line for select to fairlead_app using (app_sees_partner(partner_id));
-- A range is reserved before its decision is told; partners read the registration's own columns.
create policy vendor_protection on protection for select to fairlead_app using (app_is_vendor());
grant select on registration_match, review_window, review_window_member to fairlead_app;
create policy vendor_matches on registration_match for select to fairlead_app using (app_is_vendor());
create policy vendor_windows on review_window for select to fairlead_app using (app_is_vendor());
create policy vendor_window_members on review_window_member for select to fairlead_app using (app_is_vendor());
grant select, insert on evidence_file to fairlead_app;
create policy own_evidence on evidence_file to fairlead_app using (app_sees_partner(partner_id)) with check (app_sees_partner(partner_id));
grant select, insert, update on import_batch to fairlead_app;
grant select, update on import_batch to fairlead_worker;
grant delete on protection, registration_line to fairlead_worker;

-- The only reference that a partner's list, count or error could give away is his own: unique violations on
-- partner-scoped tables contain the partner or a key drawn by chance.
