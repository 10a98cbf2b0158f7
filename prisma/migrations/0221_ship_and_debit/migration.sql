-- Ship and debit: a distributor's claim files, the verdict on each line, and what they draw from the caps of agreements.
-- `partner_id` is the distributor's. Lines come by the million, so the tables of lines carry no foreign keys: rows are written
-- with their claim in one transaction, never edited, and `verify` looks.

-- How a distributor writes his files, as data; the newest version of a format holds, older ones stay.
create table claim_profile (
  partner_id text not null references partner (id),
  format     text not null check (format in ('csv', 'x12')),
  version    integer not null check (version > 0),
  profile    jsonb not null,
  created_by text not null references person (id),
  created_at timestamptz not null,
  primary key (partner_id, format, version)
);

create table claim (
  id              text primary key,
  reference       text not null unique,
  partner_id      text not null references partner (id),
  submitted_by    text not null references person (id),
  file_name       text not null,
  file_sha256     text not null,
  -- As it was when the file came.
  profile         jsonb not null,
  status          text not null check (status in ('received', 'judged', 'refused')),
  -- Why the file as a whole could not be used: what, in which row and column.
  fault           jsonb,
  received_at     timestamptz not null,
  settled_at      timestamptz,
  attempts        integer not null default 0,
  next_attempt_at timestamptz,
  last_error      text,
  parked_at       timestamptz,
  lines_granted   integer not null default 0,
  lines_cut       integer not null default 0,
  lines_refused   integer not null default 0,
  lines_faulty    integer not null default 0,
  check ((status = 'refused') = (fault is not null)),
  check ((status = 'received') = (settled_at is null))
);
create index claim_partner on claim (partner_id, received_at desc, id desc);
create index claim_list on claim (received_at desc, id desc);
create index claim_waiting on claim (received_at, id) where status = 'received' and parked_at is null;
-- The same file again is recognised, unless nothing of it was used.
create unique index claim_file_once on claim (partner_id, file_sha256) where status <> 'refused';

create table claim_file (
  claim_id   text primary key references claim (id),
  partner_id text not null references partner (id),
  content    bytea not null
);

create table claim_line (
  claim_id         text not null,
  row_no           integer not null,
  partner_id       text not null,
  action           text not null check (action in ('sale', 'reversal', 'again')),
  agreement_ref    text not null,
  customer         text not null,
  customer_country char(2),
  sku              text not null,
  invoice          text not null,
  invoice_line     text not null,
  sale_date        date not null,
  quantity         integer not null check (quantity > 0),
  unit_minor       bigint not null check (unit_minor >= 0),
  currency         char(3) not null,
  -- Units of this sale are supported: no other line may be the sale of this invoice line.
  holds            boolean not null,
  -- The sale that a reversal takes back, or of which units are asked for again.
  of_claim_id      text,
  of_row_no        integer,
  primary key (claim_id, row_no),
  check ((of_claim_id is null) = (of_row_no is null)),
  check (not (holds and (action = 'reversal' or of_claim_id is not null)))
);
-- An invoice and line is claimed once. The partner is in it, so that a refusal says nothing of another's invoices.
create unique index claim_line_once on claim_line (partner_id, invoice, invoice_line) where holds;
create index claim_line_of on claim_line (of_claim_id, of_row_no) where of_claim_id is not null;

-- What was wrong with records that are no line, named by row and column.
create table claim_fault (
  claim_id    text not null references claim (id),
  row_no      integer not null,
  -- As the file calls it; empty: the whole record.
  column_name text not null,
  partner_id  text not null,
  fault       text not null,
  primary key (claim_id, row_no, column_name)
);

-- The verdict on a line: the machine's (1), and what later decisions add. Units and amounts of a line are the sum of its verdicts.
create table claim_verdict (
  claim_id           text not null,
  row_no             integer not null,
  seq                smallint not null check (seq > 0),
  partner_id         text not null,
  outcome            text not null check (outcome in ('granted', 'cut', 'refused')),
  reason             text,
  agreement_id       text,
  -- Of a reversal below zero: given back.
  units              integer not null,
  support_unit_minor bigint check (support_unit_minor >= 0),
  amount_minor       bigint not null,
  primary key (claim_id, row_no, seq),
  check (outcome <> 'refused' or (units = 0 and reason is not null)),
  check (amount_minor = coalesce(support_unit_minor, 0) * units)
);

