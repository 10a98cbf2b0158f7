import { Modal, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import type { CorrectableField, Registration, Verb } from '../../../../api/contract/deal-registrations.ts';
import type { SalesActivity } from '../../../../domain/deal-registration/status.ts';
import { verbWords, whyNot } from '../../../../domain/words/en.ts';
import { EvidenceFiles } from '../../components/evidence-files.tsx';
import { SearchPicker, type Found } from '../../components/search-picker.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { ReasonSelect, WriteForm, type OfferedReason } from '../../components/write-form.tsx';
import type { ReadKey } from '../../lib/api.ts';
import { showErrors } from '../../lib/form-errors.ts';
import { useRead } from '../../lib/queries.ts';
import { correctableFieldKeys } from '../../lib/correctable-fields.ts';
import { changesOf, fieldOf, fromDraft, submissionOf, type FormValues } from './form-values.ts';
import { ActivityChoice, SubmissionFields, type SubmissionForm } from './submission-fields.tsx';

/** What a write on a case changes on the screen. */
const refresh: readonly ReadKey[] = [
  'GET /api/deal-registrations',
  'GET /api/deal-registrations/:id',
  'GET /api/deal-registrations/:id/timeline',
  'GET /api/deal-registrations/:id/clock',
  'GET /api/tasks',
  'GET /api/tasks/:id',
];

/** The verbs of the case: each is there, and says why when it is off. */
export function CaseVerbs({ registration }: { registration: Registration }): ReactNode {
  const [open, setOpen] = useState<Verb['name'] | null>(null);
  return (
    <>
      {registration.verbs.map((verb) => (
        <VerbButton
          key={verb.name}
          label={verbWords[verb.name]}
          filled={verb.allowed && verb.name === 'answer_information'}
          why={verb.allowed ? null : whyNot(verb.why)}
          onPress={() => setOpen(verb.name)}
        />
      ))}
      {open !== null && <VerbDialog name={open} registration={registration} onClose={() => setOpen(null)} />}
    </>
  );
}

interface DialogProps {
  readonly registration: Registration;
  readonly onClose: () => void;
}

function VerbDialog({ name, ...props }: DialogProps & { name: Verb['name'] }): ReactNode {
  return (
    <Modal opened onClose={props.onClose} title={verbWords[name]} size="lg">
      <VerbForm name={name} {...props} />
    </Modal>
  );
}

function VerbForm({ name, ...props }: DialogProps & { name: Verb['name'] }): ReactNode {
  switch (name) {
    case 'answer_information':
      return <AnswerForm {...props} />;
    case 'withdraw':
      return <WithdrawForm {...props} />;
    case 'request_extension':
      return (
        <WriteForm
          {...of(props)}
          route="POST /api/deal-registrations/:id/extension"
          action="Send"
          words="Why is more time needed?"
          body={(words) => ({ words })}
        />
      );
    case 'appeal':
      return (
        <WriteForm
          {...of(props)}
          route="POST /api/deal-registrations/:id/appeal"
          action="Send"
          words="Why should it be decided differently?"
          body={(words) => ({ words })}
        />
      );
    case 'report_activity':
      return <ActivityForm {...props} />;
    case 'amend':
      return <AmendForm {...props} />;
    case 'report_won':
      return <WonForm {...props} />;
    case 'report_lost':
      return <LostForm {...props} />;
    case 'transfer':
      return <TransferForm {...props} />;
    case 'write_note':
      return <NoteForm {...props} />;
    default:
      return name satisfies never;
  }
}

/** What the form of every verb of a registration is sent with. */
function of({ registration, onClose }: DialogProps) {
  return { caseId: registration.id, refresh, onClose };
}

const OPTIONAL_WORDS = 'Words (may stay empty)';

function WithdrawForm(props: DialogProps): ReactNode {
  const reasons = useReasons(props.registration.programId, 'withdrawal');
  const [reasonKey, setReasonKey] = useState('');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/withdrawal"
      action="Withdraw"
      words={OPTIONAL_WORDS}
      optionalWords
      ready={reasonKey !== ''}
      body={(words) => ({ reasonKey, words })}
    >
      <p style={{ margin: 0 }}>
        A withdrawn registration ends, and its protection with it. This cannot be undone.
      </p>
      <ReasonSelect reasons={reasons} value={reasonKey} onChange={setReasonKey} />
    </WriteForm>
  );
}

function LostForm(props: DialogProps): ReactNode {
  const reasons = useReasons(props.registration.programId, 'loss');
  const [reasonKey, setReasonKey] = useState('');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/outcome"
      action="Report lost"
      words={OPTIONAL_WORDS}
      optionalWords
      ready={reasonKey !== ''}
      body={(words) => ({ outcome: 'lost' as const, reasonKey, words })}
    >
      <ReasonSelect reasons={reasons} value={reasonKey} onChange={setReasonKey} />
    </WriteForm>
  );
}

