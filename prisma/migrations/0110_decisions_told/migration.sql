-- An approval holds, and is told, only when its review window closed; until then a rival may still overtake it. The partner
-- sees it no sooner: neither that it was decided, nor, when it is superseded, that it was there.
create function decision_waits(decision_id text, case_id text) returns boolean language sql stable security definer set search_path = public
begin atomic
  select exists (select 1 from registration r where r.id = case_id and r.case_state -> 'pending' ->> 'decisionId' = decision_id);
end;
revoke execute on function decision_waits(text, text) from public;
grant execute on function decision_waits(text, text) to fairlead_app;

drop policy own_decisions on decision;
create policy own_decisions on decision for select to fairlead_app
  using (app_is_vendor() or (partner_id = app_partner_id() and retracts is null
         and effective_at <= coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now())
         and not decision_was_retracted(id) and not decision_waits(id, case_id)));
