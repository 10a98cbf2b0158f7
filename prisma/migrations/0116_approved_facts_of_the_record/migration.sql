-- What was last approved (value, close date, product families), so that a large change cannot pass in small steps. It is money: it
-- belongs to the record, never to the state that travels through the engine's histories.
alter table registration add column approved jsonb;
update registration set approved = case_state -> 'approved' where jsonb_typeof(case_state -> 'approved') = 'object';
update registration set case_state = case_state - 'approved';
