-- Exchange rates: dated, brought as a file by one person and published by another, and never changed afterwards.
create table exchange_rate_file (
  id           text primary key,
  status       text not null check (status in ('draft', 'published')),
  note         text not null,
  file_name    text not null,
  file_sha256  text not null,
  entries      integer not null check (entries > 0),
  -- What the file adds: counts, and the largest moves.
  changes      jsonb not null,
  created_by   text not null references person (id),
  created_at   timestamptz not null,
  published_by text references person (id),
  published_at timestamptz,
  check ((status = 'published') = (published_by is not null and published_at is not null)),
  check (published_by is null or published_by <> created_by)
);
create unique index exchange_rate_one_draft on exchange_rate_file ((status)) where status = 'draft';

-- What a draft would add. It is nobody's rate yet.
create table exchange_rate_draft (
  file_id    text not null references exchange_rate_file (id) on delete cascade,
  base       char(3) not null,
  quote      char(3) not null,
  valid_from date not null,
  rate_e9    bigint not null check (rate_e9 > 0),
  source     text not null,
  primary key (file_id, base, quote, valid_from)
);

-- Thousand millionths of one whole `quote` for one whole `base`, from a day (UTC) until the pair's next rate.
create table exchange_rate (
  base       char(3) not null check (base ~ '^[A-Z]{3}$'),
  quote      char(3) not null check (quote ~ '^[A-Z]{3}$'),
  valid_from date not null,
  rate_e9    bigint not null check (rate_e9 > 0),
  source     text not null,
  file_id    text not null references exchange_rate_file (id),
  primary key (base, quote, valid_from),
  check (base <> quote)
);
-- A pair is kept in one direction.
create unique index exchange_rate_one_direction on exchange_rate (least(base, quote), greatest(base, quote), valid_from);
create trigger exchange_rate_append_only before update or delete on exchange_rate
  for each row execute function refuse_change();

create function keep_published_rates() returns trigger language plpgsql as $$
begin
  if old.status = 'published' then
    raise exception 'published exchange rates never change' using errcode = '42501';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger keep_published_rates before update or delete on exchange_rate_file
  for each row execute function keep_published_rates();

grant select, insert, update, delete on exchange_rate_file, exchange_rate_draft to fairlead_app;
grant select, insert on exchange_rate to fairlead_app;
grant select on exchange_rate to fairlead_worker;
