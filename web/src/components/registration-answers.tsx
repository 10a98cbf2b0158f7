import { Checkbox, NativeSelect } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Registration } from '../../../api/contract/deal-registrations.ts';
import type { TaskDetail } from '../../../api/contract/tasks.ts';
import type { TaskOutcome } from '../../../domain/deal-registration/task-outcomes.ts';
import { fieldName, takenSentence } from '../../../domain/words/en.ts';
import { countWords } from '../../../domain/words/reader.ts';
import { correctableFieldKeys } from '../lib/correctable-fields.ts';
import { jointRivalsOf } from '../lib/joint-rivals.ts';
import type { JointRival } from '../lib/joint-rivals.ts';
import { useRead } from '../lib/queries.ts';
import type { CaseAnswers } from './decision-panel.tsx';
import { Notice } from './notices.tsx';

/** Whom an answer among rivals is for. */
interface Rivals {
  readonly winnerId: string | null;
  /** Null: nobody was chosen yet, so all who may. */
  readonly sharerIds: readonly string[] | null;
}
const nobodyChosen: Rivals = { winnerId: null, sharerIds: null };

/** What a registration adds to its question: the pairs to judge, what is taken, and who wins among rivals. */
export function useRegistrationAnswers(task: TaskDetail, registration: Registration): CaseAnswers<Rivals> {
  const programs = useRead('GET /api/programs', {});
  const program = programs.data?.items.find(({ id }) => id === registration.programId);
  const whyNot = (outcome: TaskOutcome): string | null =>
    task.unjudged > 0 && grantsProtection(outcome)
      ? `${countWords(task.unjudged, 'pair')} below ${task.unjudged === 1 ? 'is' : 'are'} not judged yet.`
      : null;
  return {
    reasons: program?.registration?.reasons.rejection ?? [],
    fields: correctableFieldKeys.map((key) => ({ key, label: fieldName(key) })),
    notice: registration.taken !== null && task.outcomes.some(grantsProtection) && (
      <Notice tone="dueSoon">{takenSentence(registration.taken)}</Notice>
    ),
    whyNot,
    part: ({ outcome, more, change }) => {
      const props = { task, registration, more: more ?? nobodyChosen, change };
      if (outcome === 'protect_partner') return <WinnerChoice {...props} />;
      return outcome === 'share' ? <SharersChoice {...props} /> : null;
    },
    missing: (outcome, more) =>
      outcome === 'share' && sharersOf(task, more ?? nobodyChosen).length < 2
        ? 'Choose at least two who share.'
        : null,
    body: (outcome, more) => ({
      winnerId: outcome === 'protect_partner' ? (more?.winnerId ?? registration.id) : null,
      sharerIds: outcome === 'share' ? [...sharersOf(task, more ?? nobodyChosen)] : [],
    }),
  };
}

function grantsProtection(outcome: TaskOutcome): boolean {
  return outcome === 'approve' || outcome === 'protect_partner' || outcome === 'overturn';
}

function WinnerChoice(props: {
  task: TaskDetail;
  registration: Registration;
  more: Rivals;
  change: (more: Rivals) => void;
}): ReactNode {
  const { task, registration, more, change } = props;
  const joint = jointRivalsOf(task);
  const rivals = registration.matches.filter(({ otherKind }) => otherKind === 'registration');
  if (joint.length > 0)
    return (
      <NativeSelect
        label="Who gets protection?"
        value={more.winnerId ?? registration.id}
        onChange={({ currentTarget: { value } }) => change({ ...more, winnerId: value })}
        data={joint.map((rival) => ({ value: rival.registrationId, label: rivalLabel(rival) }))}
      />
    );
  if (rivals.length === 0) return null;
  return (
    <NativeSelect
      label="Who gets protection?"
      value={more.winnerId ?? registration.id}
      onChange={({ currentTarget: { value } }) => change({ ...more, winnerId: value })}
      data={[
        { value: registration.id, label: `${registration.reference}, ${registration.partnerName}` },
        ...rivals.map((rival) => ({
          value: rival.otherId,
          label: [rival.otherReference, rival.otherPartnerName].filter((part) => part !== null).join(', '),
        })),
      ]}
    />
  );
}

function rivalLabel({ reference, customerName }: JointRival): string {
  return `${reference}, ${customerName}`;
}

function sharersOf(task: TaskDetail, more: Rivals): readonly string[] {
  return (
    more.sharerIds ??
    jointRivalsOf(task)
      .filter(({ level }) => level)
      .map(({ registrationId }) => registrationId)
  );
}

/** Who shares: those the program's rules find level; each further one has a smaller part. */
function SharersChoice(props: { task: TaskDetail; more: Rivals; change: (more: Rivals) => void }): ReactNode {
  const { task, more, change } = props;
  const chosen = sharersOf(task, more);
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>
        Who shares? The first in this order has the largest part.
      </legend>
      <div className="facts" style={{ gap: 6 }}>
        {jointRivalsOf(task)
          .filter(({ level }) => level)
          .map((rival) => (
            <Checkbox
              key={rival.registrationId}
              label={rivalLabel(rival)}
              checked={chosen.includes(rival.registrationId)}
              onChange={({ currentTarget }) =>
                change({
                  ...more,
                  sharerIds: currentTarget.checked
                    ? [...chosen, rival.registrationId]
                    : chosen.filter((id) => id !== rival.registrationId),
                })
              }
            />
          ))}
      </div>
    </fieldset>
  );
}
