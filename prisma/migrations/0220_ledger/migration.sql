-- The ledger: accounts, transactions and their postings, which only ever grow, and what is owed to partners.
-- A transaction is small (a handful of postings), so that checking the whole of it for each posting costs little.
create table ledger_account (
  id         text primary key,
  kind       text not null check (kind in ('support_expense', 'support_accrued', 'partner_payable')),
  -- The program, agreement or partner.
  subject_id text not null,
  currency   char(3) not null check (currency ~ '^[A-Z]{3}$'),
  created_at timestamptz not null,
  unique (kind, subject_id, currency),
  -- So that a posting can name the account and its currency together.
  unique (id, currency)
);

create table ledger_transaction (
  id         text primary key,
  -- Made of what it is about: the same fact is booked once.
  key        text not null unique,
  kind       text not null check (kind in ('support_expected', 'support_claimed', 'support_released', 'correction')),
  reason     text,
  case_id    text not null,
  booked_at  timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  check ((kind = 'correction') = (reason is not null))
);
create index ledger_transaction_case on ledger_transaction (case_id);

create table ledger_posting (
  transaction_id text not null references ledger_transaction (id),
  line_no        integer not null check (line_no > 0),
  account_id     text not null,
  currency       char(3) not null,
  -- Above zero a debit, below a credit.
  amount_minor   bigint not null check (amount_minor <> 0),
  primary key (transaction_id, line_no),
  unique (transaction_id, account_id),
  foreign key (account_id, currency) references ledger_account (id, currency)
);
create index ledger_posting_account on ledger_posting (account_id, transaction_id);

-- Asked when the transaction of the database ends, so that postings may come one by one, and asked for each posting, so that one
-- that comes later cannot unbalance what was booked before.
create function postings_balance() returns trigger language plpgsql as $$
declare
  of_transaction text := case when tg_table_name = 'ledger_posting' then to_jsonb(new) ->> 'transaction_id' else to_jsonb(new) ->> 'id' end;
begin
  if not exists (select from ledger_posting where transaction_id = of_transaction) then
    raise exception 'ledger transaction % has no postings', of_transaction using errcode = '23514';
  end if;
  if exists (select from ledger_posting where transaction_id = of_transaction group by currency having sum(amount_minor) <> 0) then
    raise exception 'ledger transaction % does not balance', of_transaction using errcode = '23514', constraint = 'postings_balance';
  end if;
  return null;
end
$$;
create constraint trigger postings_balance after insert on ledger_posting
  deferrable initially deferred for each row execute function postings_balance();
create constraint trigger transaction_balances after insert on ledger_transaction
  deferrable initially deferred for each row execute function postings_balance();

-- What is owed, before it is paid; a payment nets what one payee is owed in one currency.
create table obligation (
  id             text primary key,
  program_id     text not null references program (id),
  partner_id     text not null references partner (id),
  -- The month in which it arose.
  period         text not null check (period ~ '^\d{4}-(0[1-9]|1[0-2])$'),
  currency       char(3) not null,
  kind           text not null check (kind in ('ship_and_debit')),
  source_id      text not null,
  -- Negative: the payee owes it.
  amount_minor   bigint not null check (amount_minor <> 0),
  created_at     timestamptz not null,
  unique (program_id, partner_id, period, currency, kind, source_id)
);
create index obligation_partner on obligation (partner_id, created_at desc, id desc);

-- The transactions that an obligation is booked in: together they credit the payee with its amount.
create table obligation_booking (
  obligation_id  text not null references obligation (id),
  transaction_id text not null unique references ledger_transaction (id),
  primary key (obligation_id, transaction_id)
);

do $$
declare t text;
begin
  foreach t in array array['ledger_account', 'ledger_transaction', 'ledger_posting', 'obligation', 'obligation_booking'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_truncate before truncate on %I for each statement execute function refuse_change()', t);
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_books on %I to fairlead_worker using (true) with check (true)', t);
    execute format('create policy owner_sees on %I to current_user using (true) with check (true)', t);
    execute format('grant select, insert on %I to fairlead_worker', t);
    execute format('grant select on %I to fairlead_app', t);
  end loop;
end
$$;
-- The books are the vendor's; a partner sees what is owed to him.
create policy books_are_the_vendors on ledger_account for select to fairlead_app using (app_is_vendor());
create policy books_are_the_vendors on ledger_transaction for select to fairlead_app using (app_is_vendor());
create policy books_are_the_vendors on ledger_posting for select to fairlead_app using (app_is_vendor());
create policy books_are_the_vendors on obligation_booking for select to fairlead_app using (app_is_vendor());
create policy own_obligations on obligation for select to fairlead_app using (app_sees_partner(partner_id));
