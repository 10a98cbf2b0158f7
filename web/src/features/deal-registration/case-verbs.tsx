import { Button, Checkbox, Modal, NativeSelect, TextInput, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Registration, Submission, Verb } from '../../../../api/contract/deal-registrations.ts';
import { salesActivities, type SalesActivity } from '../../../../domain/deal-registration/status.ts';
import { activityWords, fieldName, verbWords, whyNot } from '../../../../domain/words/en.ts';
import { minorOf, majorTextOf } from '../../lib/amounts.ts';
import { ProblemNotice } from '../../components/notices.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { useRead, useWrite } from '../../lib/queries.ts';
import type { ReadKey } from '../../lib/api.ts';

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
        <WordsForm
          {...props}
          route="POST /api/deal-registrations/:id/extension"
          label="Why is more time needed?"
        />
      );
    case 'appeal':
      return (
        <WordsForm
          {...props}
          route="POST /api/deal-registrations/:id/appeal"
          label="Why should it be decided differently?"
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
    case 'revoke':
      return (
        <p style={{ margin: 0 }}>
          A protection is revoked by deciding the task that the missing activity opens; there is nothing to
          press here.
        </p>
      );
    default:
      return name satisfies never;
  }
}

/** The frame of every dialog: its fields, what went wrong, and two buttons. */
function Frame(props: {
  children: ReactNode;
  error: unknown;
  busy: boolean;
  ready: boolean;
  action: string;
  onSend: () => void;
  onClose: () => void;
}): ReactNode {
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (props.ready) props.onSend();
      }}
    >
      {props.children}
      <ProblemNotice error={props.error} onFresh={props.onClose} />
      <div className="row">
        <Button type="submit" loading={props.busy} disabled={!props.ready}>
          {props.action}
        </Button>
        <Button variant="default" onClick={props.onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function WordsForm(
  props: DialogProps & {
    route: 'POST /api/deal-registrations/:id/extension' | 'POST /api/deal-registrations/:id/appeal';
    label: string;
  },
): ReactNode {
  const { registration, onClose, route, label } = props;
  const [words, setWords] = useState('');
  const write = useWrite(route, refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={words.trim() !== ''}
      action="Send"
      onClose={onClose}
      onSend={() =>
        write.mutate({ params: { id: registration.id }, body: { words } }, { onSuccess: onClose })
      }
    >
      <Textarea
        data-autofocus
        label={label}
        required
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function WithdrawForm({ registration, onClose }: DialogProps): ReactNode {
  const reasons = useReasons(registration.programId, 'withdrawal');
  const [reasonKey, setReasonKey] = useState('');
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/withdrawal', refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={reasonKey !== ''}
      action="Withdraw"
      onClose={onClose}
      onSend={() =>
        write.mutate({ params: { id: registration.id }, body: { reasonKey, words } }, { onSuccess: onClose })
      }
    >
      <p style={{ margin: 0 }}>
        A withdrawn registration ends, and its protection with it. This cannot be undone.
      </p>
      <ReasonSelect reasons={reasons} value={reasonKey} onChange={setReasonKey} />
      <Textarea
        label="Words (may stay empty)"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function LostForm({ registration, onClose }: DialogProps): ReactNode {
  const reasons = useReasons(registration.programId, 'loss');
  const [reasonKey, setReasonKey] = useState('');
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/outcome', refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={reasonKey !== ''}
      action="Report lost"
      onClose={onClose}
      onSend={() =>
        write.mutate(
          { params: { id: registration.id }, body: { outcome: 'lost', reasonKey, words } },
          { onSuccess: onClose },
        )
      }
    >
      <ReasonSelect reasons={reasons} value={reasonKey} onChange={setReasonKey} />
      <Textarea
        label="Words (may stay empty)"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function WonForm({ registration, onClose }: DialogProps): ReactNode {
  const [orderReference, setOrderReference] = useState('');
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/outcome', refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={orderReference.trim() !== ''}
      action="Report won"
      onClose={onClose}
      onSend={() =>
        write.mutate(
          { params: { id: registration.id }, body: { outcome: 'won', orderReference, words } },
          { onSuccess: onClose },
        )
      }
    >
      <TextInput
        data-autofocus
        label="Order reference"
        required
        value={orderReference}
        onChange={(event) => setOrderReference(event.currentTarget.value)}
      />
      <Textarea
        label="Words (may stay empty)"
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function ActivityForm({ registration, onClose }: DialogProps): ReactNode {
  const [activities, setActivities] = useState<readonly SalesActivity[]>([]);
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/activity', refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={activities.length > 0 && words.trim() !== ''}
      action="Report"
      onClose={onClose}
      onSend={() =>
        write.mutate(
          { params: { id: registration.id }, body: { activities: [...activities], words, evidenceIds: [] } },
          { onSuccess: onClose },
        )
      }
    >
      <ActivityChoice value={activities} onChange={setActivities} />
      <Textarea
        label="What was done?"
        required
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

export function ActivityChoice(props: {
  value: readonly SalesActivity[];
  onChange: (value: readonly SalesActivity[]) => void;
}): ReactNode {
  const { value, onChange } = props;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>Sales activity</legend>
      <div className="facts" style={{ gap: 6 }}>
        {salesActivities.map((activity) => (
          <Checkbox
            key={activity}
            label={activityWords[activity]}
            checked={value.includes(activity)}
            onChange={({ currentTarget }) =>
              onChange(currentTarget.checked ? [...value, activity] : value.filter((one) => one !== activity))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}

function AmendForm({ registration, onClose }: DialogProps): ReactNode {
  const { currency } = registration.value;
  const [value, setValue] = useState(majorTextOf(registration.value));
  const [expectedClose, setExpectedClose] = useState(registration.expectedClose);
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/amendment', refresh);
  const amountMinor = minorOf(value, currency);
  const changed =
    amountMinor !== registration.value.amountMinor || expectedClose !== registration.expectedClose;
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={amountMinor !== null && changed && words.trim() !== ''}
      action="Amend"
      onClose={onClose}
      onSend={() => {
        if (amountMinor === null) return;
        const body = {
          words,
          ...(amountMinor === registration.value.amountMinor ? {} : { value: { amountMinor, currency } }),
          ...(expectedClose === registration.expectedClose ? {} : { expectedClose }),
        };
        write.mutate({ params: { id: registration.id }, body }, { onSuccess: onClose });
      }}
    >
      <p className="quiet" style={{ margin: 0 }}>
        The policy of the program says whether the change is approved again; until then the deal stands as it
        was.
      </p>
      <div className="form-grid">
        <TextInput
          label={`Estimated value (${currency})`}
          inputMode="decimal"
          value={value}
          error={amountMinor === null ? 'Write an amount such as 48000 or 48000.50.' : undefined}
          onChange={(event) => setValue(event.currentTarget.value)}
        />
        <TextInput
          type="date"
          label="Expected close"
          value={expectedClose}
          onChange={(event) => setExpectedClose(event.currentTarget.value)}
        />
      </div>
      <Textarea
        label="Why?"
        required
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function TransferForm({ registration, onClose }: DialogProps): ReactNode {
  const partners = useRead('GET /api/partners', {});
  const [toPartnerId, setToPartnerId] = useState('');
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/transfer', refresh);
  return (
    <Frame
      error={partners.error ?? write.error}
      busy={write.isPending}
      ready={toPartnerId !== '' && words.trim() !== ''}
      action="Transfer"
      onClose={onClose}
      onSend={() =>
        write.mutate(
          { params: { id: registration.id }, body: { toPartnerId, words } },
          { onSuccess: onClose },
        )
      }
    >
      <NativeSelect
        label="To which partner?"
        value={toPartnerId}
        onChange={(event) => setToPartnerId(event.currentTarget.value)}
        data={[
          { value: '', label: 'Choose a partner' },
          ...(partners.data?.items ?? [])
            .filter(({ id }) => id !== registration.partnerId)
            .map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      <Textarea
        label="Why?"
        required
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

function NoteForm({ registration, onClose }: DialogProps): ReactNode {
  const [audience, setAudience] = useState<'partner' | 'vendor'>('partner');
  const [words, setWords] = useState('');
  const write = useWrite('POST /api/deal-registrations/:id/note', refresh);
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={words.trim() !== ''}
      action="Write"
      onClose={onClose}
      onSend={() =>
        write.mutate({ params: { id: registration.id }, body: { audience, words } }, { onSuccess: onClose })
      }
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
      <Textarea
        data-autofocus
        label="Note"
        required
        value={words}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
    </Frame>
  );
}

/** The answer to a request for information: words, and the fields that were opened again. */
function AnswerForm({ registration, onClose }: DialogProps): ReactNode {
  const asked = registration.informationRequest;
  const [words, setWords] = useState('');
  const [corrections, setCorrections] = useState<Partial<Submission>>({});
  const write = useWrite('POST /api/deal-registrations/:id/information', refresh);
  const change = (part: Partial<Submission>): void => setCorrections((before) => ({ ...before, ...part }));
  const fields = asked?.fields ?? [];
  return (
    <Frame
      error={write.error}
      busy={write.isPending}
      ready={words.trim() !== '' || Object.keys(corrections).length > 0}
      action="Send the answer"
      onClose={onClose}
      onSend={() =>
        write.mutate(
          { params: { id: registration.id }, body: { words, corrections } },
          { onSuccess: onClose },
        )
      }
    >
      {asked !== null && <p style={{ margin: 0 }}>“{asked.words}”</p>}
      {fields.includes('opportunityName') && (
        <TextInput
          label={fieldName('opportunityName')}
          defaultValue={registration.opportunityName}
          onChange={(event) => change({ opportunityName: event.currentTarget.value })}
        />
      )}
      {fields.includes('expectedClose') && (
        <TextInput
          type="date"
          label={fieldName('expectedClose')}
          defaultValue={registration.expectedClose}
          onChange={(event) => change({ expectedClose: event.currentTarget.value })}
        />
      )}
      {fields.includes('value') && (
        <TextInput
          label={`${fieldName('value')} (${registration.value.currency})`}
          inputMode="decimal"
          defaultValue={majorTextOf(registration.value)}
          onChange={(event) => {
            const amountMinor = minorOf(event.currentTarget.value, registration.value.currency);
            if (amountMinor !== null)
              change({ value: { amountMinor, currency: registration.value.currency } });
          }}
        />
      )}
      {fields.includes('customer') && <CustomerCorrection registration={registration} onChange={change} />}
      {fields.includes('salesActivities') && (
        <ActivityChoice
          value={corrections.salesActivities ?? registration.details.salesActivities}
          onChange={(activities) => change({ salesActivities: [...activities] })}
        />
      )}
      {fields.includes('activitySummary') && (
        <Textarea
          label={fieldName('activitySummary')}
          defaultValue={registration.details.activitySummary}
          onChange={(event) => change({ activitySummary: event.currentTarget.value })}
        />
      )}
      {fields.includes('customersChoice') && (
        <NativeSelect
          label={fieldName('customersChoice')}
          defaultValue={registration.details.customersChoice ?? ''}
          onChange={({ currentTarget: { value } }) =>
            change({ customersChoice: value === '' ? null : value })
          }
          data={[
            { value: '', label: 'None' },
            ...registration.details.evidenceIds.map((id, index) => ({
              value: id,
              label: `File ${index + 1}`,
            })),
          ]}
        />
      )}
      {(['incumbentReseller', 'distributor'] as const)
        .filter((field) => fields.includes(field))
        .map((field) => (
          <TextInput
            key={field}
            label={fieldName(field)}
            defaultValue={registration.details[field] ?? ''}
            onChange={(event) =>
              change({ [field]: event.currentTarget.value === '' ? null : event.currentTarget.value })
            }
          />
        ))}
      <Textarea label="Your answer" value={words} onChange={(event) => setWords(event.currentTarget.value)} />
    </Frame>
  );
}

function CustomerCorrection(props: {
  registration: Registration;
  onChange: (part: Partial<Submission>) => void;
}): ReactNode {
  const { taxIdLast2, ...known } = props.registration.details.customer;
  const [customer, setCustomer] = useState<Submission['customer']>({ ...known, taxId: null });
  const change = (part: Partial<Submission['customer']>): void => {
    const after = { ...customer, ...part };
    setCustomer(after);
    props.onChange({ customer: after });
  };
  const texts = ['webDomain', 'street', 'postalCode', 'city', 'phone', 'taxId'] as const;
  return (
    <div className="form-grid">
      <TextInput
        label={fieldName('customer.legalName')}
        value={customer.legalName}
        onChange={(event) => change({ legalName: event.currentTarget.value })}
      />
      {texts.map((field) => (
        <TextInput
          key={field}
          label={fieldName(`customer.${field}`)}
          value={customer[field] ?? ''}
          placeholder={field === 'taxId' && taxIdLast2 !== null ? `ends in ${taxIdLast2}` : ''}
          onChange={(event) =>
            change({ [field]: event.currentTarget.value === '' ? null : event.currentTarget.value })
          }
        />
      ))}
    </div>
  );
}

type Reasons = readonly { key: string; words: string }[];

function useReasons(programId: string, kind: 'withdrawal' | 'loss'): Reasons {
  const programs = useRead('GET /api/programs', {});
  return programs.data?.items.find(({ id }) => id === programId)?.registration?.reasons[kind] ?? [];
}

function ReasonSelect(props: {
  reasons: Reasons;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <NativeSelect
      label="Reason"
      required
      value={props.value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      data={[
        { value: '', label: 'Choose a reason' },
        ...props.reasons.map(({ key, words }) => ({ value: key, label: words })),
      ]}
    />
  );
}
