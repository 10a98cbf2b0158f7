import type { RecordCheck } from './record-check.ts';

/** What `verify` asks of the books and of claims. `waitsSinceMs`: a claim that came before it should be judged. */
export const claimChecks = (waitsSinceMs: number): RecordCheck[] => [
  {
    invariant: 'ledger',
    name: 'every transaction of the ledger sums to zero in each currency',
    count: `select count(*) as n from ledger_transaction`,
    failures: `select t.id as subject, 'transaction ' || t.key || ' has ' || coalesce(p.sum || ' ' || p.currency || ' too many', 'no postings') as detail
                 from ledger_transaction t
                 left join (select transaction_id, currency, sum(amount_minor) as sum from ledger_posting group by 1, 2) p on p.transaction_id = t.id
                where p.transaction_id is null or p.sum <> 0`,
    before: null,
  },
  {
    invariant: 'ledger',
    name: 'what is owed is what the books credit the partner with',
    count: `select count(*) as n from obligation`,
    failures: `with booked as (
                 select k.subject_id as partner_id, p.currency, -sum(p.amount_minor) as booked
                   from ledger_posting p join ledger_account k on k.id = p.account_id where k.kind = 'partner_payable' group by 1, 2),
               owed as (select partner_id, currency, sum(amount_minor) as owed from obligation group by 1, 2)
               select coalesce(b.partner_id, o.partner_id) || ' ' || coalesce(b.currency, o.currency) as subject,
                      coalesce(b.partner_id, o.partner_id) || ' is owed ' || coalesce(o.owed, 0) || ' and credited with ' || coalesce(b.booked, 0) as detail
                 from booked b full join owed o on o.partner_id = b.partner_id and o.currency = b.currency
                where coalesce(b.booked, 0) <> coalesce(o.owed, 0)`,
    before: null,
  },
  {
    invariant: 'ledger',
    name: 'no agreement is expected to cost less than nothing',
    count: `select count(*) as n from ledger_account where kind = 'support_accrued'`,
    failures: `select k.subject_id as subject, k.subject_id || ' expects ' || -sum(p.amount_minor) || ' ' || k.currency as detail
                 from ledger_account k join ledger_posting p on p.account_id = k.id where k.kind = 'support_accrued'
                group by k.id having sum(p.amount_minor) > 0`,
    before: null,
  },
  {
    invariant: 'claims',
    name: 'what is drawn under a cap is what its lines were granted',
    count: `select count(*) as n from agreement_draw`,
    failures: `select d.agreement_id || ' ' || d.sku as subject, d.agreement_id || ' has ' || d.drawn || ' units of ' || d.sku || ' drawn and '
                      || coalesce(g.units, 0) || ' granted' as detail
                 from agreement_draw d
                 left join (select v.agreement_id, l.sku, sum(v.units) as units from claim_verdict v join claim_line l using (claim_id, row_no)
                             where v.units <> 0 group by 1, 2) g on g.agreement_id = d.agreement_id and g.sku = d.sku
                where d.drawn <> coalesce(g.units, 0)`,
    before: null,
  },
  {
    invariant: 'claims',
    name: 'every line of a judged claim has its verdict, and a claim comes to the sum of them',
    count: `select count(*) as n from claim where status = 'judged'`,
    failures: `select c.id as subject, c.id || ' counts ' || c.lines_granted + c.lines_cut + c.lines_refused || ' lines and has ' || l.lines || ' with '
                      || v.verdicts || ' verdicts; it is settled for ' || s.amount || ' and its verdicts come to ' || v.amount as detail
                 from claim c
                 cross join lateral (select count(*) as lines from claim_line where claim_id = c.id) l
                 cross join lateral (select count(*) filter (where seq = 1) as verdicts, coalesce(sum(amount_minor), 0) as amount from claim_verdict where claim_id = c.id) v
                 cross join lateral (select coalesce(sum(amount_minor), 0) as amount from claim_settlement where claim_id = c.id) s
                where c.status = 'judged' and (c.lines_granted + c.lines_cut + c.lines_refused <> l.lines or l.lines <> v.verdicts or s.amount <> v.amount)`,
    before: null,
  },
  {
    invariant: 'claims',
    name: 'no claim stays unjudged',
    count: `select count(*) as n from claim where status = 'received'`,
    failures: `select id as subject, 'claim ' || id || case when parked_at is null then ' waits since ' || received_at else ' is set aside' end
                      || coalesce(': ' || last_error, '') as detail
                 from claim where status = 'received' and (parked_at is not null or received_at < $1)`,
    before: waitsSinceMs,
  },
];
