-- Grants of one product family are numbered under its lock, so in the order in which they are committed: an approval that matched
-- before it had the lock asks what was granted since.
create sequence protection_grant as bigint;
grant usage on sequence protection_grant to fairlead_worker;
alter table protection add column granted_no bigint not null default nextval('protection_grant');
create index protection_granted on protection (family, granted_no);
