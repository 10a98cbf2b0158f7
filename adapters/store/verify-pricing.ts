import type { RecordCheck } from './record-check.ts';

/* What must hold of special prices and their agreements at any moment, each one query. */

/** The checks of special pricing; `lateMs` is the latest instant at which what is due should have been done. */
export const pricingChecks = (lateMs: number): RecordCheck[] => [
  {
    invariant: 'I1',
    name: 'a request or agreement on a special price stands where its last event and its case state say',
    count: `select (select count(*) from special_price_request) + (select count(*) from pricing_agreement) as n`,
    failures: `with c as (select id, seq, status, case_state from special_price_request
                          union all select id, seq, status, case_state from pricing_agreement)
               select c.id as subject, c.id || ' is at ' || c.seq || ' ' || c.status || ', its events end at ' || coalesce(m.seq::text, 'none')
                      || ', its case state is at ' || coalesce(c.case_state ->> 'seq', 'none') || ' ' || coalesce(c.case_state ->> 'status', 'none') as detail
                 from c left join (select case_id, max(seq) as seq from process_event group by case_id) m on m.case_id = c.id
                where coalesce(m.seq, 0) <> c.seq or (c.case_state ->> 'seq')::int is distinct from c.seq or c.case_state ->> 'status' is distinct from c.status`,
    before: null,
  },
  {
    invariant: 'I9',
    name: 'open pricing tasks are those that their requests wait for, both ways',
    count: `select count(*) as n from task where case_kind = 'special-pricing' and status in ('open', 'paused')`,
    failures: `with waited as (
                 select s.id as case_id, w ->> 'id' as task_id from special_price_request s, jsonb_array_elements(s.case_state -> 'tasks') w)
               select t.id as subject, 'task ' || t.id || ' is ' || t.status || ' and ' || t.case_id || ' does not wait for it' as detail
                 from task t where t.case_kind = 'special-pricing' and t.status in ('open', 'paused')
                  and not exists (select from waited w where w.task_id = t.id)
               union all
               select w.task_id, w.case_id || ' waits for task ' || w.task_id || ', which is ' || coalesce(t.status, 'not there')
                 from waited w left join task t on t.id = w.task_id where t.id is null or t.status not in ('open', 'paused')`,
    before: null,
  },
  {
    invariant: 'I9',
    name: 'a request that waits for the vendor has somebody who is asked',
    count: `select count(*) as n from special_price_request where status = 'pending_approval'`,
    failures: `select s.id as subject, s.id || ' is pending, and no task of it is open' as detail from special_price_request s
                where s.status in ('submitted', 'pending_approval') and jsonb_array_length(s.case_state -> 'pending') = 0
                  and (s.case_state -> 'last' ->> 'atMs')::numeric < extract(epoch from $1::timestamptz) * 1000
                  and not exists (select from task t where t.case_id = s.id and t.status in ('open', 'paused'))`,
    before: lateMs,
  },
  {
    invariant: 'I8',
    name: 'decisions on special prices whose undo window is over are in effect',
    count: `select count(*) as n from special_price_request where jsonb_array_length(case_state -> 'pending') > 0`,
    failures: `select s.id || ':' || (p ->> 'decisionId') as subject, 'decision ' || (p ->> 'decisionId') || ' of ' || s.id || ' is not in effect' as detail
                 from special_price_request s, jsonb_array_elements(s.case_state -> 'pending') p
                where (p ->> 'effectiveAtMs')::numeric < extract(epoch from $1::timestamptz) * 1000`,
    before: lateMs,
  },
  {
    invariant: 'pricing',
    name: 'an approved request has its agreement, and only such a one has',
    count: `select count(*) as n from special_price_request where status = 'approved'`,
    failures: `select s.id as subject, s.id || ' is approved, and no version of an agreement came of it' as detail
                 from special_price_request s where s.status = 'approved'
                  and not exists (select from pricing_agreement_version v where v.request_id = s.id and v.agreement_id = s.agreement_id)
               union all
               select v.request_id, v.agreement_id || ' has a version from ' || v.request_id || ', which is ' || s.status
                 from pricing_agreement_version v join special_price_request s on s.id = v.request_id where s.status <> 'approved'`,
    before: null,
  },
  {
    invariant: 'pricing',
    name: 'the lines of a round add up to what it comes to',
    count: `select count(*) as n from special_price_terms`,
    failures: `select t.request_id || ':' || t.round as subject, 'round ' || t.round || ' of ' || t.request_id || ' comes to ' || t.net_minor
                      || ', its lines to ' || coalesce(sum(l.net_minor), 0) as detail
                 from special_price_terms t left join special_price_line l using (request_id, round)
                group by t.request_id, t.round, t.net_minor, t.standard_minor, t.list_minor, t.lump_minor
               having coalesce(sum(l.net_minor), 0) <> t.net_minor or coalesce(sum(l.lump_minor), 0) <> t.lump_minor
                   or coalesce(sum(l.standard_unit_minor * l.quantity), 0) <> t.standard_minor
                   or coalesce(sum(l.list_unit_minor * l.quantity), 0) <> t.list_minor`,
    before: null,
  },
  {
    invariant: 'pricing',
    name: 'a request shows the round that is asked',
    count: `select count(*) as n from special_price_request`,
    failures: `select s.id as subject, s.id || ' shows ' || s.net_minor || ' in round ' || s.round || ', which comes to ' || coalesce(t.net_minor::text, 'nothing') as detail
                 from special_price_request s left join special_price_terms t on t.request_id = s.id and t.round = s.round
                where t.net_minor is distinct from s.net_minor or t.terms_hash is distinct from s.material_hash`,
    before: null,
  },
  {
    invariant: 'pricing',
    name: 'an agreement holds no longer than the protection of its registration',
    count: `select count(*) as n from pricing_agreement where status = 'active' and registration_id is not null`,
    failures: `select a.id as subject, a.id || ' is valid until ' || a.valid_until || ', and ' || r.id || ' is ' || r.status || ', protected until '
                      || coalesce(r.protected_until::text, 'nothing') as detail
                 from pricing_agreement a join registration r on r.id = a.registration_id
                where a.status = 'active'
                  and (r.partner_id <> a.partner_id or r.status not in ('approved', 'won')
                       or (r.status = 'approved' and a.valid_until > coalesce(r.protected_until, '-infinity')))
                  and not exists (select from outbound o where o.channel = 'signal' and o.target = 'pricing-agreement:' || a.id and o.delivered_at is null)`,
    before: null,
  },
  {
    invariant: 'pricing',
    name: 'nobody agreed to his own request, or for two roles of a round',
    count: `select count(*) as n from special_price_approval`,
    failures: `select a.decision_id as subject, a.actor_id || ' agreed to ' || a.request_id || ', which he asked for' as detail
                 from special_price_approval a join special_price_request s on s.id = a.request_id
                where s.submitted_by in (a.actor_id, coalesce(a.acting_for, ''))
               union all
               select min(a.decision_id), a.actor_id || ' agreed ' || count(*) || ' times to round ' || a.round || ' of ' || a.request_id
                 from special_price_approval a group by a.request_id, a.round, a.actor_id having count(*) > 1`,
    before: null,
  },
];
