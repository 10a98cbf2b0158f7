import type { ReactNode } from 'react';
import type { Registration } from '../../../api/contract/deal-registrations.ts';
import {
  activityWords,
  closureWords,
  nextStep,
  outcomeDone,
  rfpWords,
  sentence,
  sourceWords,
  stageWords,
  typeWords,
  inWords,
  lookUp,
  waitingForWords,
} from '../../../domain/words/en.ts';
import { describeWhy, findingCodes } from '../../../domain/words/findings.ts';
import { countWords, formatPpm, listWords } from '../../../domain/words/reader.ts';
import { addressOf } from '../lib/api.ts';
import { useNowMs } from '../lib/now.ts';
import { useReader, useSession } from '../lib/session.ts';
import { DueBadge, StatusBadge } from './badges.tsx';
import { Notice } from './notices.tsx';
import { Section } from './page.tsx';
import { Day, ExactInstant, FactList, Instant, Money } from './values.tsx';

/** Name in business words, state, due, amount, whom it waits for. The verbs stand below it. */
export function CaseHead(props: { registration: Registration; level: 1 | 2; verbs?: ReactNode }): ReactNode {
  const { registration: one, level, verbs } = props;
  const { side } = useSession();
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <header className="case-head">
      <div className="case-title">
        <Heading>
          {one.customerName}: {one.opportunityName}
        </Heading>
        <span className="case-amount">
          <Money amount={one.value} />
        </span>
      </div>
      <div className="meta">
        <StatusBadge status={one.status} />
        {one.closureCode !== null && <span>{closureWords[one.closureCode]}</span>}
        <DueBadge due={one.due} long />
        <span className="numbers">{one.reference}</span>
        {side === 'vendor' && <span>{one.partnerName}</span>}
        <span>{waitsFor(one, side)}</span>
        <NextStepAt one={one} />
      </div>
      {verbs !== undefined && <div className="verbs">{verbs}</div>}
    </header>
  );
}

function waitsFor(one: Registration, side: 'vendor' | 'partner'): string {
  if (one.waitingFor === 'nobody') return 'Waits for nobody';
  if (one.waitingFor === side)
    return side === 'partner' ? 'Waits for you' : `Waits for ${inWords(one.queue ?? 'the vendor')}`;
  return `Waits for ${waitingForWords[one.waitingFor]}`;
}

/** What comes next in a case of any kind. */
interface Upcoming {
  readonly nextStep: string | null;
  readonly nextAt: string | null;
  readonly protectedUntil?: string | null;
}

/** What happens next, and when. */
export function NextStepAt({ one }: { one: Upcoming }): ReactNode {
  const { side } = useSession();
  const nowMs = useNowMs();
  if (one.nextStep === null) return null;
  const at = nextTimeOf(one);
  return (
    <span>
      {nextStep(one.nextStep, side, at !== null && Date.parse(at) < nowMs)}
      {at !== null && (
        <>
          {' '}
          <Instant at={at} />
        </>
      )}
    </span>
  );
}

/** When the next step is: the end of a protection is its own, whatever clock runs out before it. */
function nextTimeOf(head: Upcoming): string | null {
  return head.nextStep === 'protection_ends' ? (head.protectedUntil ?? head.nextAt) : head.nextAt;
}

/** The three to seven facts that decide it. */
export function DecidingFacts({ registration: one }: { registration: Registration }): ReactNode {
  const { details } = one;
  return (
    <FactList
      facts={[
        { label: 'Customer', value: `${one.customerName}, ${one.customerCountry}` },
        { label: 'Value', value: <Money amount={one.value} /> },
        { label: 'Type', value: typeWords[one.type] },
        {
          label: 'Products',
          value: details.lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', '),
        },
        { label: 'Expected close', value: <Day at={one.expectedClose} /> },
        {
          label: 'Extensions',
          value:
            one.protectedUntil === null
              ? null
              : one.extensions === 0
                ? 'None granted so far'
                : `${countWords(one.extensions, 'extension')} granted`,
        },
        {
          label: 'Stage',
          value: `${stageWords[details.stage]}, ${rfpWords[details.rfp.status].toLowerCase()}`,
        },
        {
          label: 'Sales activity',
          value:
            details.salesActivities.length === 0
              ? 'None reported'
              : sentence(
                  listWords(details.salesActivities.map((activity) => activityWords[activity].toLowerCase())),
                ),
        },
      ]}
    />
  );
}

