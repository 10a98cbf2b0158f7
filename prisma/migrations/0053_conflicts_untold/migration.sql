-- That a conflict was opened, or found to be none, tells a partner of a competitor: such decisions are the vendor's.
alter policy own_decisions on decision
  using (app_is_vendor() or (partner_id = app_partner_id() and retracts is null
         and outcome not in ('no_conflict', 'send_to_conflict')
         and effective_at <= coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now())
         and not decision_was_retracted(id)));
