import { getRouteApi } from '@tanstack/react-router';
import { useEffect, type ReactNode } from 'react';
import type { Registration } from '../../../../api/contract/deal-registrations.ts';
import type { TaskDetail } from '../../../../api/contract/tasks.ts';
import { fieldName } from '../../../../domain/words/en.ts';
import { listWords } from '../../../../domain/words/reader.ts';
import { CaseHead, DecidingFacts, Details, WhySection } from '../../components/case-facts.tsx';
import { Clocks } from '../../components/clocks.tsx';
import { DecisionPanel } from '../../components/decision-panel.tsx';
import { Evidence } from '../../components/evidence.tsx';
import { LoadingRows, Notice, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { ProtectionBar } from '../../components/protection-bar.tsx';
import { useRegistrationAnswers } from '../../components/registration-answers.tsx';
import { CaseTimeline, SinceYouLooked } from '../../components/timeline.tsx';
import { useUndo } from '../../components/undo-bar.tsx';
import { ExactInstant } from '../../components/values.tsx';
import { addressOf } from '../../lib/api.ts';
import { useRead } from '../../lib/queries.ts';
import { useMay, useSession } from '../../lib/session.ts';
import { CaseVerbs } from './case-verbs.tsx';
import { PricesOfRegistration } from './prices-of-registration.tsx';

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
      <PricesOfRegistration registration={one} />
      <Section title="The deal">
        <DecidingFacts registration={one} />
      </Section>
      <Evidence registration={one} />
      <CaseTimeline caseId={one.id} />
      <WhySection registration={one} />
      <Clocks
        route="GET /api/deal-registrations/:id/clock"
        caseId={one.id}
        proof={addressOf('GET /api/deal-registrations/:id/clock.csv', { params: { id: one.id } })}
      />
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
  const id = registration.openTaskId;
  const task = useRead(
    'GET /api/tasks/:id',
    { params: { id: id ?? '' } },
    { enabled: id !== null && may('task.read') },
  );
  if (id === null || !may('task.read')) return null;
  if (task.data === undefined)
    return <ProblemNotice error={task.error} onRetry={() => void task.refetch()} />;
  return (
    <OpenQuestion
      key={task.data.id}
      task={task.data}
      registration={registration}
      onFresh={() => {
        void task.refetch();
        onFresh();
      }}
    />
  );
}

function OpenQuestion(props: {
  task: TaskDetail;
  registration: Registration;
  onFresh: () => void;
}): ReactNode {
  const { task, registration, onFresh } = props;
  const { offer: offerUndo } = useUndo();
  const answers = useRegistrationAnswers(task, registration);
  return (
    <DecisionPanel
      task={task}
      answers={answers}
      onFresh={onFresh}
      onDecided={(decided) => {
        offerUndo(decided, registration.customerName);
        onFresh();
      }}
    />
  );
}
