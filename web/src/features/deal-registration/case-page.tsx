import { getRouteApi } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import type { ClockView, Registration } from '../../../../api/contract/deal-registrations.ts';
import { describeClockEvent, hoursOf } from '../../../../domain/words/clocks.ts';
import { clockName, fieldName } from '../../../../domain/words/en.ts';
import { formatInstant, listWords } from '../../../../domain/words/reader.ts';
import { CaseHead, DecidingFacts, Details, WhySection } from '../../components/case-facts.tsx';
import { DecisionPanel } from '../../components/decision-panel.tsx';
import { Evidence } from '../../components/evidence.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { ProtectionBar } from '../../components/protection-bar.tsx';
import { CaseTimeline, SinceYouLooked } from '../../components/timeline.tsx';
import { useUndo } from '../../components/undo-bar.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { addressOf } from '../../lib/api.ts';
import { useRead } from '../../lib/queries.ts';
import { useMay, useReader, useSession } from '../../lib/session.ts';
import { CaseVerbs } from './case-verbs.tsx';

const route = getRouteApi('/deal-registrations/$id');

/** One registration, whole: head, question, timeline, why, details. */
export function CasePage(): ReactNode {
  const { id } = route.useParams();
  const may = useMay();
  const read = useRead('GET /api/deal-registrations/:id', { params: { id } });
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
      <CaseHead registration={one} level={1} verbs={<CaseVerbs registration={one} />} />
      <InformationAsked registration={one} />
      <SinceYouLooked caseId={one.id} />
      <Question registration={one} onFresh={() => void read.refetch()} />
      {one.protectedFrom !== null && one.protectedUntil !== null && (
        <ProtectionBar
          from={one.protectedFrom}
          until={one.protectedUntil}
          extensions={one.extensions}
          benefitPpm={one.benefitPpm}
          leftOut={one.leftOut}
          atRiskSince={one.atRiskSince}
        />
      )}
      <Section title="The deal">
        <DecidingFacts registration={one} />
      </Section>
      <Evidence registration={one} />
      <CaseTimeline caseId={one.id} />
      <WhySection registration={one} />
      <Clocks caseId={one.id} />
      <Details registration={one} />
      {may('audit.read') && (
        <p>
          <a
            href={addressOf('GET /api/deal-registrations/:id/evidence-pack', { params: { id: one.id } })}
            download
          >
            Evidence pack of this case (ZIP)
          </a>
        </p>
      )}
    </div>
  );
}

/** What was asked of the partner and is still open. */
function InformationAsked({ registration }: { registration: Registration }): ReactNode {
  const { side } = useSession();
  const asked = registration.informationRequest;
  if (asked === null) return null;
  const fields = listWords(asked.fields.map((field) => fieldName(field).toLowerCase()));
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice tone="dueSoon">
        <strong>{side === 'partner' ? 'We need something from you' : 'The partner was asked'}</strong>, to be
        answered by <ExactInstant at={asked.answerBy} />: “{asked.words}”
        {fields !== '' && <div className="quiet">To be corrected: {fields}.</div>}
      </Notice>
    </div>
  );
}

/** The open task of the case, for those who may see tasks. */
function Question({ registration, onFresh }: { registration: Registration; onFresh: () => void }): ReactNode {
  const may = useMay();
  const { offer: offerUndo } = useUndo();
  const id = registration.openTaskId;
  const task = useRead(
    'GET /api/tasks/:id',
    { params: { id: id ?? '' } },
    { enabled: id !== null && may('task.read') },
  );
  if (id === null || !may('task.read')) return null;
  if (task.data === undefined)
    return <ProblemNotice error={task.error} onRetry={() => void task.refetch()} />;
  const fresh = (): void => {
    void task.refetch();
    onFresh();
  };
  return (
    <DecisionPanel
      key={task.data.id}
      task={task.data}
      registration={registration}
      onFresh={fresh}
      onDecided={(decided) => {
        offerUndo(decided, registration.customerName);
        fresh();
      }}
    />
  );
}

/** Every clock of the case, so that it can be proven afterwards. */
function Clocks({ caseId }: { caseId: string }): ReactNode {
  const clocks = useRead('GET /api/deal-registrations/:id/clock', { params: { id: caseId } });
  const items = clocks.data?.items ?? [];
  return (
    <details className="surface section fold">
      <summary>Clocks{items.length > 0 && ` (${items.length})`}</summary>
      <div className="stack" style={{ marginTop: 10 }}>
        <ProblemNotice error={clocks.error} onRetry={() => void clocks.refetch()} />
        {clocks.data !== undefined && items.length === 0 && (
          <span className="quiet">No clock has been started.</span>
        )}
        {items.map((clock) => (
          <Clock key={clock.id} clock={clock} />
        ))}
        {items.length > 0 && (
          <a
            href={addressOf('GET /api/deal-registrations/:id/clock.csv', { params: { id: caseId } })}
            download
          >
            Export as proof (CSV)
          </a>
        )}
      </div>
    </details>
  );
}

function Clock({ clock }: { clock: ClockView }): ReactNode {
  const reader = useReader();
  const started = clock.events.find(({ kind }) => kind === 'started');
  const hours = hoursOf({ calendar: clock.calendar, ...started?.facts });
  return (
    <div>
      <div className="between">
        <strong>{clockName(clock.kind)}</strong>
        <span className="quiet">
          {clock.phase}
          {hours !== null && `, ${hours}`}
          {clock.dueAt !== null && `, due ${formatInstant(clock.dueAt, reader)}`}
          {clock.breachedAt !== null && `, breached ${formatInstant(clock.breachedAt, reader)}`}
          {clock.ranOutAt !== null && `, ran out ${formatInstant(clock.ranOutAt, reader)}`}
        </span>
      </div>
      <ol className="sentences" style={{ listStyle: 'none', paddingLeft: 0 }}>
        {clock.events.map((event) => (
          <li key={event.n} className="between">
            <span>
              {describeClockEvent({ kind: event.kind, facts: { ...event.facts, clock: clock.kind } }, reader)}
            </span>
            <span className="quiet">{formatInstant(event.at, reader)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
