-- Whoever waits for the answer to a message learns from the record that it was carried out: the step names its receipt.
create or replace function tell_listeners() returns trigger language plpgsql as $$
begin
  perform pg_notify('fairlead_case', json_build_object('caseId', new.case_id, 'seq', new.seq, 'kind', new.kind, 'partnerId', new.partner_id, 'audience', new.audience, 'receipt', new.receipt)::text);
  return null;
end
$$;
