import { Checkbox, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import type { PriceRequest, SpecialPriceDetail } from '../../../../api/contract/special-prices.ts';
import type { PriceField } from '../../../../domain/special-pricing/status.ts';
import { whyNot } from '../../../../domain/words/en.ts';
import { priceVerbWords } from '../../../../domain/words/special-pricing.ts';
import { EvidenceFiles } from '../../components/evidence-files.tsx';
import { VerbButton } from '../../components/verb-button.tsx';
import { WriteForm } from '../../components/write-form.tsx';
import type { ReadKey } from '../../lib/api.ts';
import { errorAt, showErrors } from '../../lib/form-errors.ts';
import { useRead } from '../../lib/queries.ts';
import { LineFields } from './line-fields.tsx';
import { Preview, usePreview } from './preview.tsx';
import { fromRequest, priceFieldOf, toTerms, type PriceFormValues } from './price-form-values.ts';

/** What a write on a request changes on the screen. */
const refresh: readonly ReadKey[] = [
  'GET /api/special-prices',
  'GET /api/special-prices/:id',
  'GET /api/special-prices/:id/events',
  'GET /api/special-prices/:id/clock',
  'GET /api/pricing-agreements',
];

type Dialog = 'recall' | 'resubmit' | 'accept' | 'decline' | 'write_note';

const titles: Readonly<Record<Dialog, string>> = {
  recall: priceVerbWords.recall,
  resubmit: priceVerbWords.resubmit,
  accept: 'Accept the offer',
  decline: 'Decline the offer',
  write_note: priceVerbWords.write_note,
};

/** The verbs of the request: each is there, and says why when it is off. */
export function PriceVerbs({ request }: { request: SpecialPriceDetail }): ReactNode {
  const [open, setOpen] = useState<Dialog | null>(null);
  const button = (dialog: Dialog, verb: SpecialPriceDetail['verbs'][number], filled = false): ReactNode => (
    <VerbButton
      key={dialog}
      label={titles[dialog]}
      filled={verb.allowed && filled}
      why={verb.allowed ? null : whyNot(verb.why)}
      onPress={() => setOpen(dialog)}
    />
  );
  return (
    <>
      {request.verbs.flatMap((verb): ReactNode[] => {
        switch (verb.name) {
          case 'answer_counter':
            // Off without an offer, and then one button says why.
            return verb.allowed
              ? [button('accept', verb, true), button('decline', verb)]
              : [
                  <VerbButton
                    key={verb.name}
                    label={priceVerbWords[verb.name]}
                    why={whyNot(verb.why)}
                    onPress={() => undefined}
                  />,
                ];
          case 'recall':
          case 'write_note':
            return [button(verb.name, verb)];
          case 'resubmit':
            return [button(verb.name, verb, true)];
          default:
            return verb.name satisfies never;
        }
      })}
      {open !== null && (
        <Modal
          opened
          onClose={() => setOpen(null)}
          title={titles[open]}
          size={open === 'resubmit' ? 'xl' : 'lg'}
        >
          <DialogForm dialog={open} request={request} onClose={() => setOpen(null)} />
        </Modal>
      )}
    </>
  );
}

interface DialogProps {
  readonly request: SpecialPriceDetail;
  readonly onClose: () => void;
}

/** What the form of every verb of a request is sent with. */
function of({ request, onClose }: DialogProps) {
  return { caseId: request.id, refresh, onClose };
}

function DialogForm({ dialog, ...props }: DialogProps & { dialog: Dialog }): ReactNode {
  switch (dialog) {
    case 'recall':
      return (
        <WriteForm
          {...of(props)}
          route="POST /api/special-prices/:id/recall"
          action="Take it back"
          words="Words (may stay empty)"
          optionalWords
          body={(words) => ({ words })}
        >
          <p style={{ margin: 0 }}>The request ends. You can ask again at any time.</p>
        </WriteForm>
      );
    case 'accept':
      return (
        <WriteForm
          {...of(props)}
          route="POST /api/special-prices/:id/counter-answer"
          action="Accept"
          words="Words (may stay empty)"
          optionalWords
          body={(words) => ({ answer: 'accept' as const, words })}
        >
          <p style={{ margin: 0 }}>
            These terms become what you ask for. Whoever has not decided is asked about them; what was agreed
            to and is no worse stands.
          </p>
        </WriteForm>
      );
    case 'decline':
      return (
        <WriteForm
          {...of(props)}
          route="POST /api/special-prices/:id/counter-answer"
          action="Decline"
          words="Words (may stay empty)"
          optionalWords
          body={(words) => ({ answer: 'decline' as const, words })}
        >
          <p style={{ margin: 0 }}>The request ends. You can ask again at any time.</p>
        </WriteForm>
      );
    case 'write_note':
      return <NoteForm {...props} />;
    case 'resubmit':
      return <AnswerForm {...props} />;
    default:
      return dialog satisfies never;
  }
}

function NoteForm(props: DialogProps): ReactNode {
  const [audience, setAudience] = useState<'partner' | 'vendor'>('partner');
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/special-prices/:id/notes"
      action="Write"
      words="Note"
      body={(words) => ({ audience, words })}
    >
      <NativeSelect
        label="For whom?"
        value={audience}
        onChange={({ currentTarget }) => setAudience(currentTarget.value === 'vendor' ? 'vendor' : 'partner')}
        data={[
          { value: 'partner', label: 'The partner' },
          { value: 'vendor', label: 'Colleagues only' },
        ]}
      />
    </WriteForm>
  );
}

