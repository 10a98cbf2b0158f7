-- Special pricing: what was asked in which terms, who agreed to what, and the agreements that came of it.
-- A round is the terms that are asked for at one time; its lines are stored by round and never edited.

-- For which countries a price book is; none: for all that have no book of their own.
alter table price_book add column countries char(2)[] not null default '{}';

create table special_price_request (
  id                    text primary key,
  reference             text not null unique,
  kind                  text not null check (kind in ('new', 'new_version', 'new_period')),
  partner_id            text not null references partner (id),
  program_id            text not null references program (id),
  policy_id             text not null references policy_document (id),
  policy_version        integer not null,
  registration_id       text references registration (id),
  account_id            text not null references account (id),
  -- The agreement that it changes, or that came of it.
  agreement_id          text,
  -- The version of it that the change was asked against; null for a first agreement.
  agreement_version     integer,
  submitted_by          text not null references person (id),
  receipt               bigint not null references receipt (number),
  status                text not null check (status in ('submitted', 'pending_approval', 'info_requested', 'counter_offered', 'approved', 'rejected', 'withdrawn')),
  closure_code          text check (closure_code in ('price_too_low', 'margin', 'not_eligible', 'incomplete', 'counter_declined', 'counter_lapsed',
                          'withdrawn_by_partner', 'registration_ended', 'other')),
  round                 integer not null check (round > 0),
  currency              char(3) not null,
  price_book_version_id text not null references price_book_version (id),
  list_minor            bigint not null check (list_minor >= 0),
  standard_minor        bigint not null check (standard_minor >= 0),
  net_minor             bigint not null check (net_minor >= 0),
  valid_from            date not null,
  valid_until           date not null,
  distributor_id        text references partner (id),
  justification_code    text not null,
  competitor_name       text,
  competitor_price_minor bigint check (competitor_price_minor >= 0),
  details               jsonb not null,
  material_hash         text not null,
  submitted_at          timestamptz not null,
  answer_by             timestamptz,
  decided_at            timestamptz,
  waiting_for           text not null,
  queue                 text,
  -- The roles that are asked now; who else will be is the vendor's.
  asked_roles           text[] not null default '{}',
  next_step             text,
  next_at               timestamptz,
  -- The last sequence written and the case's state, from which its workflow can be rebuilt.
  seq                   integer not null,
  case_state            jsonb not null,
  check (valid_from <= valid_until),
  check ((closure_code is not null) = (status in ('rejected', 'withdrawn'))),
  check ((kind = 'new') = (agreement_version is null))
);
create index special_price_list on special_price_request (submitted_at desc, id desc);
create index special_price_partner on special_price_request (partner_id, submitted_at desc, id desc);
create index special_price_account on special_price_request (account_id, submitted_at);
create index special_price_registration on special_price_request (registration_id) where registration_id is not null;
create index special_price_agreement on special_price_request (agreement_id) where agreement_id is not null;

create table special_price_terms (
  request_id     text not null references special_price_request (id),
  round          integer not null check (round > 0),
  partner_id     text not null references partner (id),
  origin         text not null check (origin in ('asked', 'answered', 'counter_offer')),
  lump_minor     bigint not null check (lump_minor >= 0),
  valid_from     date not null,
  valid_until    date not null,
  exception_keys text[] not null,
  list_minor     bigint not null,
  standard_minor bigint not null,
  net_minor      bigint not null check (net_minor >= 0),
  -- Where the figures are from: version of the price book, of the policy, and the registration's event.
  sources        jsonb not null,
  terms_hash     text not null,
  created_at     timestamptz not null,
  primary key (request_id, round)
);

create table special_price_line (
  request_id         text not null,
  round              integer not null,
  line_no            integer not null check (line_no > 0),
  partner_id         text not null references partner (id),
  sku                text not null references product (sku),
  family             text not null references product_family (key),
  quantity           integer not null check (quantity > 0),
  cap_quantity       integer not null check (cap_quantity > 0),
  special            jsonb,
  list_unit_minor    bigint not null check (list_unit_minor >= 0),
  tier_ppm           integer not null check (tier_ppm between 0 and 1000000),
  tier_unit_minor    bigint not null check (tier_unit_minor >= 0),
  registration_ppm   integer not null check (registration_ppm between 0 and 1000000),
  standard_unit_minor bigint not null check (standard_unit_minor between 0 and list_unit_minor),
  special_unit_minor bigint not null check (special_unit_minor between 0 and standard_unit_minor),
  lump_minor         bigint not null check (lump_minor >= 0),
  net_minor          bigint not null check (net_minor >= 0),
  primary key (request_id, round, line_no),
  foreign key (request_id, round) references special_price_terms (request_id, round),
  check (net_minor = special_unit_minor * quantity - lump_minor)
);
create index special_price_line_sku on special_price_line (sku);

