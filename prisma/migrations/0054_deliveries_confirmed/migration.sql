-- A receipt is settled with its effect, which may be before the engine has kept that it happened: an engine
-- that dies in between forgets the message. So a settled receipt stays due until the engine answered for it,
-- and is delivered again when it did not; the step it repeats gives its first answer.
drop index receipt_due;
create index receipt_due on receipt (next_attempt_at, number) where next_attempt_at is not null and parked_at is null;
create index receipt_unconfirmed on receipt (case_id, number) where next_attempt_at is not null;
