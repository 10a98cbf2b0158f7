-- A policy that reads its own table recurses without end: the question whether a decision was taken back is asked
-- through a function of the owner's. A partner sees neither a decision taken back nor the row that took it back.
create function decision_was_retracted(decision_id text) returns boolean language sql stable security definer set search_path = public
begin atomic
  select exists (select 1 from decision r where r.retracts = decision_id);
end;
revoke execute on function decision_was_retracted(text) from public;
grant execute on function decision_was_retracted(text) to fairlead_app;

drop policy own_decisions on decision;
create policy own_decisions on decision for select to fairlead_app
  using (app_is_vendor() or (partner_id = app_partner_id() and retracts is null
         and effective_at <= coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now())
         and not decision_was_retracted(id)));