-- The vendor's alone, each in a table of its own: what it costs, who is asked and why, the earlier requests of others, who agreed.
create table special_price_line_cost (
  request_id      text not null,
  round           integer not null,
  line_no         integer not null,
  cost_unit_minor bigint check (cost_unit_minor >= 0),
  primary key (request_id, round, line_no),
  foreign key (request_id, round, line_no) references special_price_line (request_id, round, line_no)
);

create table special_price_round (
  request_id text not null,
  round      integer not null,
  cost_minor bigint,
  -- In the currency of the policy.
  deal_minor bigint not null check (deal_minor >= 0),
  deal_currency char(3) not null,
  routing    jsonb not null,
  earlier    jsonb not null,
  routed_at  timestamptz not null,
  primary key (request_id, round),
  foreign key (request_id, round) references special_price_terms (request_id, round)
);

create table special_price_approval (
  request_id   text not null,
  round        integer not null,
  step_no      integer not null,
  role         text not null,
  task_id      text not null references task (id),
  decision_id  text not null unique references decision (id),
  actor_id     text not null references person (id),
  acting_for   text references person (id),
  submitted_by text not null references person (id),
  by_counter   boolean not null,
  terms        jsonb not null,
  terms_hash   text not null,
  at           timestamptz not null,
  primary key (request_id, round, role),
  foreign key (request_id, round) references special_price_terms (request_id, round),
  -- Nobody agrees twice in a round, and nobody to what he asked for himself.
  constraint one_approval_a_person unique (request_id, round, actor_id),
  constraint nobody_approves_his_own check (actor_id <> submitted_by and acting_for is distinct from submitted_by)
);

-- A counter-offer from the decision until it takes effect: until then the partner sees nothing of it.
create table special_price_offer (
  decision_id text primary key references decision (id),
  request_id  text not null references special_price_request (id),
  terms       jsonb not null
);

create table pricing_agreement (
  id              text primary key,
  reference       text not null unique,
  request_id      text not null unique references special_price_request (id),
  registration_id text references registration (id),
  account_id      text not null references account (id),
  customer_name   text not null,
  partner_id      text not null references partner (id),
  distributor_id  text references partner (id),
  program_id      text not null references program (id),
  policy_id       text not null references policy_document (id),
  policy_version  integer not null,
  currency        char(3) not null,
  status          text not null check (status in ('active', 'expired', 'ended')),
  ended_code      text check (ended_code in ('registration_ended', 'registration_transferred', 'ended_by_vendor')),
  ended_at        timestamptz,
  version         integer not null check (version > 0),
  valid_from      timestamptz not null,
  -- Exclusive. Never past the end of the registration's protection.
  valid_until     timestamptz not null,
  next_at         timestamptz,
  created_at      timestamptz not null,
  seq             integer not null,
  case_state      jsonb not null,
  check ((ended_code is not null) = (status = 'ended')),
  check ((ended_at is not null) = (status <> 'active')),
  -- What ended at once was valid for no time at all.
  check (valid_from <= valid_until)
);
create index pricing_agreement_list on pricing_agreement (created_at desc, id desc);
create index pricing_agreement_partner on pricing_agreement (partner_id, created_at desc, id desc);
create index pricing_agreement_distributor on pricing_agreement (distributor_id, created_at desc, id desc) where distributor_id is not null;
create index pricing_agreement_registration on pricing_agreement (registration_id) where registration_id is not null;

alter table special_price_request add foreign key (agreement_id) references pricing_agreement (id) deferrable initially deferred;

create table pricing_agreement_version (
  agreement_id text not null references pricing_agreement (id),
  version      integer not null check (version > 0),
  kind         text not null check (kind in ('first', 'new_version', 'new_period', 'extension')),
  request_id   text references special_price_request (id),
  decision_id  text references decision (id),
  -- Sales from then on are under this version; a new version applies from the beginning.
  applies_from timestamptz not null,
  -- The end that was agreed; the registration's protection may cut it short.
  valid_until  timestamptz not null,
  created_at   timestamptz not null,
  primary key (agreement_id, version)
);