/** The answer to a question: words, and the terms that were opened again, with what they come to. */
function AnswerForm(props: DialogProps): ReactNode {
  const { request } = props;
  const asked = request.informationRequest;
  // As it was when the form was opened: a live update does not change what is being compared with.
  const [before] = useState(() => fromRequest(request));
  const form = useForm<PriceFormValues>({ defaultValues: before, mode: 'onTouched' });
  const values = useWatch({ control: form.control }) as PriceFormValues;
  const terms = toTerms(values, request.currency);
  const previewed = usePreview({ ...askedBefore(request), ...terms });
  const open = (term: PriceField): boolean => asked?.fields.includes(term) === true;
  const programs = useRead('GET /api/programs', {}, { enabled: open('exceptions') });
  const program = programs.data?.items.find(({ id }) => id === request.programId);
  const errorOf = (path: string): string | undefined => errorAt(form, path);
  const changed = JSON.stringify(values) !== JSON.stringify(before);
  const faults = previewed.preview?.errors.map(({ reason }) => reason) ?? [];
  return (
    <WriteForm
      {...of(props)}
      route="POST /api/special-prices/:id/resubmission"
      action="Send the answer"
      words="Your answer"
      optionalWords={changed}
      check={() => form.trigger()}
      onError={(error) => showErrors(form, error, (pointer) => priceFieldOf(pointer, values.lines))}
      body={(words) => ({ ...terms, words, evidenceIds: values.evidence.map(({ id }) => id) })}
    >
      {asked !== null && <p style={{ margin: 0 }}>“{asked.words}”</p>}
      {open('lines') && (
        <LineFields
          form={form}
          currency={request.currency}
          waterfall={previewed.preview?.waterfall ?? null}
          errorOf={errorOf}
        />
      )}
      <div className="form-grid">
        {open('lines') && (
          <TextInput
            label={`Discount on the whole (${request.currency})`}
            inputMode="decimal"
            {...form.register('lump')}
            error={errorOf('lump')}
          />
        )}
        {open('validity') && (
          <>
            <TextInput
              type="date"
              label="Valid from"
              {...form.register('validFrom')}
              error={errorOf('validFrom')}
            />
            <TextInput
              type="date"
              label="Valid until"
              {...form.register('validUntil')}
              error={errorOf('validUntil')}
            />
          </>
        )}
      </div>
      {open('exceptions') &&
        (program?.specialPricing?.termExceptions ?? []).map(({ key, label }) => (
          <Checkbox
            key={key}
            label={label}
            checked={values.exceptionKeys.includes(key)}
            onChange={({ currentTarget }) =>
              form.setValue(
                'exceptionKeys',
                currentTarget.checked
                  ? [...values.exceptionKeys, key]
                  : values.exceptionKeys.filter((one) => one !== key),
              )
            }
          />
        ))}
      {open('evidence') && (
        <EvidenceFiles
          files={values.evidence}
          error={errorOf('evidence')}
          onChange={(files) => form.setValue('evidence', [...files])}
        />
      )}
      {changed && <Preview previewed={previewed} leftOut={[...new Set(faults)]} />}
    </WriteForm>
  );
}

/** A request as it was asked, apart from its terms. */
function askedBefore(request: SpecialPriceDetail): Omit<PriceRequest, keyof ReturnType<typeof toTerms>> {
  return {
    programId: request.programId,
    kind: request.kind,
    registrationId: request.registrationId,
    agreementId: request.kind === 'new' ? null : request.agreementId,
    customer: null,
    currency: request.currency,
    distributorId: request.distributorId,
    justificationCode: request.justificationCode,
    words: request.words,
    competitor: request.competitor,
    evidenceIds: [],
  };
}
