-- Customers, as each was entered, and what is known about which of them are the same company.
--
-- An account's row holds what one partner (or an import) wrote down, and that partner sees no other row.
-- What ties accounts to one another (canonical id, parent, the vendor's own engagement, matching keys,
-- verdicts on pairs, direct deals) would tell him of a competitor, so it lies in tables of its own.

create table account (
  id                    text primary key,
  entered_by_partner_id text references partner (id),
  origin                text not null check (origin in ('registration', 'import')),
  legal_name            text not null check (legal_name <> ''),
  country               char(2) not null check (country ~ '^[A-Z]{2}$'),
  web_domain            text,
  industry              text,
  address_line1         text,
  address_line2         text,
  city                  text,
  region                text,
  postal_code           text,
  phone                 text,
  tax_id_last2          text check (length(tax_id_last2) <= 2),
  created_at            timestamptz not null,
  recorded_at           timestamptz not null default now()
);
create index account_entered_by on account (entered_by_partner_id, created_at desc);

-- The tax id itself, encrypted by the worker with the account's id as additional data.
create table account_tax_id (
  account_id text primary key references account (id),
  key_id     text not null,
  cipher     bytea not null
);

-- What the vendor knows: the account that stands for all rows of one company (its own id until a person
-- says otherwise), its parent, and who serves it.
create table account_standing (
  account_id        text primary key references account (id),
  canonical_id      text not null references account (id),
  parent_account_id text references account (id) check (parent_account_id <> account_id),
  engagement        text check (engagement in ('direct', 'channel', 'shared'))
);
create index account_standing_canonical on account_standing (canonical_id);
create index account_standing_parent on account_standing (parent_account_id) where parent_account_id is not null;

-- Keys for finding candidates: derived, rebuildable, and read by the worker only (trigram operators are
-- not leakproof, and a count of rows found would already say too much).
create table account_match (
  account_id         text primary key references account (id),
  -- The account's number in the index of name parts below, where a text id would treble its size.
  match_no           integer generated always as identity unique,
  country            char(2) not null,
  name_key           text not null,
  core_name          text not null,
  word_key           text not null,
  squashed_key       text not null,
  registrable_domain text,
  tax_id_hash        bytea,
  phone_e164         text,
  city_key           text,
  contact_domains    text[] not null default '{}'
);
create index account_match_domain on account_match (registrable_domain) where registrable_domain is not null;
create index account_match_tax_id on account_match (tax_id_hash) where tax_id_hash is not null;
create index account_match_phone on account_match (phone_e164) where phone_e164 is not null;
create index account_match_name on account_match (name_key, country);
create index account_match_words on account_match (word_key);
create index account_match_squashed on account_match (squashed_key);

-- An inverted index of three-letter parts of core names, read by the rarest parts of the name in question.
-- A trigram index reads the common parts as well, which is most of its work (docs/pieces/matching.md has
-- the measurement). No foreign key: fifteen rows an account, written and removed with its account_match row.
create table account_name_part (
  part     integer not null,
  match_no integer not null,
  primary key (part, match_no)
);

-- How many accounts have each part, counted now and then: stale counts cost time, never a candidate of a
-- rare part. Keeping them exact would make every new account wait for every other one.
create table account_name_part_count (
  part     integer primary key,
  accounts integer not null
);

-- What a person said about two accounts. Insert-only; the latest row holds.
create table account_pair_verdict (
  id           bigint generated always as identity primary key,
  decision_key text not null unique,
  account_a    text not null references account (id),
  account_b    text not null references account (id),
  verdict      text not null check (verdict in ('same', 'different')),
  decided_by   text not null references person (id),
  reason       text not null,
  decided_at   timestamptz not null,
  recorded_at  timestamptz not null default now(),
  check (account_a < account_b)
);
create index account_pair_verdict_pair on account_pair_verdict (account_a, account_b, id desc);
create index account_pair_verdict_other on account_pair_verdict (account_b);
create trigger keep_pair_verdicts before update or delete on account_pair_verdict
  for each row execute function refuse_change();

-- The vendor's own deals, imported from its CRM: without them "direct engaged" would test nothing.
create table direct_deal (
  id              text primary key,
  account_id      text not null references account (id),
  product_family  text not null references product_family (key),
  stage           text not null,
  last_engaged_at timestamptz not null,
  source_ref      text not null unique,
  import_batch_id text,
  recorded_at     timestamptz not null default now()
);
create index direct_deal_account on direct_deal (account_id, product_family, last_engaged_at desc);

do $$
declare t text;
begin
  foreach t in array array['account', 'account_tax_id', 'account_standing', 'account_pair_verdict', 'direct_deal'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_sees_all on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_seeds on %I to current_user using (true) with check (true)', t);
  end loop;
end
$$;

create policy own_accounts on account for select to fairlead_app
  using (app_is_vendor() or entered_by_partner_id = app_partner_id());
create policy vendor_only on account_standing for select to fairlead_app using (app_is_vendor());
create policy vendor_only on account_pair_verdict for select to fairlead_app using (app_is_vendor());
create policy vendor_only on direct_deal for select to fairlead_app using (app_is_vendor());

grant select on account, account_standing, account_pair_verdict, direct_deal to fairlead_app;
grant select, insert, update on account, account_standing, account_match, direct_deal to fairlead_worker;
grant select, insert, delete on account_name_part to fairlead_worker;
grant select, insert, update, delete on account_name_part_count to fairlead_worker;
grant select, insert, update, delete on account_tax_id to fairlead_worker;
grant select, insert on account_pair_verdict to fairlead_worker;