create table pricing_agreement_line (
  agreement_id        text not null,
  version             integer not null,
  line_no             integer not null check (line_no > 0),
  partner_id          text not null references partner (id),
  sku                 text not null references product (sku),
  family              text not null references product_family (key),
  net_unit_minor      bigint not null check (net_unit_minor >= 0),
  -- What the distributor effectively pays.
  approved_cost_minor bigint not null check (approved_cost_minor between 0 and net_unit_minor),
  cap_quantity        integer not null check (cap_quantity > 0),
  primary key (agreement_id, version, line_no),
  foreign key (agreement_id, version) references pricing_agreement_version (agreement_id, version)
);
create index pricing_agreement_line_sku on pricing_agreement_line (sku);

-- A process that stands on another case is told by signal when that case ends or its protection moves (docs/pieces/followers.md).
create table case_follower (
  case_id              text not null,
  follower_workflow_id text not null,
  created_at           timestamptz not null,
  primary key (case_id, follower_workflow_id)
);
grant select, insert on case_follower to fairlead_worker;

alter table evidence_file add column special_price_request_id text references special_price_request (id);

do $$
declare t text;
begin
  foreach t in array array['special_price_request', 'special_price_terms', 'special_price_line', 'special_price_line_cost', 'special_price_round',
                           'special_price_approval', 'special_price_offer', 'pricing_agreement', 'pricing_agreement_version', 'pricing_agreement_line'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_acts on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_sees on %I to current_user using (true) with check (true)', t);
    execute format('grant select, insert on %I to fairlead_worker', t);
  end loop;
  -- What was asked, agreed and granted is never edited.
  foreach t in array array['special_price_terms', 'special_price_line', 'special_price_line_cost', 'special_price_round', 'special_price_approval',
                           'special_price_offer', 'pricing_agreement_version', 'pricing_agreement_line'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
  foreach t in array array['special_price_line_cost', 'special_price_round', 'special_price_approval', 'special_price_offer'] loop
    execute format('grant select on %I to fairlead_app', t);
    execute format('create policy vendors_alone on %I for select to fairlead_app using (app_is_vendor())', t);
  end loop;
  foreach t in array array['special_price_request', 'special_price_terms', 'special_price_line'] loop
    execute format('create policy own_requests on %I for select to fairlead_app using (app_sees_partner(partner_id))', t);
  end loop;
end
$$;
grant update on special_price_request, pricing_agreement to fairlead_worker;
-- Every column but the case's state: that is the worker's.
grant select (id, reference, kind, partner_id, program_id, policy_id, policy_version, registration_id, account_id, agreement_id, agreement_version,
  submitted_by, receipt, status, closure_code, round, currency, price_book_version_id, list_minor, standard_minor, net_minor, valid_from, valid_until,
  distributor_id, justification_code, competitor_name, competitor_price_minor, details, material_hash, submitted_at, answer_by, decided_at,
  waiting_for, queue, asked_roles, next_step, next_at, seq)
  on special_price_request to fairlead_app;
grant select on special_price_terms, special_price_line to fairlead_app;

-- The reseller's, and the distributor's through whom he buys.
create policy own_agreements on pricing_agreement for select to fairlead_app
  using (app_sees_partner(partner_id) or distributor_id = app_partner_id());
create policy own_versions on pricing_agreement_version for select to fairlead_app
  using (app_is_vendor() or exists (select from pricing_agreement a where a.id = agreement_id));
create policy own_agreement_lines on pricing_agreement_line for select to fairlead_app
  using (app_is_vendor() or exists (select from pricing_agreement a where a.id = agreement_id));
grant select (id, reference, request_id, registration_id, account_id, customer_name, partner_id, distributor_id, program_id, policy_id, policy_version,
  currency, status, ended_code, ended_at, version, valid_from, valid_until, next_at, created_at, seq)
  on pricing_agreement to fairlead_app;
grant select on pricing_agreement_version, pricing_agreement_line to fairlead_app;

-- In which segment the vendor's records had a customer is the vendor's alone.
create function segment_of_registration(of_registration text) returns text language sql stable security definer set search_path = public
begin atomic
  select r.segment from registration r where r.id = of_registration and app_is_vendor();
end;
revoke execute on function segment_of_registration(text) from public;
grant execute on function segment_of_registration(text) to fairlead_app;
