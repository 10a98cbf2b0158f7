-- The directory: partners, people, what they may do, the programs and their policy documents.

create table partner (
  id          text primary key,
  name        text not null,
  country     char(2) not null,
  kind        text not null default 'reseller',
  tier        text not null,
  trainings   text[] not null default '{}',
  standing    text not null default 'good' check (standing in ('good', 'suspended')),
  created_at  timestamptz not null default now()
);

create table person (
  id           text primary key,
  email        text not null,
  display_name text not null,
  side         text not null check (side in ('vendor', 'partner')),
  partner_id   text references partner (id),
  locale       text not null default 'en',
  time_zone    text not null default 'UTC',
  preferences  jsonb not null default '{}',
  active       boolean not null default true,
  created_at   timestamptz not null default now(),
  check ((side = 'partner') = (partner_id is not null))
);
create unique index person_email on person (lower(email));
create index person_partner on person (partner_id);

alter table partner add column manager_id text references person (id);

create table person_role (
  person_id   text not null references person (id),
  role        text not null,
  limit_minor bigint,
  valid_from  timestamptz not null default '-infinity',
  valid_to    timestamptz not null default 'infinity',
  primary key (person_id, role)
);

create table person_identity (
  issuer    text not null,
  subject   text not null,
  person_id text not null references person (id),
  primary key (issuer, subject)
);

-- Deputies: from, to, and the highest value they may decide about.
create table absence (
  id               text primary key,
  person_id        text not null references person (id),
  deputy_id        text not null references person (id),
  from_at          timestamptz not null,
  to_at            timestamptz not null,
  cap_minor        bigint,
  created_at       timestamptz not null default now(),
  check (person_id <> deputy_id and from_at < to_at)
);

create table partner_certification (
  partner_id  text not null references partner (id),
  code        text not null,
  -- Null: valid until further notice.
  valid_until timestamptz,
  primary key (partner_id, code)
);

create table calendar (
  name       text primary key,
  definition jsonb not null,
  version    integer not null default 1,
  updated_at timestamptz not null default now()
);

create table program (
  id       text primary key,
  key      text not null unique,
  name     text not null,
  currency char(3) not null
);

create table partner_program (
  partner_id text not null references partner (id),
  program_id text not null references program (id),
  primary key (partner_id, program_id)
);

create table product_family (
  key  text primary key,
  name text not null,
  core boolean not null default false
);

create table product (
  sku    text primary key,
  name   text not null,
  family text not null references product_family (key)
);

-- A draft may be edited by its author; a published version never changes, and two of them never overlap.
create table policy_document (
  id             text primary key,
  program_id     text not null references program (id),
  kind           text not null,
  version        integer,
  status         text not null check (status in ('draft', 'published')),
  body           jsonb not null,
  body_hash      text not null,
  note           text not null default '',
  effective_from timestamptz,
  effective_to   timestamptz,
  created_by     text not null references person (id),
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  published_by   text references person (id),
  published_at   timestamptz,
  revision       integer not null default 1,
  check (status = 'draft' or (version is not null and effective_from is not null and published_by is not null and published_at is not null)),
  check (published_by is null or published_by <> created_by),
  unique (program_id, kind, version),
  constraint policy_versions_do_not_overlap exclude using gist
    (program_id with =, kind with =, tstzrange(effective_from, effective_to) with &&) where (status = 'published')
);

create function keep_published_policy() returns trigger language plpgsql as $$
begin
  if old.status = 'published' and (tg_op = 'DELETE'
     or (new.body, new.version, new.effective_from, new.created_by, new.published_by, new.status, new.program_id, new.kind)
        is distinct from (old.body, old.version, old.effective_from, old.created_by, old.published_by, old.status, old.program_id, old.kind)
     or (old.effective_to is not null and new.effective_to is distinct from old.effective_to)) then
    raise exception 'published policy documents never change' using errcode = '42501';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
create trigger keep_published_policy before update or delete on policy_document
  for each row execute function keep_published_policy();

create table session (
  token_hash   bytea primary key,
  person_id    text not null references person (id),
  id_token     text,
  csrf_hash    bytea,
  created_at   timestamptz not null,
  last_seen_at timestamptz not null,
  expires_at   timestamptz not null,
  revoked_at   timestamptz
);
create index session_person on session (person_id);

