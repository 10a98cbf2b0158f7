import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Fragment, useState, type ReactNode } from 'react';
import type { Registration } from '../../../../api/contract/deal-registrations.ts';
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
import { CaseHead, DecidingFacts, Details, StandsAgainst, WhySection } from '../../components/case-facts.tsx';
import { DecisionPanel, keyOf } from '../../components/decision-panel.tsx';
import { Evidence } from '../../components/evidence.tsx';
import { LoadingRows, ProblemNotice } from '../../components/notices.tsx';
import { Section } from '../../components/page.tsx';
import { CaseTimeline, SinceYouLooked } from '../../components/timeline.tsx';
import { Day } from '../../components/values.tsx';
import { jointRivalsOf } from '../../lib/joint-rivals.ts';
import { useRead } from '../../lib/queries.ts';
import { isNarrow } from '../../lib/width.ts';
import { TaskVerbs } from './task-verbs.tsx';

/** One task with its case: the question first, then what decides it, then everything else. */
export function InboxCase(props: {
  taskId: string;
  /** False while several are chosen: the keys of the answers are for all of them then. */
  keys: boolean;
  onDecided: (decided: Decided) => void;
}): ReactNode {
  const task = useRead('GET /api/tasks/:id', { params: { id: props.taskId } });
  const rivals = task.data === undefined ? [] : jointRivalsOf(task.data);
  const [lookingAt, setLookingAt] = useState<string | null>(null);
  // A joint task is about several registrations; one of them is shown, the first of the ranking to begin with.
  const shown = rivals.find(({ registrationId }) => registrationId === lookingAt) ?? rivals[0];
  const caseId = shown?.registrationId ?? task.data?.caseId ?? '';
  const registration = useRead(
    'GET /api/deal-registrations/:id',
    { params: { id: caseId } },
    { enabled: caseId !== '' },
  );
  const fresh = (): void => {
    void task.refetch();
    void registration.refetch();
  };
  if (task.data === undefined || registration.data === undefined) {
    return (
      <>
        <ProblemNotice error={task.error ?? registration.error} onRetry={fresh} />
        {(task.isPending || registration.isPending) && <LoadingRows rows={9} height={28} />}
      </>
    );
  }
  return (
    <article aria-label={task.data.subject}>
      <CaseHead
        registration={registration.data}
        level={isNarrow() ? 1 : 2}
        verbs={<TaskVerbs task={task.data} />}
      />
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
      <DecisionPanel
        task={task.data}
        registration={registration.data}
        keys={props.keys}
        onDecided={props.onDecided}
        onFresh={fresh}
      />
      <Section
        title="What decides it"
        aside={
          <Link to="/deal-registrations/$id" params={{ id: caseId }} style={{ fontSize: 12 }}>
            Open the whole case
          </Link>
        }
      >
        <DecidingFacts registration={registration.data} />
        <StandsAgainst registration={registration.data} />
      </Section>
      <Evidence registration={registration.data} />
      <Similar task={task.data} />
      <CaseTimeline caseId={caseId} />
      <WhySection registration={registration.data} />
      <Details registration={registration.data} />
      <Thumbs task={task.data} registration={registration.data} />
    </article>
  );
}

function Similar({ task }: { task: TaskDetail }): ReactNode {
  if (task.similar.length === 0) return null;
  return (
    <Section title="Similar cases">
      <ul className="sentences">
        {task.similar.map((one) => (
          <li key={one.caseId}>
            <Link to="/deal-registrations/$id" params={{ id: one.caseId }}>
              {one.reference}
            </Link>
            : {outcomeDone(one.outcome).toLowerCase()}
            {one.reasonCode !== null &&
              ` (${(lookUp(closureWords, one.reasonCode) ?? inWords(one.reasonCode)).toLowerCase()})`}
            , <Day at={one.decidedAt} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** On a phone: the two answers under the thumbs. They open the same form as the buttons above. */
function Thumbs({ task }: { task: TaskDetail; registration: Registration }): ReactNode {
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
