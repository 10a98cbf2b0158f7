-- In which segment the vendor's records had the customer when his slot was reserved: the length of the protection follows from it,
-- so that an approval that takes effect later counts as it was reserved.
alter table registration add column segment text;