/** Rule and policy version in sentences, and each decision with its reason. */
export function WhySection({ registration: one }: { registration: Registration }): ReactNode {
  const reader = useReader();
  return (
    <Section title="Why" aside={<span className="quiet">Policy version {one.policyVersion}</span>}>
      {one.why.length === 0 && one.decisions.length === 0 && (
        <p className="quiet" style={{ margin: 0 }}>
          Nothing has been decided yet.
        </p>
      )}
      <ul className="sentences">
        {one.why.map((entry) => (
          <li key={`${entry.rule} ${entry.outcome} ${JSON.stringify(entry.facts)}`}>
            {describeWhy(entry, reader)}
          </li>
        ))}
        {one.decisions.map((decision) => (
          <li key={decision.id}>
            {decision.retracted && 'Taken back: '}
            <strong>{outcomeDone(decision.outcome)}</strong>
            {decision.by !== null && ` by ${decision.by}`}
            {decision.actingFor !== null && `, acting for ${decision.actingFor}`}
            {decision.reasonCode !== null &&
              ` (${(lookUp(closureWords, decision.reasonCode) ?? inWords(decision.reasonCode)).toLowerCase()})`}
            , <ExactInstant at={decision.decidedAt} />, under policy version {decision.policyVersion}.
            {decision.words !== '' && ` “${decision.words}”`}
            {decision.privateNote !== null && decision.privateNote !== '' && (
              <span className="quiet"> Private: “{decision.privateNote}”</span>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The conditions of the program that are not met, or not known to be: what whoever decides has to weigh. */
export function StandsAgainst({ registration: one }: { registration: Registration }): ReactNode {
  const reader = useReader();
  const against = one.why.filter(({ rule }) => findingCodes.some((code) => code === rule));
  if (against.length === 0) return null;
  return (
    <div style={{ marginTop: 10 }}>
      <Notice tone="dueSoon">
        This stands against it:
        <ul className="sentences">
          {against.map((entry) => (
            <li key={`${entry.rule} ${JSON.stringify(entry.facts)}`}>{describeWhy(entry, reader)}</li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}

/** Everything else, folded. */
export function Details({ registration: one }: { registration: Registration }): ReactNode {
  const reader = useReader();
  const { details } = one;
  const { customer } = details;
  const address = [customer.street, [customer.postalCode, customer.city].filter(Boolean).join(' ')].filter(
    Boolean,
  );
  return (
    <details className="surface section fold">
      <summary>Details</summary>
      <div style={{ marginTop: 10 }}>
        <FactList
          facts={[
            { label: 'Reference', value: one.reference },
            { label: 'Program', value: one.programName },
            { label: 'Registered by', value: `${one.submittedByName}, ${one.partnerName}` },
            { label: 'Registered', value: <ExactInstant at={one.submittedAt} /> },
            {
              label: 'Answer promised by',
              value: one.answerBy === null ? null : <ExactInstant at={one.answerBy} />,
            },
            { label: 'Source', value: sourceWords[details.source] },
            { label: 'Web domain', value: customer.webDomain },
            { label: 'Address', value: address.join(', ') },
            { label: 'Industry', value: customer.industry },
            { label: 'Phone', value: customer.phone },
            {
              label: 'Tax id',
              value: customer.taxIdLast2 === null ? null : `ends in ${customer.taxIdLast2}`,
            },
            {
              label: 'Contacts',
              value: customer.contacts
                .map(({ name, role, email }) =>
                  [name, role, email].filter((part) => part !== null).join(', '),
                )
                .join('; '),
            },
            { label: 'Competitors', value: details.competitors.join(', ') },
            { label: 'Incumbent reseller', value: details.incumbentReseller },
            { label: 'Distributor', value: details.distributor },
            {
              label: 'Requested discount',
              value:
                details.requestedDiscountPpm === null
                  ? null
                  : formatPpm(details.requestedDiscountPpm, reader),
            },
            { label: 'Vendor representative', value: details.vendorRep },
            { label: 'Tender date', value: details.rfp.date === null ? null : <Day at={details.rfp.date} /> },
            { label: 'What was done so far', value: details.activitySummary },
            {
              label: "The customer's written choice",
              value:
                details.customersChoice === null || details.customersChoice === undefined
                  ? null
                  : `File ${details.evidenceIds.indexOf(details.customersChoice) + 1} of the evidence`,
            },
            {
              label: 'Evidence',
              value:
                details.evidenceIds.length === 0
                  ? null
                  : details.evidenceIds.map((id, index) => (
                      <a key={id} href={addressOf('GET /api/evidence/:id', { params: { id } })} download>
                        File {index + 1}{' '}
                      </a>
                    )),
            },
          ]}
        />
      </div>
    </details>
  );
}