-- Sign-ins under way, and whatever the embedded identity provider of development must remember.
create table oidc_state (
  kind       text not null,
  id         text not null,
  payload    jsonb not null,
  grant_id   text,
  user_code  text,
  uid        text,
  expires_at timestamptz,
  consumed_at timestamptz,
  primary key (kind, id)
);
create index oidc_state_grant on oidc_state (grant_id) where grant_id is not null;

-- Who a session's token belongs to: asked before any scope is known, and so as the owner.
create function session_principal(token bytea, at timestamptz)
returns table (person_id text, display_name text, email text, side text, partner_id text, locale text, time_zone text,
               roles text[], limit_minor bigint, last_seen_at timestamptz)
language sql stable security definer set search_path = public
begin atomic
  select p.id, p.display_name, p.email, p.side, p.partner_id, p.locale, p.time_zone,
         array(select r.role from person_role r where r.person_id = p.id and at >= r.valid_from and at < r.valid_to order by r.role),
         -- No limit anywhere means no limit; otherwise the highest one.
         (select case when bool_or(r.limit_minor is null and r.role in ('approver', 'director', 'channel_account_manager', 'program_ops')) then null else max(r.limit_minor) end
            from person_role r where r.person_id = p.id and at >= r.valid_from and at < r.valid_to),
         s.last_seen_at
    from session s join person p on p.id = s.person_id
   where s.token_hash = token and s.revoked_at is null and s.expires_at > at and p.active;
end;
revoke execute on function session_principal(bytea, timestamptz) from public;
grant execute on function session_principal(bytea, timestamptz) to fairlead_app;

-- The person behind an identity: by (issuer, subject), bound at the first sign-in by a verified address.
create function bind_identity(of_issuer text, of_subject text, of_email text)
returns table (person_id text) language plpgsql security definer set search_path = public as $$
begin
  insert into person_identity (issuer, subject, person_id)
  select of_issuer, of_subject, p.id from person p where lower(p.email) = lower(of_email) and p.active
    and not exists (select 1 from person_identity i where i.issuer = of_issuer and i.subject = of_subject)
    and not exists (select 1 from person_identity i where i.issuer = of_issuer and i.person_id = p.id)
  on conflict do nothing;
  return query select i.person_id from person_identity i join person p on p.id = i.person_id
    where i.issuer = of_issuer and i.subject = of_subject and p.active;
end
$$;
revoke execute on function bind_identity(text, text, text) from public;
grant execute on function bind_identity(text, text, text) to fairlead_app;

do $$
declare t text;
begin
  foreach t in array array['partner', 'person', 'person_role', 'absence', 'partner_certification', 'partner_program'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy worker_sees_all on %I to fairlead_worker using (true) with check (true)', t);
    execute format('grant select, insert, update on %I to fairlead_app', t);
    execute format('grant select on %I to fairlead_worker', t);
  end loop;
  -- The owner passes forced policies only by one of its own.
  foreach t in array array['partner', 'person', 'person_role', 'absence', 'partner_certification', 'partner_program'] loop
    execute format('create policy owner_seeds on %I to current_user using (true) with check (true)', t);
  end loop;
end
$$;
create policy own_partner on partner to fairlead_app using (app_sees_partner(id)) with check (app_is_vendor());
create policy own_people on person to fairlead_app using (app_is_vendor() or partner_id = app_partner_id()) with check (app_is_vendor() or partner_id = app_partner_id());
create policy own_roles on person_role to fairlead_app using (app_is_vendor() or exists (select 1 from person p where p.id = person_id)) with check (app_is_vendor());
create policy own_absences on absence to fairlead_app using (app_is_vendor() or exists (select 1 from person p where p.id = person_id)) with check (app_is_vendor());
create policy own_certifications on partner_certification to fairlead_app using (app_sees_partner(partner_id)) with check (app_is_vendor());
create policy own_programs on partner_program to fairlead_app using (app_sees_partner(partner_id)) with check (app_is_vendor());

grant select, insert, update on program, calendar, product_family, product, policy_document to fairlead_app;
grant delete on policy_document to fairlead_app;
grant select on program, calendar, product_family, product, policy_document to fairlead_worker;
grant select, insert, update, delete on session, oidc_state to fairlead_app;
grant select, insert on person_identity to fairlead_app;
grant delete on session, oidc_state to fairlead_worker;
grant select on session, oidc_state to fairlead_worker;
