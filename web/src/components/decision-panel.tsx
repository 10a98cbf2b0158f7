import { Button, Checkbox, NativeSelect, Textarea } from '@mantine/core';
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactNode } from 'react';
import type { Decided, TaskDetail } from '../../../api/contract/tasks.ts';
import { decisionNeeds, type TaskOutcome } from '../../../domain/deal-registration/task-outcomes.ts';
import { nobodyDecidesWords, outcomeWords, taskQuestionWords, whyNot } from '../../../domain/words/en.ts';
import { call, newIdempotencyKey, type Input } from '../lib/api.ts';
import { useKeys } from '../lib/keys.ts';
import { useWrite } from '../lib/queries.ts';
import { useSession } from '../lib/session.ts';
import { Notice, ProblemNotice } from './notices.tsx';
import { Section } from './page.tsx';
import { changedByDecisions } from './undo-bar.tsx';
import { Instant } from './values.tsx';
import { VerbButton } from './verb-button.tsx';
import type { OfferedReason } from './write-form.tsx';

type DecisionBody = Input<'POST /api/tasks/:id/decision'>['body'];
type AskableField = DecisionBody['fields'][number];

/** What one kind of case adds to its question and the answers; `More` is what its answers need beside reason, words and fields. */
export interface CaseAnswers<More> {
  /** Reasons that its program offers for a denial. */
  readonly reasons: readonly OfferedReason[];
  /** What the partner may be asked for again. */
  readonly fields: readonly { readonly key: AskableField; readonly label: string }[];
  /** What whoever decides should know before; null: nothing. */
  readonly notice: ReactNode;
  /** Why one answer is closed although the task may be decided; null when it is open. */
  readonly whyNot: (outcome: TaskOutcome) => string | null;
  /** The further part of the form of an answer; null where it has none. */
  readonly part: (props: {
    outcome: TaskOutcome;
    more: More | null;
    change: (more: More) => void;
  }) => ReactNode;
  /** What that part lacks. */
  readonly missing: (outcome: TaskOutcome, more: More | null) => string | null;
  /** What that part sends. */
  readonly body: (
    outcome: TaskOutcome,
    more: More | null,
  ) => Pick<DecisionBody, 'winnerId' | 'sharerIds' | 'counter'>;
}

/** What was typed about a task, kept while the person looks at another one and comes back. */
interface Typed<More> {
  readonly outcome: TaskOutcome | null;
  readonly reasonKey: string | null;
  readonly words: string;
  readonly privateNote: string;
  readonly fields: readonly AskableField[];
  /** Null: nothing was typed of it yet. */
  readonly more: More | null;
}
const nothingTyped: Typed<never> = {
  outcome: null,
  reasonKey: null,
  words: '',
  privateNote: '',
  fields: [],
  more: null,
};
const typedByTask = new Map<string, Typed<unknown>>();

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
    case 'counter_offer':
      return 'c';
    case 'no_conflict':
    case 'share':
      return null;
    default:
      return outcome satisfies never;
  }
}

interface PanelProps<More> {
  readonly task: TaskDetail;
  readonly answers: CaseAnswers<More>;
  /** Whether the keys of the answers are for this task. */
  readonly keys?: boolean;
  readonly onDecided: (decided: Decided) => void;
  readonly onFresh: () => void;
}

/** The question and its answers: key, reason where one is needed, Enter. */
export function DecisionPanel<More>(props: PanelProps<More>): ReactNode {
  const { task, answers, keys = true } = props;
  const [typed, setTyped] = useState<Typed<More>>(
    // A task is of one kind of case, so what was typed about it is what that kind has typed.
    () => (typedByTask.get(task.id) as Typed<More> | undefined) ?? nothingTyped,
  );
  const change = (part: Partial<Typed<More>>): void =>
    setTyped((before) => {
      const after = { ...before, ...part };
      typedByTask.set(task.id, after);
      return after;
    });
  const { person } = useSession();
  const choose = (outcome: TaskOutcome): void => {
    if (task.mayDecide && answers.whyNot(outcome) === null) change({ outcome });
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
      {answers.notice}
      <div className="verbs" style={{ marginTop: 8 }}>
        {task.outcomes.map((outcome) => (
          <VerbButton
            key={outcome}
            label={outcomeWords[outcome].verb}
            outcome={outcome}
            chosen={typed.outcome === outcome}
            filled={typed.outcome === null ? keyOf(outcome) === 'a' : typed.outcome === outcome}
            shortcut={keys ? keyOf(outcome) : null}
            why={task.mayDecide ? answers.whyNot(outcome) : whyNot(task.whyNot)}
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

function DecisionForm<More>(
  props: PanelProps<More> & {
    outcome: TaskOutcome;
    typed: Typed<More>;
    change: (part: Partial<Typed<More>>) => void;
  },
): ReactNode {
  const { task, answers, outcome, typed, change, onDecided, onFresh } = props;
  const needs = decisionNeeds(outcome);
  useClaim(task.id);
  const [missing, setMissing] = useState<string | null>(null);
  const decide = useWrite('POST /api/tasks/:id/decision', changedByDecisions);
  const first = useFocusOnce();
  const submit = (): void => {
    const lacks = whatIsMissing(answers, outcome, typed);
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
          ...answers.body(outcome, typed.more),
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
            ...answers.reasons.map((reason) => ({ value: reason.key, label: reason.words })),
          ]}
        />
      )}
      {needs.fields && (
        <FieldChoice
          offered={answers.fields}
          fields={typed.fields}
          onChange={(fields) => change({ fields })}
        />
      )}
      {answers.part({ outcome, more: typed.more, change: (more) => change({ more }) })}
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

function whatIsMissing<More>(
  answers: CaseAnswers<More>,
  outcome: TaskOutcome,
  typed: Typed<More>,
): string | null {
  const needs = decisionNeeds(outcome);
  if (needs.reason && typed.reasonKey === null) return 'Choose a reason: the partner is told why.';
  if (needs.fields && typed.fields.length === 0) return 'Choose what the partner may correct.';
  if (needs.words && typed.words.trim() === '')
    return needs.fields ? 'Say what the partner should tell you.' : 'Say why: the partner reads your words.';
  return answers.missing(outcome, typed.more) ?? answers.whyNot(outcome);
}

function submitOnControlEnter(event: KeyboardEvent, submit: () => void): void {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  submit();
}

function FieldChoice(props: {
  offered: CaseAnswers<unknown>['fields'];
  fields: readonly AskableField[];
  onChange: (fields: readonly AskableField[]) => void;
}): ReactNode {
  const { offered, fields, onChange } = props;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>
        Which fields may be corrected?
      </legend>
      <div className="facts" style={{ gap: 6 }}>
        {offered.map(({ key: field, label }) => (
          <Checkbox
            key={field}
            label={label}
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

/** Puts the cursor where the next key belongs: the reason, the first of the terms, or the button that confirms. */
export function useFocusOnce(): (form: HTMLFormElement | null) => void {
  const done = useRef(false);
  return (form) => {
    if (form === null || done.current) return;
    done.current = true;
    const target =
      form.querySelector<HTMLElement>('select, [data-first]') ??
      form.querySelector<HTMLElement>('[data-confirm]');
    target?.focus();
    form.scrollIntoView({ block: 'nearest' });
  };
}