function WonForm(props: DialogProps): ReactNode {
  const [orderReference, setOrderReference] = useState('');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/outcome"
      action="Report won"
      words={OPTIONAL_WORDS}
      optionalWords
      ready={orderReference.trim() !== ''}
      body={(words) => ({ outcome: 'won' as const, orderReference, words })}
    >
      <TextInput
        data-autofocus
        label="Order reference"
        required
        value={orderReference}
        onChange={(event) => setOrderReference(event.currentTarget.value)}
      />
    </WriteForm>
  );
}

function ActivityForm(props: DialogProps): ReactNode {
  const [activities, setActivities] = useState<readonly SalesActivity[]>([]);
  const [files, setFiles] = useState<readonly { id: string; name: string }[]>([]);
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/activity"
      action="Report"
      words="What was done?"
      ready={activities.length > 0}
      body={(words) => ({ activities: [...activities], words, evidenceIds: files.map(({ id }) => id) })}
    >
      <ActivityChoice value={activities} onChange={setActivities} />
      <EvidenceFiles files={files} error={undefined} onChange={setFiles} />
    </WriteForm>
  );
}

function useFoundPartners(words: string): Found {
  const found = useRead('GET /api/partners', { query: { search: words, limit: 30 } }, { keepLast: true });
  return {
    options: (found.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
    chosen: null,
    isPending: found.isPending,
    error: found.error,
  };
}

function TransferForm(props: DialogProps): ReactNode {
  const [toPartnerId, setToPartnerId] = useState('');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/transfer"
      action="Transfer"
      words="Why? Colleagues read it, no partner does."
      ready={toPartnerId !== ''}
      body={(words) => ({ toPartnerId, words })}
    >
      <SearchPicker
        label="To which partner?"
        placeholder="Type to find a partner"
        value={toPartnerId}
        onChange={setToPartnerId}
        useFound={useFoundPartners}
        without={props.registration.partnerId}
      />
    </WriteForm>
  );
}

function NoteForm(props: DialogProps): ReactNode {
  const [audience, setAudience] = useState<'partner' | 'vendor'>('partner');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/note"
      action="Write"
      words="Note"
      body={(words) => ({ audience, words })}
    >
      <NativeSelect
        label="For whom?"
        value={audience}
        onChange={({ currentTarget }) => setAudience(currentTarget.value === 'vendor' ? 'vendor' : 'partner')}
        data={[
          { value: 'partner', label: 'The partner (counts as a first response)' },
          { value: 'vendor', label: 'Colleagues only' },
        ]}
      />
    </WriteForm>
  );
}

interface Changing<Name extends CorrectableField> {
  readonly form: SubmissionForm;
  /** What has been changed so far, of the named fields. */
  readonly changes: ReturnType<typeof changesOf<Name>>;
}

/** The fields of a registration, to be changed. */
function useChanging<Name extends CorrectableField>(
  registration: Registration,
  names: readonly Name[],
): Changing<Name> {
  // As it was when the form was opened: a live update does not change what is being compared with.
  const [before] = useState(() => submissionOf(registration));
  const form = useForm<FormValues>({
    defaultValues: fromDraft({ ...before }, before.programId),
    mode: 'onTouched',
  });
  const values = useWatch({ control: form.control }) as FormValues;
  return { form, changes: changesOf(before, values, names) };
}

const amendable = ['value', 'expectedClose', 'lines'] as const;

function AmendForm(props: DialogProps): ReactNode {
  const { form, changes } = useChanging(props.registration, amendable);
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/amendment"
      action="Amend"
      words="Why?"
      ready={Object.keys(changes).length > 0}
      check={() => form.trigger()}
      onError={(error) => showErrors(form, error, fieldOf)}
      body={(words) => ({ ...changes, words })}
    >
      <p className="quiet" style={{ margin: 0 }}>
        The policy of the program says whether the change is approved again; until then the deal stands as it
        was.
      </p>
      <SubmissionFields form={form} names={amendable} />
    </WriteForm>
  );
}

/** The answer to a request for information: words, and the fields that were opened again. */
function AnswerForm(props: DialogProps): ReactNode {
  const { registration } = props;
  const asked = registration.informationRequest;
  const names = correctableFieldKeys.filter((name) => asked?.fields.includes(name) === true);
  const { form, changes } = useChanging(registration, names);
  const changed = Object.keys(changes).length > 0;
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/deal-registrations/:id/information"
      action="Send the answer"
      words="Your answer"
      optionalWords={changed}
      check={() => form.trigger()}
      onError={(error) => showErrors(form, error, fieldOf)}
      body={(words) => ({ words, corrections: changes })}
    >
      {asked !== null && <p style={{ margin: 0 }}>“{asked.words}”</p>}
      <SubmissionFields form={form} names={names} taxIdLast2={registration.details.customer.taxIdLast2} />
    </WriteForm>
  );
}

function useReasons(programId: string, kind: 'withdrawal' | 'loss'): readonly OfferedReason[] {
  const programs = useRead('GET /api/programs', {});
  return programs.data?.items.find(({ id }) => id === programId)?.registration?.reasons[kind] ?? [];
}
