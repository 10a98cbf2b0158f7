import { Button, Modal, Table, TextInput } from '@mantine/core';
import { Link, getRouteApi } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import type { PricingAgreementDetail } from '../../../../api/contract/special-prices.ts';
import { whyNot } from '../../../../domain/words/en.ts';
import {
  agreementEndWords,
  priceKindMeaning,
  versionKindWords,
} from '../../../../domain/words/special-pricing.ts';
import { formatMoney } from '../../../../domain/words/reader.ts';
import { AgreementStatusBadge, DueBadge } from '../../components/badges.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { TimeBar } from '../../components/time-bar.tsx';
import { EventTimeline } from '../../components/timeline.tsx';
import { Day, FactList } from '../../components/values.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { WriteForm } from '../../components/write-form.tsx';
import type { ReadKey } from '../../lib/api.ts';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';
import { isNarrow } from '../../lib/width.ts';
import { dayAfter } from './price-form-values.ts';

const route = getRouteApi('/special-prices/agreements/$id');

const refresh: readonly ReadKey[] = [
  'GET /api/pricing-agreements',
  'GET /api/pricing-agreements/:id',
  'GET /api/pricing-agreements/:id/events',
];

/** One agreement: until when it holds, at which prices, and how much of each cap is left. */
export function AgreementPage(): ReactNode {
  const { id } = route.useParams();
  const { side } = useSession();
  const read = useRead('GET /api/pricing-agreements/:id', { params: { id } });
  const one = read.data;
  useEffect(() => {
    if (one !== undefined) document.title = `${one.customerName} · ${one.reference} · Fairlead`;
  }, [one]);
  if (one === undefined) {
    return (
      <div className="page">
        <ProblemNotice error={read.error} onRetry={() => void read.refetch()} />
        {read.isPending && <LoadingRows rows={12} height={26} />}
      </div>
    );
  }
  return (
    <div className="page" style={{ maxWidth: 1080 }}>
      <header className="case-head">
        <div className="case-title">
          <h1>{one.customerName}: price agreement</h1>
          <span className="case-amount">{one.reference}</span>
        </div>
        <div className="meta">
          <AgreementStatusBadge status={one.status} />
          {one.endedCode !== null && <span>{agreementEndWords[one.endedCode]}</span>}
          <DueBadge due={one.due} long />
          <span>Version {one.version}</span>
          {side === 'vendor' && <span>{one.partnerName}</span>}
          {one.distributorName !== null && <span>through {one.distributorName}</span>}
        </div>
        <div className="verbs">
          <AgreementVerbs agreement={one} />
        </div>
      </header>
      <OpenRequests agreement={one} />
      <TimeBar title="Validity" what="Valid" from={one.validFrom} until={one.validUntil} />
      <PricesAndCaps agreement={one} />
      <Section title="The agreement">
        <FactList
          facts={[
            { label: 'Customer', value: one.customerName },
            { label: 'Partner', value: one.partnerName },
            { label: 'Distributor', value: one.distributorName },
            { label: 'Program', value: one.programName },
            {
              label: 'Came of',
              value: (
                <Link to="/special-prices/$id" params={{ id: one.requestId }} className="numbers">
                  {one.requestReference}
                </Link>
              ),
            },
            {
              label: 'Registration',
              value:
                one.registrationId === null ? null : (
                  <Link to="/deal-registrations/$id" params={{ id: one.registrationId }}>
                    Open it
                  </Link>
                ),
            },
            {
              label: 'Can be extended until',
              value: one.latestValidUntil === null ? null : <Day at={one.latestValidUntil} />,
            },
          ]}
        />
      </Section>
      <Versions agreement={one} />
      <EventTimeline route="GET /api/pricing-agreements/:id/events" id={one.id} />
    </div>
  );
}

function OpenRequests({ agreement }: { agreement: PricingAgreementDetail }): ReactNode {
  if (agreement.openRequests.length === 0) return null;
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="waiting">
        A change is asked for and not decided yet:{' '}
        {agreement.openRequests.map(({ id, reference }) => (
          <Link key={id} to="/special-prices/$id" params={{ id }} className="numbers">
            {reference}{' '}
          </Link>
        ))}
      </Notice>
    </div>
  );
}

