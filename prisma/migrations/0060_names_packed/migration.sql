-- Parts of names packed by part, where one row a part and account took most of the database and of the time.
--
-- A new account still writes rows of its own (account_name_part), so that two submissions never wait for one another;
-- packing moves them into a few long rows a part, from time to time and during an import.

create table account_name_posting (
  part      integer not null check (part >= 0),
  batch     integer generated always as identity,
  accounts  integer not null check (accounts > 0),
  -- account_match.match_no of each account with this part, four bytes each.
  match_nos bytea not null check (length(match_nos) = 4 * accounts),
  primary key (part, batch)
);
-- Nothing in them to compress, and the long ones are read whole.
alter table account_name_posting alter column match_nos set storage external;
grant select, insert, delete on account_name_posting to fairlead_worker;

-- How many accounts have a part is the length of its rows now.
drop table account_name_part_count;

-- The parts themselves are others than before: keys of an older version are made anew by the workers.
truncate account_name_part;
grant update on account_name_part to fairlead_worker;
alter table account_match add column whole_name text not null default '';
alter table account_match alter column whole_name drop default;
alter table account_match add column keys_version integer not null default 0;
alter table account_match alter column keys_version drop default;
create index account_match_version on account_match (keys_version);
