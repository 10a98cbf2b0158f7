import type { DocumentBody } from '../../lib/document-text.ts';
import type {
  ApprovalBand,
  PricingRole,
  SpecialPricingPolicy,
} from '../../../../domain/special-pricing/policy.ts';

/*
 * The matrix as it is edited: the document itself, and every change a new document. What the form does not show stays as it is. A draft
 * may be of any shape, because it is text as well; only one whose matrix can be read is shown as a form.
 */

/** The part of a document that the form shows. */
export type MatrixFields = Pick<
  SpecialPricingPolicy,
  'bands' | 'approvalShape' | 'marginFloors' | 'quarterEnd' | 'termExceptions' | 'currency'
>;

/** The matrix of a document; null where its shape cannot be shown as a form: then the text is the way to mend it. */
export function matrixOf(document: DocumentBody): MatrixFields | null {
  const { bands, marginFloors, quarterEnd, termExceptions, approvalShape, currency } = document;
  const fits =
    Array.isArray(bands) &&
    bands.every(isBand) &&
    isHeld(marginFloors) &&
    isHeld(marginFloors['byFamily']) &&
    Object.values(marginFloors['byFamily']).every((floor) => typeof floor === 'number') &&
    isNumberOrNull(marginFloors['otherPpm']) &&
    (quarterEnd === null ||
      (isHeld(quarterEnd) &&
        typeof quarterEnd['lastBusinessDays'] === 'number' &&
        typeof quarterEnd['lengthPpm'] === 'number')) &&
    Array.isArray(termExceptions) &&
    termExceptions.every((one) => isHeld(one) && typeof one['bandKey'] === 'string') &&
    (approvalShape === 'owner' || approvalShape === 'chain') &&
    typeof currency === 'string' &&
    /^[A-Z]{3}$/.test(currency);
  return fits ? (document as unknown as MatrixFields) : null;
}

function isBand(value: unknown): boolean {
  if (!isHeld(value)) return false;
  const { asks, answerWithin, valueBump } = value;
  return (
    typeof value['key'] === 'string' &&
    isNumberOrNull(value['toPpm']) &&
    (asks === null || (isHeld(asks) && Array.isArray(asks['roles']) && isNumberOrNull(asks['quorum']))) &&
    (answerWithin === null ||
      (isHeld(answerWithin) &&
        typeof answerWithin['amount'] === 'number' &&
        typeof answerWithin['unit'] === 'string')) &&
    (valueBump === null ||
      (isHeld(valueBump) &&
        typeof valueBump['aboveMinor'] === 'number' &&
        (valueBump['effect'] === 'one_level_up' ||
          (valueBump['effect'] === 'add' && Array.isArray(valueBump['roles'])))))
  );
}

const isHeld = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNumberOrNull = (value: unknown): boolean => value === null || typeof value === 'number';

/** Changes one band; a new name goes to the exceptions that name it as well. */
export function withBand(document: DocumentBody, place: number, part: Partial<ApprovalBand>): DocumentBody {
  const matrix = matrixOf(document);
  const before = matrix?.bands[place];
  if (matrix === null || before === undefined) return document;
  const renamed = part.key !== undefined && part.key !== before.key;
  return {
    ...document,
    bands: matrix.bands.map((band, at) => (at === place ? { ...band, ...part } : band)),
    ...(renamed
      ? {
          termExceptions: matrix.termExceptions.map((one) =>
            one.bandKey === before.key ? { ...one, bandKey: part.key } : one,
          ),
        }
      : {}),
  };
}

/** A band between the last two, like the lower one where that asks somebody; what it allows is to be typed. */
export function withNewBand(document: DocumentBody): DocumentBody {
  const matrix = matrixOf(document);
  if (matrix === null) return document;
  const { bands } = matrix;
  const last = bands.at(-1);
  const below = bands.at(-2);
  const names = new Set(bands.map(({ key }) => key));
  let count = bands.length + 1;
  while (names.has(`band-${count}`)) count += 1;
  // One that asks nobody does not come after one that asks.
  const like = (below?.asks ?? null) === null ? last : below;
  const added: ApprovalBand = {
    key: `band-${count}`,
    toPpm: Math.min((below?.toPpm ?? 0) + 50_000, 1_000_000),
    asks: like?.asks ?? null,
    answerWithin: like?.answerWithin ?? null,
    valueBump: null,
  };
  return { ...document, bands: [...bands.slice(0, -1), added, ...bands.slice(-1)] };
}

/** Without a band; the new last one has no upper bound. */
export function withoutBand(document: DocumentBody, place: number): DocumentBody {
  const matrix = matrixOf(document);
  if (matrix === null || matrix.bands.length <= 1) return document;
  const bands = matrix.bands.filter((_, at) => at !== place);
  return {
    ...document,
    bands: bands.map((band, at) => (at === bands.length - 1 ? { ...band, toPpm: null } : band)),
  };
}

/** Who is asked in a band; nobody has no time to answer, and somebody needs some. */
export function withRole(band: ApprovalBand, role: PricingRole, asked: boolean): Partial<ApprovalBand> {
  const before = band.asks?.roles ?? [];
  const roles = asked ? [...before, role] : before.filter((one) => one !== role);
  if (roles.length === 0) return { asks: null, answerWithin: null };
  const quorum = band.asks?.quorum ?? null;
  return {
    asks: { roles, quorum: quorum !== null && quorum > roles.length ? null : quorum },
    answerWithin: band.answerWithin ?? { amount: 8, unit: 'businessHour' },
  };
}

/** Parts per million of a percentage as people type it, "12.5" or "12,5"; null when it is none. */
export function ppmOf(text: string): number | null {
  const match = /^(\d{1,3})(?:[.,](\d{1,4}))?$/.exec(text.trim().replace(/\s*%$/, ''));
  if (match === null) return null;
  return Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
}

/** "12.5" of parts per million, for an input. */
export function percentTextOf(ppm: number): string {
  return String(ppm / 10_000);
}

/** What stands against a field, of what the API said of the whole document; the pointers end where the field begins. */
export function faultAt(
  faults: readonly { readonly pointer: string; readonly reason: string }[],
  ...path: readonly (string | number)[]
): string | null {
  const at = `/body/${path.join('/')}`;
  const found = faults.filter(({ pointer }) => pointer === at || pointer.startsWith(`${at}/`));
  return found.length === 0 ? null : found.map(({ reason }) => reason).join(' ');
}

/** Of what was said of a document, that which still holds: whose value has been changed since is not said again. */
export function standingFaults<Fault extends { readonly pointer: string }>(
  faults: readonly Fault[],
  of: { readonly said: unknown; readonly now: unknown },
): Fault[] {
  return faults.filter(
    ({ pointer }) => JSON.stringify(valueAt(of.said, pointer)) === JSON.stringify(valueAt(of.now, pointer)),
  );
}

/** The value at "/body/bands/0/toPpm" of a document. */
function valueAt(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(2)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, step) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[step] : undefined,
      document,
    );
}