/** The prices that hold, with how many units of each cap were drawn. */
function PricesAndCaps({ agreement }: { agreement: PricingAgreementDetail }): ReactNode {
  const reader = useReader();
  const latest = agreement.versions.find(({ version }) => version === agreement.version);
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: agreement.currency }, reader);
  const seesCost = latest?.lines.some(({ approvedCostMinor }) => approvedCostMinor !== null) === true;
  const rows = (latest?.lines ?? []).map((line) => ({
    line,
    cap: agreement.caps.find(({ sku }) => sku === line.sku),
  }));
  return (
    <Section title="Prices and caps">
      {isNarrow() ? (
        <ul className="cards flush">
          {rows.map(({ line, cap }) => (
            <li key={line.lineNo}>
              <div className="between" style={{ flexWrap: 'nowrap' }}>
                <span className="wrap">{line.productName}</span>
                <strong className="numbers">{money(line.netUnitMinor)}</strong>
              </div>
              {line.approvedCostMinor !== null && (
                <div className="quiet">Distributor pays {money(line.approvedCostMinor)}</div>
              )}
              {cap !== undefined && <CapBar cap={cap} />}
            </li>
          ))}
        </ul>
      ) : (
        <Table aria-label="Prices and caps">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Product</Table.Th>
              <Table.Th className="money">Price of one</Table.Th>
              {seesCost && <Table.Th className="money">Distributor pays</Table.Th>}
              <Table.Th style={{ width: '40%' }}>Units</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ line, cap }) => (
              <Table.Tr key={line.lineNo}>
                <Table.Td>
                  {line.productName} <span className="quiet">{line.sku}</span>
                </Table.Td>
                <Table.Td className="money">{money(line.netUnitMinor)}</Table.Td>
                {seesCost && (
                  <Table.Td className="money">
                    {line.approvedCostMinor === null ? '–' : money(line.approvedCostMinor)}
                  </Table.Td>
                )}
                <Table.Td>{cap !== undefined && <CapBar cap={cap} />}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

/** How much of a cap was drawn. */
function CapBar({ cap }: { cap: PricingAgreementDetail['caps'][number] }): ReactNode {
  const { locale } = useReader();
  const share = cap.capQuantity === 0 ? 0 : Math.min(cap.drawnQuantity / cap.capQuantity, 1);
  const count = (units: number): string => units.toLocaleString(locale);
  return (
    <div>
      <div className="protection-track" data-over={cap.leftQuantity <= 0} aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </div>
      <div className="quiet numbers">
        {count(cap.drawnQuantity)} of {count(cap.capQuantity)} sold, {count(cap.leftQuantity)} left
      </div>
    </div>
  );
}

/** Every version, latest first, with what it changed. */
function Versions({ agreement }: { agreement: PricingAgreementDetail }): ReactNode {
  const reader = useReader();
  if (agreement.versions.length < 2) return null;
  const money = (amountMinor: number): string =>
    formatMoney({ amountMinor, currency: agreement.currency }, reader);
  return (
    <Section title="Versions">
      <ol className="sentences" style={{ listStyle: 'none', paddingLeft: 0 }}>
        {agreement.versions
          .toSorted((left, right) => right.version - left.version)
          .map((version) => (
            <li key={version.version}>
              <strong>Version {version.version}</strong>: {versionKindWords[version.kind].toLowerCase()}, for
              sales from <Day at={version.appliesFrom} /> until <Day at={version.validUntil} />
              {version.requestId !== null && (
                <>
                  {' '}
                  (
                  <Link to="/special-prices/$id" params={{ id: version.requestId }}>
                    the request
                  </Link>
                  )
                </>
              )}
              <div className="quiet">
                {version.lines.map((line) => `${line.productName} ${money(line.netUnitMinor)}`).join(', ')}
              </div>
            </li>
          ))}
      </ol>
    </Section>
  );
}

/** A partner asks for changes by requests of his own; the vendor extends and ends. */
function AgreementVerbs({ agreement }: { agreement: PricingAgreementDetail }): ReactNode {
  const may = useMay();
  const [open, setOpen] = useState<'extend' | 'end' | null>(null);
  const onClose = (): void => setOpen(null);
  const { id, status } = agreement;
  const mayAsk = may('special_price.request') && status === 'active';
  return (
    <>
      {mayAsk &&
        (['new_version', 'new_period'] as const).map((kind) => (
          <Button
            key={kind}
            renderRoot={(props) => (
              <Link to="/special-prices/new" search={{ agreement: id, kind }} {...props} />
            )}
            variant="default"
            title={priceKindMeaning[kind]}
          >
            {kind === 'new_version' ? 'Ask for a new version' : 'Ask for a new period'}
          </Button>
        ))}
      {agreement.verbs.map((verb) => (
        <VerbButton
          key={verb.name}
          label={verb.name === 'extend' ? 'Extend' : 'End'}
          why={verb.allowed ? null : whyNot(verb.why)}
          onPress={() => setOpen(verb.name)}
        />
      ))}
      {open !== null && (
        <Modal
          opened
          onClose={onClose}
          title={open === 'extend' ? 'Extend the agreement' : 'End the agreement'}
          size="lg"
        >
          {open === 'extend' ? (
            <ExtendForm agreement={agreement} onClose={onClose} />
          ) : (
            <WriteForm
              caseId={id}
              refresh={refresh}
              onClose={onClose}
              route="POST /api/pricing-agreements/:id/end"
              action="End it"
              words="Why? The partner reads it."
              body={(words) => ({ words })}
            >
              <p style={{ margin: 0 }}>
                Sales from now on have no special price. What was sold before keeps it. This cannot be undone.
              </p>
            </WriteForm>
          )}
        </Modal>
      )}
    </>
  );
}

function ExtendForm({
  agreement,
  onClose,
}: {
  agreement: PricingAgreementDetail;
  onClose: () => void;
}): ReactNode {
  const from = new Date(Date.parse(agreement.validUntil) - 1).toISOString().slice(0, 10);
  const [validUntil, setValidUntil] = useState(agreement.latestValidUntil ?? '');
  return (
    <WriteForm
      caseId={agreement.id}
      refresh={refresh}
      onClose={onClose}
      route="POST /api/pricing-agreements/:id/extension"
      action="Extend"
      words="Why? The partner reads it."
      ready={validUntil > from}
      body={(words) => ({ validUntil, words })}
    >
      <TextInput
        type="date"
        label="Valid until"
        required
        min={dayAfter(from, 1)}
        {...(agreement.latestValidUntil === null ? {} : { max: agreement.latestValidUntil })}
        value={validUntil}
        onChange={({ currentTarget: { value } }) => setValidUntil(value)}
      />
    </WriteForm>
  );
}
