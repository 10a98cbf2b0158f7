-- A message may come from a deputy: for whom he acts is kept with the receipt, so that a late delivery says the same.
alter table receipt add column acting_for text references person (id);

-- Deputies are looked up by who stands in, and an absence that has not begun can be taken back.
create index absence_deputy on absence (deputy_id, to_at);
create index absence_person on absence (person_id, to_at);
grant delete on absence to fairlead_app;
-- Whoever enters one is of the vendor, and so are both people: partners have no deputies.
alter policy own_absences on absence using ((select app_is_vendor())) with check ((select app_is_vendor()));
