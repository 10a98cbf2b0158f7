import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment, useState, type ReactNode } from 'react';
import type { Registration } from '../../../../api/contract/deal-registrations.ts';
import type { SpecialPriceDetail } from '../../../../api/contract/special-prices.ts';
import type { Decided, TaskDetail } from '../../../../api/contract/tasks.ts';
import type { TaskOutcome } from '../../../../domain/deal-registration/task-outcomes.ts';
import {
  closureWords,
  inWords,
  lookUp,
  outcomeDone,
  outcomeWords,
  placeWords,
} from '../../../../domain/words/en.ts';
import { priceClosureWords } from '../../../../domain/words/special-pricing.ts';
import { CaseHead, DecidingFacts, Details, StandsAgainst, WhySection } from '../../components/case-facts.tsx';
import { DecisionPanel, keyOf } from '../../components/decision-panel.tsx';
import { Evidence } from '../../components/evidence.tsx';
import { LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { usePriceAnswers } from '../../components/price-answers.tsx';
import {
  EarlierRequests,
  PriceDecisions,
  PriceDetails,
  PriceFacts,
  PriceHead,
  PriceSection,
  WhoIsAsked,
} from '../../components/price-case.tsx';
import { PriceCorridor } from '../../components/price-corridor.tsx';
import { useRegistrationAnswers } from '../../components/registration-answers.tsx';
import { CaseTimeline, EventTimeline, SinceYouLooked } from '../../components/timeline.tsx';
import { Day } from '../../components/values.tsx';
import { jointRivalsOf } from '../../lib/joint-rivals.ts';
import { useRead } from '../../lib/queries.ts';
import { isNarrow } from '../../lib/width.ts';
import { TaskVerbs } from './task-verbs.tsx';

interface CaseProps {
  readonly taskId: string;
  /** False while several are chosen: the keys of the answers are for all of them then. */
  readonly keys: boolean;
  readonly onDecided: (decided: Decided) => void;
}

/** One task with its case: the question first, then what decides it, then everything else. */
export function InboxCase(props: CaseProps): ReactNode {
  const task = useRead('GET /api/tasks/:id', { params: { id: props.taskId } });
  const refetch = (): void => void task.refetch();
  if (task.data === undefined) return <NotYet reads={[task]} onRetry={refetch} />;
  const shown = { ...props, task: task.data, onFresh: refetch };
  return task.data.caseKind === 'special-pricing' ? (
    <PriceTask {...shown} />
  ) : (
    <RegistrationTask {...shown} />
  );
}

function NotYet(props: {
  reads: readonly { error: unknown; isPending: boolean }[];
  onRetry: () => void;
}): ReactNode {
  const { reads, onRetry } = props;
  return (
    <>
      <ProblemNotice error={reads.find(({ error }) => error !== null)?.error ?? null} onRetry={onRetry} />
      {reads.some(({ isPending }) => isPending) && <LoadingRows rows={9} height={28} />}
    </>
  );
}

type TaskProps = CaseProps & { readonly task: TaskDetail; readonly onFresh: () => void };

function RegistrationTask(props: TaskProps): ReactNode {
  const { task } = props;
  const rivals = jointRivalsOf(task);
  const [lookingAt, setLookingAt] = useState<string | null>(null);
  // A joint task is about several registrations; one of them is shown, the first of the ranking to begin with.
  const shown = rivals.find(({ registrationId }) => registrationId === lookingAt) ?? rivals[0];
  const caseId = shown?.registrationId ?? task.caseId;
  const read = useRead('GET /api/deal-registrations/:id', { params: { id: caseId } });
  const fresh = (): void => {
    props.onFresh();
    void read.refetch();
  };
  const registration = read.data;
  if (registration === undefined) return <NotYet reads={[read]} onRetry={fresh} />;
  return (
    <article aria-label={task.subject}>
      <CaseHead registration={registration} level={isNarrow() ? 1 : 2} verbs={<TaskVerbs task={task} />} />
      {rivals.length > 1 && (
        <div className="rivals" role="group" aria-label="The rivals">
          {rivals.map((rival) => (
            <Fragment key={rival.registrationId}>
              <Button
                variant={rival.registrationId === caseId ? 'filled' : 'default'}
                aria-pressed={rival.registrationId === caseId}
                onClick={() => setLookingAt(rival.registrationId)}
              >
                {rival.reference}
              </Button>
              <span className="wrap">
                {rival.customerName}: {placeWords(rival.behindBy)}
              </span>
            </Fragment>
          ))}
        </div>
      )}
      <SinceYouLooked caseId={caseId} />
      <RegistrationQuestion {...props} registration={registration} onFresh={fresh} />
      <Section title="What decides it" aside={<WholeCase to="/deal-registrations/$id" id={caseId} />}>
        <DecidingFacts registration={registration} />
        <StandsAgainst registration={registration} />
      </Section>
      <Evidence registration={registration} />
      <Similar task={task} to="/deal-registrations/$id" />
      <CaseTimeline caseId={caseId} />
      <WhySection registration={registration} />
      <Details registration={registration} />
      <Thumbs task={task} />
    </article>
  );
}

function RegistrationQuestion(props: TaskProps & { registration: Registration }): ReactNode {
  const { task, registration, keys, onDecided, onFresh } = props;
  const answers = useRegistrationAnswers(task, registration);
  return <DecisionPanel {...{ task, answers, keys, onDecided, onFresh }} />;
}

/** A special price on one page: the question, the price, who else is asked, others like it, the customer before. */
function PriceTask(props: TaskProps): ReactNode {
  const { task } = props;
  const read = useRead('GET /api/special-prices/:id', { params: { id: task.caseId } });
  const fresh = (): void => {
    props.onFresh();
    void read.refetch();
  };
  const request = read.data;
  if (request === undefined) return <NotYet reads={[read]} onRetry={fresh} />;
  return (
    <article aria-label={task.subject}>
      <PriceHead request={request} level={isNarrow() ? 1 : 2} verbs={<TaskVerbs task={task} />} />
      <PriceQuestion {...props} request={request} onFresh={fresh} />
      <Section title="What decides it" aside={<WholeCase to="/special-prices/$id" id={request.id} />}>
        <PriceFacts request={request} />
      </Section>
      <PriceSection request={request} dense />
      <WhoIsAsked request={request} />
      <PriceCorridor request={request} />
      <EarlierRequests request={request} />
      <PriceDecisions request={request} />
      <Similar task={task} to="/special-prices/$id" />
      <EventTimeline route="GET /api/special-prices/:id/events" id={request.id} />
      <PriceDetails request={request} />
      <Thumbs task={task} />
    </article>
  );
}

function PriceQuestion(props: TaskProps & { request: SpecialPriceDetail }): ReactNode {
  const { task, request, keys, onDecided, onFresh } = props;
  const answers = usePriceAnswers(task, request);
  return <DecisionPanel {...{ task, answers, keys, onDecided, onFresh }} />;
}

type CasePath = '/deal-registrations/$id' | '/special-prices/$id';

function WholeCase({ to, id }: { to: CasePath; id: string }): ReactNode {
  return (
    <Link to={to} params={{ id }} style={{ fontSize: 12 }}>
      Open the whole case
    </Link>
  );
}

function Similar({ task, to }: { task: TaskDetail; to: CasePath }): ReactNode {
  if (task.similar.length === 0) return null;
  return (
    <Section title="Similar cases">
      <ul className="sentences">
        {task.similar.map((one) => (
          <li key={one.caseId}>
            <Link to={to} params={{ id: one.caseId }}>
              {one.reference}
            </Link>
            : {outcomeDone(one.outcome).toLowerCase()}
            {one.reasonCode !== null &&
              ` (${(lookUp(closureWords, one.reasonCode) ?? lookUp(priceClosureWords, one.reasonCode) ?? inWords(one.reasonCode)).toLowerCase()})`}
            , <Day at={one.decidedAt} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** On a phone: the two answers under the thumbs. They open the same form as the buttons above. */
function Thumbs({ task }: { task: TaskDetail }): ReactNode {
  if (!task.mayDecide) return null;
  const two = (['a', 'd'] as const)
    .map((key) => task.outcomes.find((outcome) => keyOf(outcome) === key))
    .filter((outcome): outcome is TaskOutcome => outcome !== undefined);
  const press = (outcome: TaskOutcome): void => {
    document.querySelector<HTMLButtonElement>(`button[data-outcome="${outcome}"]`)?.click();
  };
  return (
    <div className="thumbs" role="group" aria-label="Decide">
      {two.map((outcome) => (
        <Button
          key={outcome}
          size="md"
          variant={keyOf(outcome) === 'a' ? 'filled' : 'default'}
          disabled={keyOf(outcome) === 'a' && task.unjudged > 0}
          onClick={() => press(outcome)}
        >
          {outcomeWords[outcome].verb}
        </Button>
      ))}
    </div>
  );
}
