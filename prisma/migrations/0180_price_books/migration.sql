-- Price books: list prices and standard costs of products in one currency and region, in versions that a second person publishes.
-- A version is in force from its instant until the next one's; what is published never changes.
create table price_book (
  id         text primary key,
  name       text not null,
  currency   char(3) not null,
  region     text not null,
  created_at timestamptz not null,
  unique (currency, region)
);

create table price_book_version (
  id             text primary key,
  price_book_id  text not null references price_book (id),
  version        integer,
  status         text not null check (status in ('draft', 'published')),
  note           text not null,
  file_name      text not null,
  file_sha256    text not null,
  entries        integer not null check (entries > 0),
  -- The version that the file was compared with, and what it changes: counts, and the largest changes.
  compared_with  text references price_book_version (id),
  changes        jsonb not null,
  effective_from timestamptz,
  created_by     text not null references person (id),
  created_at     timestamptz not null,
  published_by   text references person (id),
  published_at   timestamptz,
  check ((status = 'published') = (version is not null and effective_from is not null and published_by is not null and published_at is not null)),
  check (published_by is null or published_by <> created_by),
  unique (price_book_id, version),
  unique (price_book_id, effective_from)
);
create unique index price_book_one_draft on price_book_version (price_book_id) where status = 'draft';

create table price_entry (
  version_id text not null references price_book_version (id) on delete cascade,
  sku        text not null references product (sku),
  list_minor bigint not null check (list_minor >= 0),
  primary key (version_id, sku)
);

-- What a product costs the vendor is no partner's business, so it lies apart.
create table price_cost (
  version_id text not null,
  sku        text not null,
  cost_minor bigint not null check (cost_minor >= 0),
  primary key (version_id, sku),
  foreign key (version_id, sku) references price_entry (version_id, sku) on delete cascade
);
alter table price_cost enable row level security;
alter table price_cost force row level security;
create policy costs_are_the_vendors on price_cost to fairlead_app using (app_is_vendor()) with check (app_is_vendor());
create policy worker_costs on price_cost to fairlead_worker using (true);
-- The owner passes forced policies only by one of its own.
create policy owner_seeds on price_cost to current_user using (true) with check (true);

create function keep_published_prices() returns trigger language plpgsql as $$
begin
  if old.status = 'published' then
    raise exception 'published price books never change' using errcode = '42501';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger keep_published_prices before update or delete on price_book_version
  for each row execute function keep_published_prices();

create function keep_published_entries() returns trigger language plpgsql as $$
begin
  if exists (select from price_book_version v
              where v.id = (case when tg_op = 'INSERT' then new.version_id else old.version_id end) and v.status = 'published') then
    raise exception 'published price books never change' using errcode = '42501';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger keep_published_entries before insert or update or delete on price_entry
  for each row execute function keep_published_entries();
create trigger keep_published_costs before insert or update or delete on price_cost
  for each row execute function keep_published_entries();

grant select, insert, update, delete on price_book, price_book_version, price_entry, price_cost to fairlead_app;
grant select on price_book, price_book_version, price_entry, price_cost to fairlead_worker;