-- What a claim comes to under each agreement, at each settlement (the machine's is 1), and the transaction it is booked in.
create table claim_settlement (
  claim_id       text not null references claim (id),
  seq            smallint not null check (seq > 0),
  agreement_id   text not null references pricing_agreement (id),
  partner_id     text not null references partner (id),
  program_id     text not null references program (id),
  currency       char(3) not null,
  units          bigint not null,
  amount_minor   bigint not null,
  transaction_id text references ledger_transaction (id),
  created_at     timestamptz not null,
  primary key (claim_id, seq, agreement_id),
  check ((transaction_id is null) = (amount_minor = 0))
);
create index claim_settlement_agreement on claim_settlement (agreement_id);

-- Units drawn of a product under an agreement, over all its versions and all who claim: never more than the cap.
create table agreement_draw (
  agreement_id text not null references pricing_agreement (id),
  sku          text not null,
  -- As the newest version says, or what was drawn before it where that is more.
  cap_quantity integer not null check (cap_quantity > 0),
  drawn        integer not null default 0,
  primary key (agreement_id, sku),
  constraint never_past_the_cap check (drawn between 0 and cap_quantity)
);

-- What was expected to be claimed under an agreement when a version of it was made, and what was taken back in the end.
create table agreement_accrual (
  agreement_id   text not null references pricing_agreement (id),
  version        integer not null check (version > 0),
  cause          text not null check (cause in ('version', 'release')),
  -- What is expected from then on.
  expected_minor bigint not null check (expected_minor >= 0),
  currency       char(3) not null,
  -- Null: it changed nothing.
  transaction_id text references ledger_transaction (id),
  created_at     timestamptz not null,
  primary key (agreement_id, version, cause),
  check (cause = 'version' or expected_minor = 0)
);

-- What a distributor bought of a product and what of it was claimed as sold; only products whose sell-in is known have a row.
create table distributor_stock (
  partner_id   text not null references partner (id),
  sku          text not null references product (sku),
  sell_in      bigint not null check (sell_in >= 0),
  sell_through bigint not null default 0 check (sell_through >= 0),
  updated_at   timestamptz not null,
  primary key (partner_id, sku)
);

create function keep_claim_line() returns trigger language plpgsql as $$
begin
  -- A dispute that is upheld makes a refused line the sale of its invoice line; nothing else of a line ever changes.
  if tg_op = 'UPDATE' and new.holds and not old.holds and to_jsonb(new) - 'holds' = to_jsonb(old) - 'holds' then
    return new;
  end if;
  raise exception 'lines of claims never change' using errcode = '42501';
end
$$;
create trigger keep_claim_line before update or delete on claim_line for each row execute function keep_claim_line();

do $$
declare t text;
begin
  foreach t in array array['claim_profile', 'claim', 'claim_file', 'claim_line', 'claim_fault', 'claim_verdict', 'claim_settlement', 'agreement_draw', 'agreement_accrual', 'distributor_stock'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_acts on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_sees on %I to current_user using (true) with check (true)', t);
    execute format('grant select, insert on %I to fairlead_worker', t);
    execute format('grant select on %I to fairlead_app', t);
  end loop;
  foreach t in array array['claim_profile', 'claim_file', 'claim_fault', 'claim_verdict', 'claim_settlement', 'agreement_accrual'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
  foreach t in array array['claim_profile', 'claim', 'claim_file', 'claim_line', 'claim_fault', 'claim_verdict', 'claim_settlement', 'distributor_stock'] loop
    execute format('create policy own_claims on %I for select to fairlead_app using (app_sees_partner(partner_id))', t);
  end loop;
end
$$;
create policy accruals_are_the_vendors on agreement_accrual for select to fairlead_app using (app_is_vendor());
create policy caps_are_the_vendors on agreement_draw for select to fairlead_app using (app_is_vendor());
grant update on claim, claim_line, agreement_draw, distributor_stock to fairlead_worker;

-- A file is handed in by a distributor's own people; a profile and what he bought are entered by the vendor's.
grant insert on claim, claim_file, claim_profile, distributor_stock to fairlead_app;
grant update (sell_in, updated_at) on distributor_stock to fairlead_app;
create policy hands_in on claim for insert to fairlead_app with check (partner_id = app_partner_id() and status = 'received');
create policy hands_in_files on claim_file for insert to fairlead_app with check (partner_id = app_partner_id());
create policy vendor_profiles on claim_profile for insert to fairlead_app with check (app_is_vendor());
create policy vendor_stock on distributor_stock for insert to fairlead_app with check (app_is_vendor());
create policy vendor_counts on distributor_stock for update to fairlead_app using (app_is_vendor()) with check (app_is_vendor());
