import { Button, Checkbox, NativeSelect, Table, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { DURATION_UNITS } from '../../../../domain/business-time.ts';
import type { ApprovalBand, PricingRole } from '../../../../domain/special-pricing/policy.ts';
import { pricingRoles } from '../../../../domain/special-pricing/policy.ts';
import { inWords, roleWords, sentence } from '../../../../domain/words/en.ts';
import { majorTextOf, minorOf } from '../../lib/amounts.ts';
import type { DocumentBody } from '../../lib/document-text.ts';
import { useRead } from '../../lib/queries.ts';
import { isNarrow } from '../../lib/width.ts';
import {
  faultAt,
  matrixOf,
  percentTextOf,
  ppmOf,
  withBand,
  withNewBand,
  withoutBand,
  withRole,
  type MatrixFields,
} from './matrix-document.ts';

type Faults = readonly { readonly pointer: string; readonly reason: string }[];

interface Editing {
  readonly document: DocumentBody;
  readonly onChange: (document: DocumentBody) => void;
  /** What the API said of the document as it was sent last. */
  readonly faults: Faults;
}

/** The matrix as a form over the document: bands, floors, end of a quarter. Each change is one of the document. */
export function MatrixEditor(props: Editing): ReactNode {
  const matrix = matrixOf(props.document);
  if (matrix === null)
    return (
      <p className="quiet">
        The matrix of this document cannot be shown as a form; its text below can be mended.
      </p>
    );
  return (
    <div className="stack">
      <Bands {...props} matrix={matrix} />
      <div className="form-grid">
        <NativeSelect
          label="Who decides"
          value={matrix.approvalShape}
          onChange={({ currentTarget: { value } }) =>
            props.onChange({ ...props.document, approvalShape: value === 'chain' ? 'chain' : 'owner' })
          }
          error={faultAt(props.faults, 'approvalShape')}
          data={[
            { value: 'owner', label: 'Only the people of the band' },
            { value: 'chain', label: 'Those of each band below first' },
          ]}
        />
        <QuarterEnd {...props} matrix={matrix} />
      </div>
      <Floors {...props} matrix={matrix} />
      <Exceptions {...props} matrix={matrix} />
    </div>
  );
}

interface WithMatrix extends Editing {
  readonly matrix: MatrixFields;
}

/** Keeps what is typed while it is no value yet, and says so; what others change of it meanwhile is shown. */
function TypedInput(props: {
  label: string;
  value: string;
  /** Takes what was typed; false: it is no value. */
  onTyped: (text: string) => boolean;
  wrong: string;
  error: string | null;
  width?: number;
  hidden?: boolean;
  list?: string;
}): ReactNode {
  const { label, value, onTyped, wrong, error, width, hidden = false, list } = props;
  const [typed, setTyped] = useState<{ text: string; isValue: boolean; of: string } | null>(null);
  const shown = typed !== null && (!typed.isValue || typed.of === value) ? typed : null;
  return (
    <TextInput
      {...(hidden ? { 'aria-label': label } : { label })}
      {...(width === undefined ? {} : { w: width })}
      {...(list === undefined ? {} : { list })}
      value={shown?.text ?? value}
      error={shown !== null && !shown.isValue ? wrong : error}
      onChange={({ currentTarget: { value: text } }) => {
        const isValue = onTyped(text);
        setTyped({ text, isValue, of: value });
      }}
      onBlur={() => setTyped((before) => (before?.isValue === true ? null : before))}
    />
  );
}

function PercentInput(props: {
  label: string;
  ppm: number;
  onPpm: (ppm: number) => void;
  error: string | null;
  hidden?: boolean;
}): ReactNode {
  const { label, ppm, onPpm, error, hidden } = props;
  return (
    <TypedInput
      label={label}
      {...(hidden === undefined ? {} : { hidden })}
      width={84}
      value={percentTextOf(ppm)}
      wrong="A percentage, such as 12.5."
      error={error}
      onTyped={(text) => {
        const typed = ppmOf(text);
        if (typed !== null) onPpm(typed);
        return typed !== null;
      }}
    />
  );
}

function WholeInput(props: {
  label: string;
  value: number;
  onValue: (value: number) => void;
  error: string | null;
  width?: number;
  hidden?: boolean;
}): ReactNode {
  const { value, onValue, ...rest } = props;
  return (
    <TypedInput
      {...rest}
      value={String(value)}
      wrong="A whole number."
      onTyped={(text) => {
        const isWhole = /^\d{1,9}$/.test(text.trim());
        if (isWhole) onValue(Number(text));
        return isWhole;
      }}
    />
  );
}

function Bands(props: WithMatrix): ReactNode {
  const { document, onChange, faults, matrix } = props;
  const { bands } = matrix;
  const narrow = isNarrow();
  const parts = bands.map((band, place) => {
    const editing: BandEditing = {
      band,
      place,
      last: place === bands.length - 1,
      currency: matrix.currency,
      faults,
      change: (part) => onChange(withBand(document, place, part)),
    };
    return {
      key: place,
      name: <BandName {...editing} hidden={!narrow} />,
      limit: <BandLimit {...editing} hidden={!narrow} />,
      asks: <BandAsks {...editing} />,
      time: <BandTime {...editing} />,
      bump: <BandBump {...editing} />,
      remove: bands.length > 1 && (
        <Button
          variant="subtle"
          color="gray"
          px={6}
          aria-label={`Remove the band ${band.key}`}
          onClick={() => onChange(withoutBand(document, place))}
        >
          <IconTrash size={15} aria-hidden />
        </Button>
      ),
    };
  });
  return (
    <>
      {narrow ? (
        <ul className="cards">
          {parts.map((part) => (
            <li key={part.key} className="stack">
              <div className="between" style={{ alignItems: 'flex-end' }}>
                <span className="row">
                  {part.name}
                  {part.limit}
                </span>
                {part.remove}
              </div>
              {part.asks}
              {matrix.bands[part.key]?.answerWithin !== null && (
                <div>
                  <span className="quiet">Answer within</span>
                  {part.time}
                </div>
              )}
              <div>
                <span className="quiet">A larger deal</span>
                {part.bump}
              </div>
            </li>
          ))}
        </ul>
      ) : (
        <div style={{ overflowX: 'auto' }} role="region" aria-label="Bands" tabIndex={0}>
          <Table aria-label="Bands of the matrix" className="matrix">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Band</Table.Th>
                <Table.Th>Discount up to, %</Table.Th>
                <Table.Th>Who is asked</Table.Th>
                <Table.Th>Answer within</Table.Th>
                <Table.Th>A larger deal</Table.Th>
                <Table.Th>
                  <span className="visually-hidden">Remove</span>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {parts.map((part) => (
                <Table.Tr key={part.key}>
                  <Table.Td>{part.name}</Table.Td>
                  <Table.Td>{part.limit}</Table.Td>
                  <Table.Td>{part.asks}</Table.Td>
                  <Table.Td>{part.time}</Table.Td>
                  <Table.Td>{part.bump}</Table.Td>
                  <Table.Td>{part.remove}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <Fault
        text={faults
          .filter(({ pointer }) => pointer === '/body/bands')
          .map(({ reason }) => reason)
          .join(' ')}
      />
      <div>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange(withNewBand(document))}
        >
          Add a band
        </Button>
      </div>
    </>
  );
}

interface BandEditing {
  readonly band: ApprovalBand;
  readonly place: number;
  readonly last: boolean;
  readonly currency: string;
  readonly faults: Faults;
  readonly change: (part: Partial<ApprovalBand>) => void;
}

function Fault({ text }: { text: string | null }): ReactNode {
  if (text === null || text === '') return null;
  return <p className="matrix-fault">{text}</p>;
}

function BandName({ band, place, faults, change, hidden }: BandEditing & { hidden: boolean }): ReactNode {
  return (
    <TextInput
      {...(hidden ? { 'aria-label': `Name of band ${place + 1}` } : { label: `Name of band ${place + 1}` })}
      w={140}
      value={band.key}
      error={faultAt(faults, 'bands', place, 'key')}
      onChange={({ currentTarget: { value } }) => change({ key: value })}
    />
  );
}

function BandLimit(editing: BandEditing & { hidden: boolean }): ReactNode {
  const { band, place, last, faults, change, hidden } = editing;
  const error = faultAt(faults, 'bands', place, 'toPpm');
  if (last && band.toPpm === null)
    return (
      <>
        <span className="quiet">any larger</span>
        <Fault text={error} />
      </>
    );
  return (
    <PercentInput
      label={hidden ? `Discount up to, per cent, band ${place + 1}` : 'Up to, %'}
      hidden={hidden}
      ppm={band.toPpm ?? 0}
      error={error}
      onPpm={(toPpm) => change({ toPpm })}
    />
  );
}

function BandAsks({ band, place, faults, change }: BandEditing): ReactNode {
  const asked = band.asks?.roles ?? [];
  return (
    <fieldset className="matrix-roles" style={{ border: 0, padding: 0, margin: 0 }}>
      <legend className="visually-hidden">Who is asked in band {place + 1}</legend>
      {pricingRoles.map((role) => (
        <Checkbox
          key={role}
          size="xs"
          label={roleWords[role]}
          checked={asked.includes(role)}
          onChange={({ currentTarget: { checked } }) => change(withRole(band, role, checked))}
        />
      ))}
      {asked.length > 1 && band.asks !== null && (
        <NativeSelect
          size="xs"
          aria-label={`How many have to agree in band ${place + 1}`}
          value={band.asks.quorum === null ? '' : String(band.asks.quorum)}
          onChange={({ currentTarget: { value } }) =>
            change({ asks: { roles: asked, quorum: value === '' ? null : Number(value) } })
          }
          data={[
            { value: '', label: `All ${asked.length}` },
            ...asked.slice(0, -1).map((_, at) => ({ value: String(at + 1), label: `Any ${at + 1}` })),
          ]}
        />
      )}
      {asked.length === 0 && <span className="quiet">Nobody: it clears at once</span>}
      <Fault text={faultAt(faults, 'bands', place, 'asks')} />
    </fieldset>
  );
}

function BandTime({ band, place, faults, change }: BandEditing): ReactNode {
  const { answerWithin } = band;
  const error = faultAt(faults, 'bands', place, 'answerWithin');
  if (answerWithin === null)
    return (
      <>
        <span className="quiet">–</span>
        <Fault text={error} />
      </>
    );
  return (
    <>
      <div className="matrix-pair">
        <WholeInput
          label={`Length of the answer, band ${place + 1}`}
          hidden
          width={56}
          value={answerWithin.amount}
          error={null}
          onValue={(amount) => change({ answerWithin: { ...answerWithin, amount } })}
        />
        <NativeSelect
          aria-label={`Unit of the answer's length, band ${place + 1}`}
          w={140}
          value={answerWithin.unit}
          onChange={({ currentTarget: { value } }) => {
            const unit = DURATION_UNITS.find((one) => one === value);
            if (unit !== undefined) change({ answerWithin: { ...answerWithin, unit } });
          }}
          data={DURATION_UNITS.map((unit) => ({ value: unit, label: `${inWords(unit)}s` }))}
        />
      </div>
      <Fault text={error} />
    </>
  );
}

function BandBump({ band, place, currency, faults, change }: BandEditing): ReactNode {
  const { valueBump } = band;
  return (
    <>
      <div className="matrix-pair" style={{ flexWrap: 'wrap' }}>
        <NativeSelect
          aria-label={`What a larger deal changes, band ${place + 1}`}
          w={150}
          value={valueBump?.effect ?? ''}
          onChange={({ currentTarget: { value } }) => {
            const aboveMinor = valueBump?.aboveMinor ?? 0;
            if (value === 'one_level_up') change({ valueBump: { aboveMinor, effect: value } });
            else if (value === 'add')
              change({ valueBump: { aboveMinor, effect: value, roles: [nextRole(band)] } });
            else change({ valueBump: null });
          }}
          data={[
            { value: '', label: 'changes nothing' },
            { value: 'one_level_up', label: 'asks one level up' },
            { value: 'add', label: 'asks also' },
          ]}
        />
        {valueBump?.effect === 'add' && (
          <NativeSelect
            aria-label={`Who is asked also, band ${place + 1}`}
            w={170}
            value={valueBump.roles.length === 1 ? valueBump.roles[0] : ''}
            onChange={({ currentTarget: { value } }) => {
              const role = pricingRoles.find((one) => one === value);
              if (role !== undefined) change({ valueBump: { ...valueBump, roles: [role] } });
            }}
            data={[
              ...(valueBump.roles.length === 1
                ? []
                : [{ value: '', label: valueBump.roles.map((role) => roleWords[role]).join(', ') }]),
              ...pricingRoles.map((role) => ({ value: role, label: roleWords[role] })),
            ]}
          />
        )}
        {valueBump !== null && (
          <TypedInput
            label={`Above, in ${currency}, band ${place + 1}`}
            hidden
            width={130}
            value={majorTextOf({ amountMinor: valueBump.aboveMinor, currency })}
            wrong={`An amount in ${currency}.`}
            error={null}
            onTyped={(text) => {
              const aboveMinor = minorOf(text, currency);
              if (aboveMinor !== null) change({ valueBump: { ...valueBump, aboveMinor } });
              return aboveMinor !== null;
            }}
          />
        )}
      </div>
      {valueBump !== null && (
        <span className="quiet" style={{ fontSize: 12 }}>
          for deals above this, {currency}
        </span>
      )}
      <Fault text={faultAt(faults, 'bands', place, 'valueBump')} />
    </>
  );
}

/** The lowest role that the band does not ask yet. */
function nextRole(band: ApprovalBand): PricingRole {
  return pricingRoles.find((role) => band.asks?.roles.includes(role) !== true) ?? 'ceo';
}

function QuarterEnd({ document, onChange, faults, matrix }: WithMatrix): ReactNode {
  const { quarterEnd } = matrix;
  const set = (next: MatrixFields['quarterEnd']): void => onChange({ ...document, quarterEnd: next });
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>End of a quarter</legend>
      <Checkbox
        size="xs"
        label="Clocks that open in its last days run on a part of their length"
        checked={quarterEnd !== null}
        onChange={({ currentTarget: { checked } }) =>
          set(checked ? { lastBusinessDays: 5, lengthPpm: 500_000 } : null)
        }
      />
      {quarterEnd !== null && (
        <div className="row" style={{ marginTop: 6, alignItems: 'flex-start' }}>
          <WholeInput
            label="Last business days"
            width={130}
            value={quarterEnd.lastBusinessDays}
            error={faultAt(faults, 'quarterEnd', 'lastBusinessDays')}
            onValue={(lastBusinessDays) => set({ ...quarterEnd, lastBusinessDays })}
          />
          <PercentInput
            label="Length, %"
            ppm={quarterEnd.lengthPpm}
            error={faultAt(faults, 'quarterEnd', 'lengthPpm')}
            onPpm={(lengthPpm) => set({ ...quarterEnd, lengthPpm })}
          />
        </div>
      )}
    </fieldset>
  );
}

function Floors({ document, onChange, faults, matrix }: WithMatrix): ReactNode {
  const { byFamily, otherPpm } = matrix.marginFloors;
  const products = useRead('GET /api/products', { query: { limit: 200 } });
  const families = [...new Set((products.data?.items ?? []).map(({ family }) => family))];
  const [added, setAdded] = useState('');
  const set = (part: Partial<MatrixFields['marginFloors']>): void =>
    onChange({ ...document, marginFloors: { ...matrix.marginFloors, ...part } });
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500 }}>Margin floors</legend>
      <p className="quiet" style={{ margin: '2px 0 6px' }}>
        Below its family's floor a request goes to the last band.
      </p>
      <ul className="cards" style={{ maxWidth: 460 }}>
        {Object.entries(byFamily).map(([family, floor]) => (
          <li key={family} className="between">
            <span>{sentence(inWords(family))}</span>
            <span className="matrix-pair">
              <PercentInput
                label={`Floor of ${family}, per cent`}
                hidden
                ppm={floor}
                error={faultAt(faults, 'marginFloors', 'byFamily', family)}
                onPpm={(ppm) => set({ byFamily: { ...byFamily, [family]: ppm } })}
              />
              <Button
                variant="subtle"
                color="gray"
                px={6}
                aria-label={`Remove the floor of ${family}`}
                onClick={() =>
                  set({
                    byFamily: Object.fromEntries(Object.entries(byFamily).filter(([one]) => one !== family)),
                  })
                }
              >
                <IconTrash size={15} aria-hidden />
              </Button>
            </span>
          </li>
        ))}
        <li className="between">
          <Checkbox
            size="xs"
            label="All other families"
            checked={otherPpm !== null}
            onChange={({ currentTarget: { checked } }) => set({ otherPpm: checked ? 0 : null })}
          />
          {otherPpm === null ? (
            <span className="quiet">no floor</span>
          ) : (
            <PercentInput
              label="Floor of all other families, per cent"
              hidden
              ppm={otherPpm}
              error={faultAt(faults, 'marginFloors', 'otherPpm')}
              onPpm={(ppm) => set({ otherPpm: ppm })}
            />
          )}
        </li>
      </ul>
      <datalist id="families-of-floors">
        {families.map((family) => (
          <option key={family} value={family}>
            {sentence(inWords(family))}
          </option>
        ))}
      </datalist>
      <div className="row" style={{ marginTop: 6 }}>
        <TextInput
          aria-label="Family of another floor"
          placeholder="Product family"
          list="families-of-floors"
          w={180}
          value={added}
          onChange={({ currentTarget: { value } }) => setAdded(value)}
        />
        <Button
          variant="default"
          disabled={added.trim() === '' || Object.hasOwn(byFamily, added.trim())}
          onClick={() => {
            set({ byFamily: { ...byFamily, [added.trim()]: 100_000 } });
            setAdded('');
          }}
        >
          Add a floor
        </Button>
      </div>
    </fieldset>
  );
}

function Exceptions({ document, onChange, faults, matrix }: WithMatrix): ReactNode {
  const { termExceptions, bands } = matrix;
  if (termExceptions.length === 0) return null;
  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0 }}>
      <legend style={{ fontSize: 13, fontWeight: 500, marginBottom: 4 }}>
        Departures from the usual terms
      </legend>
      <div className="form-grid">
        {termExceptions.map((one, place) => (
          <NativeSelect
            key={one.key}
            label={one.label}
            description="asks at least"
            value={one.bandKey}
            error={faultAt(faults, 'termExceptions', place, 'bandKey')}
            onChange={({ currentTarget: { value } }) =>
              onChange({
                ...document,
                termExceptions: termExceptions.map((other, at) =>
                  at === place ? { ...other, bandKey: value } : other,
                ),
              })
            }
            data={[
              ...(bands.some(({ key }) => key === one.bandKey) ? [] : [one.bandKey]),
              ...bands.map(({ key }) => key),
            ].map((key) => ({ value: key, label: sentence(inWords(key)) }))}
          />
        ))}
      </div>
    </fieldset>
  );
}
