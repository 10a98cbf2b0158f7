import { Button, Checkbox, NativeSelect, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react';
import { correctableFieldKeys, type CorrectableFieldKey } from '../lib/correctable-fields.ts';
import { jointRivalsOf } from '../lib/joint-rivals.ts';
import type { JointRival } from '../lib/joint-rivals.ts';
import type { Registration } from '../../../api/contract/deal-registrations.ts';
import type { Decided, TaskDetail } from '../../../api/contract/tasks.ts';
import { decisionNeeds, type TaskOutcome } from '../../../domain/deal-registration/task-outcomes.ts';
import {
  fieldName,
  nobodyDecidesWords,
  outcomeWords,
  takenSentence,
  taskQuestionWords,
  whyNot,
} from '../../../domain/words/en.ts';
import { countWords } from '../../../domain/words/reader.ts';
import { call, newIdempotencyKey } from '../lib/api.ts';
import { useKeys } from '../lib/keys.ts';
import { useRead, useWrite } from '../lib/queries.ts';
import { useSession } from '../lib/session.ts';
import { Notice, ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';
import { changedByDecisions } from './undo-bar.tsx';
import { Instant } from './values.tsx';
import { VerbButton } from './verb-button.tsx';

/** What was typed about a task, kept while the person looks at another one and comes back. */
interface Typed {
  readonly outcome: TaskOutcome | null;
  readonly reasonKey: string | null;
  readonly words: string;
  readonly privateNote: string;
  readonly fields: readonly CorrectableFieldKey[];
  readonly winnerId: string | null;
  /** Null: nobody was chosen yet, so all who may. */
  readonly sharerIds: readonly string[] | null;
}
const nothingTyped: Typed = {
  outcome: null,
  reasonKey: null,
  words: '',
  privateNote: '',
  fields: [],
  winnerId: null,
  sharerIds: null,
};
const typedByTask = new Map<string, Typed>();

/** A claim lasts 15 minutes; while a decision is being written it is renewed well before that. */
const RENEW_MS = 5 * 60_000;

/** Which key stands for which answer: one motion, whatever the kind of task. */
export function keyOf(outcome: TaskOutcome): 'a' | 'd' | 'i' | 'c' | null {
  switch (outcome) {
    case 'approve':
    case 'grant':
    case 'protect_partner':
    case 'overturn':
      return 'a';
    case 'deny':
    case 'refuse':
    case 'award_other':
    case 'uphold':
      return 'd';
    case 'request_information':
      return 'i';
    case 'send_to_conflict':
      return 'c';
    case 'no_conflict':
    case 'share':
    case 'counter_offer':
      return null;
    default:
      return outcome satisfies never;
  }
}

interface PanelProps {
  readonly task: TaskDetail;
  readonly registration: Registration;
  /** Whether the keys of the answers are for this task. */
  readonly keys?: boolean;
  readonly onDecided: (decided: Decided) => void;
  readonly onFresh: () => void;
}

/** The question and its answers: key, reason where one is needed, Enter. */
export function DecisionPanel(props: PanelProps): ReactNode {
  const { task, keys = true } = props;
  const [typed, setTyped] = useState<Typed>(() => typedByTask.get(task.id) ?? nothingTyped);
  const change = (part: Partial<Typed>): void =>
    setTyped((before) => {
      const after = { ...before, ...part };
      typedByTask.set(task.id, after);
      return after;
    });
  const { person } = useSession();
  const choose = (outcome: TaskOutcome): void => {
    if (task.mayDecide && whyNotThis(task, outcome) === null) change({ outcome });
  };
  const withKey = (key: string): void => {
    const outcome = task.outcomes.find((one) => keyOf(one) === key);
    if (outcome !== undefined) choose(outcome);
  };
  // "r" is for those who think of it as rejecting.
  useKeys(
    {
      a: () => withKey('a'),
      d: () => withKey('d'),
      r: () => withKey('d'),
      i: () => withKey('i'),
      c: () => withKey('c'),
      Escape: () => change({ outcome: null }),
    },
    keys,
  );
  const heldByOther = task.claimedBy !== null && task.claimedBy.id !== person.id ? task.claimedBy : null;
  return (
    <Section title={taskQuestionWords[task.kind]}>
      {heldByOther !== null && (
        <Notice tone="waiting">
          {heldByOther.displayName} is looking at this too, until <Instant at={heldByOther.until} />.
        </Notice>
      )}
      {task.actingFor !== null && (
        <Notice tone="waiting">
          {task.actingFor.displayName} is away: you decide in that place, and the record says so.
        </Notice>
      )}
      {!task.mayDecide && <Notice tone="waiting">You cannot decide this one: {whyNot(task.whyNot)}</Notice>}
      {task.nobodyDecides !== null && (
        <Notice tone="breached">
          <strong>Nobody may decide this now.</strong> {nobodyDecidesWords[task.nobodyDecides]}
        </Notice>
      )}
      {props.registration.taken !== null && task.outcomes.some(grantsProtection) && (
        <Notice tone="dueSoon">{takenSentence(props.registration.taken)}</Notice>
      )}
      <div className="verbs" style={{ marginTop: 8 }}>
        {task.outcomes.map((outcome) => (
          <VerbButton
            key={outcome}
            label={outcomeWords[outcome].verb}
            outcome={outcome}
            chosen={typed.outcome === outcome}
            filled={typed.outcome === null ? keyOf(outcome) === 'a' : typed.outcome === outcome}
            shortcut={keys ? keyOf(outcome) : null}
            why={task.mayDecide ? whyNotThis(task, outcome) : whyNot(task.whyNot)}
            onPress={() => choose(outcome)}
          />
        ))}
      </div>
      {typed.outcome !== null && task.mayDecide && (
        <DecisionForm key={typed.outcome} {...props} outcome={typed.outcome} typed={typed} change={change} />
      )}
    </Section>
  );
}

function grantsProtection(outcome: TaskOutcome): boolean {
  return outcome === 'approve' || outcome === 'protect_partner' || outcome === 'overturn';
}

/** Why one answer is closed although the task may be decided; null when it is open. */
function whyNotThis(task: TaskDetail, outcome: TaskOutcome): string | null {
  if (task.unjudged > 0 && grantsProtection(outcome)) {
    return `${countWords(task.unjudged, 'pair')} below ${task.unjudged === 1 ? 'is' : 'are'} not judged yet.`;
  }
  return null;
}

function DecisionForm(
  props: PanelProps & { outcome: TaskOutcome; typed: Typed; change: (part: Partial<Typed>) => void },
): ReactNode {
  const { task, registration, outcome, typed, change, onDecided, onFresh } = props;
  const needs = decisionNeeds(outcome);
  useClaim(task.id);
  const programs = useRead('GET /api/programs', {});
  const reasons = programs.data?.items.find(({ id }) => id === registration.programId)?.registration?.reasons
    .rejection;
  const [missing, setMissing] = useState<string | null>(null);
  const decide = useWrite('POST /api/tasks/:id/decision', changedByDecisions);
  const first = useFocusOnce();
  const submit = (): void => {
    const lacks = whatIsMissing(outcome, typed, task);
    setMissing(lacks);
    if (lacks !== null || decide.isPending) return;
    // A promise, not a callback of the form: a live update may take the form away before the answer is here.
    decide
      .mutateAsync({
        params: { id: task.id },
        body: {
          outcome,
          reasonKey: needs.reason ? typed.reasonKey : null,
          words: typed.words,
          privateNote: typed.privateNote,
          fields: needs.fields ? [...typed.fields] : [],
          winnerId: outcome === 'protect_partner' ? (typed.winnerId ?? registration.id) : null,
          sharerIds: outcome === 'share' ? [...sharersOf(task, typed)] : [],
          factsHash: task.factsHash,
        },
      })
      .then((decided) => {
        typedByTask.delete(task.id);
        onDecided(decided);
      })
      .catch((error: unknown) => {
        // Shown below the form; here so that it is not unhandled.
        console.info('The decision was not taken.', error);
      });
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    submit();
  };
  return (
    <form
      onSubmit={onSubmit}
      noValidate
      className="stack"
      style={{ marginTop: 12, maxWidth: 720 }}
      ref={first}
    >
      {needs.reason && (
        <NativeSelect
          label="Reason"
          required
          value={typed.reasonKey ?? ''}
          onChange={({ currentTarget: { value } }) => change({ reasonKey: value === '' ? null : value })}
          data={[
            { value: '', label: 'Choose a reason' },
            ...(reasons ?? []).map((reason) => ({ value: reason.key, label: reason.words })),
          ]}
        />
      )}
      {needs.fields && <FieldChoice fields={typed.fields} onChange={(fields) => change({ fields })} />}
      {outcome === 'protect_partner' && <WinnerChoice {...{ task, registration, typed, change }} />}
      {outcome === 'share' && <SharersChoice {...{ task, typed, change }} />}
      <Textarea
        label={needs.fields ? 'What should the partner tell you?' : 'Words for the partner'}
        required={needs.words}
        description={needs.words ? undefined : 'May stay empty.'}
        value={typed.words}
        maxLength={4000}
        onChange={({ currentTarget: { value } }) => change({ words: value })}
        onKeyDown={(event) => submitOnControlEnter(event, submit)}
      />
      <details>
        <summary className="quiet" style={{ cursor: 'pointer' }}>
          Private note for colleagues
        </summary>
        <Textarea
          aria-label="Private note for colleagues"
          value={typed.privateNote}
          maxLength={4000}
          onChange={({ currentTarget: { value } }) => change({ privateNote: value })}
          onKeyDown={(event) => submitOnControlEnter(event, submit)}
        />
      </details>
      {missing !== null && <Notice tone="dueSoon">{missing}</Notice>}
      <ProblemNotice error={decide.error} onFresh={onFresh} />
      <div className="row">
        <Button type="submit" loading={decide.isPending} data-confirm>
          {outcomeWords[outcome].verb}
        </Button>
        <Button variant="default" onClick={() => change({ outcome: null })}>
          Not now
        </Button>
        <span className="quiet only-wide">Enter confirms; Ctrl+Enter from a text.</span>
      </div>
    </form>
  );
}

function whatIsMissing(outcome: TaskOutcome, typed: Typed, task: TaskDetail): string | null {
  const needs = decisionNeeds(outcome);
  if (needs.reason && typed.reasonKey === null) return 'Choose a reason: the partner is told why.';
  if (needs.fields && typed.fields.length === 0) return 'Choose what the partner may correct.';
  if (needs.words && typed.words.trim() === '')
    return needs.fields ? 'Say what the partner should tell you.' : 'Say why: the partner reads your words.';
  if (outcome === 'share' && sharersOf(task, typed).length < 2) return 'Choose at least two who share.';
  return whyNotThis(task, outcome);
}

function submitOnControlEnter(event: KeyboardEvent, submit: () => void): void {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  submit();
}

function FieldChoice(props: {
  fields: readonly CorrectableFieldKey[];
  onChange: (fields: readonly CorrectableFieldKey[]) => void;
}): ReactNode {
  const { fields, onChange } = props;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>
        Which fields may be corrected?
      </legend>
      <div className="facts" style={{ gap: 6 }}>
        {correctableFieldKeys.map((field) => (
          <Checkbox
            key={field}
            label={fieldName(field)}
            checked={fields.includes(field)}
            onChange={({ currentTarget }) =>
              onChange(currentTarget.checked ? [...fields, field] : fields.filter((one) => one !== field))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

function WinnerChoice(props: {
  task: TaskDetail;
  registration: Registration;
  typed: Typed;
  change: (part: Partial<Typed>) => void;
}): ReactNode {
  const { task, registration, typed, change } = props;
  const joint = jointRivalsOf(task);
  const rivals = registration.matches.filter(({ otherKind }) => otherKind === 'registration');
  if (joint.length > 0)
    return (
      <NativeSelect
        label="Who gets protection?"
        value={typed.winnerId ?? registration.id}
        onChange={({ currentTarget: { value } }) => change({ winnerId: value })}
        data={joint.map((rival) => ({ value: rival.registrationId, label: rivalLabel(rival) }))}
      />
    );
  if (rivals.length === 0) return null;
  return (
    <NativeSelect
      label="Who gets protection?"
      value={typed.winnerId ?? registration.id}
      onChange={({ currentTarget: { value } }) => change({ winnerId: value })}
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

function sharersOf(task: TaskDetail, typed: Typed): readonly string[] {
  return (
    typed.sharerIds ??
    jointRivalsOf(task)
      .filter(({ level }) => level)
      .map(({ registrationId }) => registrationId)
  );
}

/** Who shares: those the program's rules find level; each further one has a smaller part. */
function SharersChoice(props: {
  task: TaskDetail;
  typed: Typed;
  change: (part: Partial<Typed>) => void;
}): ReactNode {
  const { task, typed, change } = props;
  const chosen = sharersOf(task, typed);
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

/** Tells colleagues that somebody is deciding this one, for as long as the form is open. */
function useClaim(taskId: string): void {
  useEffect(() => {
    const renew = (): void => {
      call(
        'POST /api/tasks/:id/claim',
        { params: { id: taskId }, body: {} },
        { idempotencyKey: newIdempotencyKey() },
      ).catch((error: unknown) => {
        // A claim is a courtesy; without it the decision is still judged by who was first.
        console.warn('The task could not be claimed.', error);
      });
    };
    renew();
    const timer = setInterval(renew, RENEW_MS);
    return () => clearInterval(timer);
  }, [taskId]);
}

/** Puts the cursor where the next key belongs: the reason, the words, or the button that confirms. */
export function useFocusOnce(): (form: HTMLFormElement | null) => void {
  const done = useRef(false);
  return (form) => {
    if (form === null || done.current) return;
    done.current = true;
    const target =
      form.querySelector<HTMLElement>('select') ?? form.querySelector<HTMLElement>('[data-confirm]');
    target?.focus();
    form.scrollIntoView({ block: 'nearest' });
  };
}
