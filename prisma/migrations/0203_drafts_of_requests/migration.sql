-- A person's drafts are of registrations and of requests for special prices: one table, told apart by what each is to become.
alter table registration_draft add column kind text not null default 'deal-registration'
  check (kind in ('deal-registration', 'special-pricing'));
