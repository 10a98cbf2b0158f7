-- Whose eyes a transaction looks with is the same for every row of a query. Asked through a sub-select it is asked once,
-- and the planner no longer takes the answer for a rare value, which cost it the inbox's index.
alter policy own_partner on partner using ((select app_is_vendor()) or id = (select app_partner_id()));
alter policy own_people on person using ((select app_is_vendor()) or partner_id = (select app_partner_id()));
alter policy own_accounts on account using ((select app_is_vendor()) or entered_by_partner_id = (select app_partner_id()));
alter policy vendor_tasks on task using ((select app_is_vendor()));
alter policy own_events on process_event
  using ((select app_is_vendor()) or (partner_id = (select app_partner_id()) and audience = 'everyone'));
alter policy own_clocks on sla_clock using ((select app_is_vendor()) or partner_id = (select app_partner_id()));
alter policy own_clock_events on sla_clock_event using ((select app_is_vendor()) or partner_id = (select app_partner_id()));
alter policy own_registrations on registration using ((select app_is_vendor()) or partner_id = (select app_partner_id()));
alter policy own_lines on registration_line using ((select app_is_vendor()) or partner_id = (select app_partner_id()));
alter policy vendor_matches on registration_match using ((select app_is_vendor()));
