/*
 * X12 interchanges as segments, read from pieces of text as they come and written with their envelopes. The separators are
 * where the standard puts them, in the first 106 characters. What the segments mean is in `x12-claim.ts`.
 */

export interface Segment {
  /** Place in the interchange, counted from 1. */
  readonly place: number;
  readonly name: string;
  /** Elements by their number less one: `elements[0]` is the first. */
  readonly elements: readonly string[];
}

export const interchangeFaults = [
  'not_x12',
  'segment_too_long',
  'cut_off',
  'control_number',
  'count',
  'after_end',
  'not_a_claim',
] as const;
export type InterchangeFault = (typeof interchangeFaults)[number];

/** A file that is not a whole interchange: nothing of it can be trusted. */
export class InterchangeError extends Error {
  readonly fault: InterchangeFault;
  readonly place: number;

  constructor(fault: InterchangeFault, place: number) {
    super(`segment ${place}: ${fault}`);
    this.name = 'InterchangeError';
    this.fault = fault;
    this.place = place;
  }
}

const ISA_LENGTH = 106;
const MAX_SEGMENT = 20_000;

export interface SegmentReader {
  /** The segments that this piece completes. Throws `InterchangeError`. */
  push(text: string): Segment[];
  /** Nothing more comes. Throws `InterchangeError` when the interchange is not whole. */
  end(): void;
}

/** Reads segments and checks the envelopes around them: control numbers, counts, and that it ends as it began. */
export function segmentReader(): SegmentReader {
  let rest = '';
  let separators: { element: string; terminator: string } | null = null;
  let place = 0;
  let isOver = false;
  let interchange = '';
  let group = { control: '', sets: 0 };
  let groups = 0;
  let set = { control: '', from: 0 };

  const check = (segment: Segment): void => {
    const [first = '', second = ''] = segment.elements;
    const demand = (holds: boolean, fault: InterchangeFault): void => {
      if (!holds) throw new InterchangeError(fault, segment.place);
    };
    demand(!isOver, 'after_end');
    switch (segment.name) {
      case 'ISA':
        interchange = segment.elements[12] ?? '';
        break;
      case 'GS':
        groups += 1;
        group = { control: segment.elements[5] ?? '', sets: 0 };
        break;
      case 'ST':
        group.sets += 1;
        set = { control: second, from: segment.place };
        break;
      case 'SE':
        demand(second === set.control, 'control_number');
        demand(Number(first) === segment.place - set.from + 1, 'count');
        break;
      case 'GE':
        demand(Number(second) === Number(group.control), 'control_number');
        demand(Number(first) === group.sets, 'count');
        break;
      case 'IEA':
        demand(Number(second) === Number(interchange), 'control_number');
        demand(Number(first) === groups, 'count');
        isOver = true;
        break;
    }
  };
  return {
    push(text) {
      rest += text;
      if (separators === null) {
        rest = rest.trimStart();
        if (rest.length < ISA_LENGTH) return [];
        if (!rest.startsWith('ISA')) throw new InterchangeError('not_x12', 1);
        separators = { element: rest[3] ?? '*', terminator: rest[ISA_LENGTH - 1] ?? '~' };
      }
      const segments: Segment[] = [];
      let from = 0;
      for (;;) {
        const at = rest.indexOf(separators.terminator, from);
        if (at === -1) break;
        const written = rest.slice(from, at).trim();
        from = at + 1;
        if (written === '') continue;
        place += 1;
        const [name = '', ...elements] = written.split(separators.element);
        const segment = { place, name, elements };
        check(segment);
        segments.push(segment);
      }
      rest = rest.slice(from);
      if (rest.length > MAX_SEGMENT) throw new InterchangeError('segment_too_long', place + 1);
      return segments;
    },
    end() {
      if (separators === null) throw new InterchangeError('not_x12', 1);
      if (!isOver || rest.trim() !== '') throw new InterchangeError(isOver ? 'after_end' : 'cut_off', place);
    },
  };
}

/** Who sends to whom; ids of at most 15 characters. */
interface Correspondents {
  readonly senderId: string;
  readonly receiverId: string;
}

/**
 * One transaction set in its envelopes, release 004010. `control` is the interchange's number, up to nine digits; `atMs` its
 * time, in UTC. Characters that separate are replaced by blanks.
 */
export function writeInterchange(input: {
  readonly parties: Correspondents;
  readonly control: number;
  readonly atMs: number;
  /** GS01 and ST01: `CF` and `849` for an answer to a claim. */
  readonly group: string;
  readonly set: string;
  readonly segments: readonly (readonly (string | number | null)[])[];
}): string {
  const { parties, control, group, set, segments } = input;
  const [date = '', time = ''] = new Date(input.atMs).toISOString().split('T');
  const day = date.replaceAll('-', '');
  const minute = time.slice(0, 5).replace(':', '');
  const number = String(control).padStart(9, '0');
  const id = (text: string): string => clean(text).slice(0, 15).padEnd(15);
  const all: (readonly (string | number | null)[])[] = [
    ['GS', group, clean(parties.senderId), clean(parties.receiverId), day, minute, control, 'X', '004010'],
    ['ST', set, '0001'],
    ...segments,
    ['SE', segments.length + 2, '0001'],
    ['GE', 1, control],
    ['IEA', 1, number],
  ];
  const head = [
    'ISA',
    '00',
    ' '.repeat(10),
    '00',
    ' '.repeat(10),
    'ZZ',
    id(parties.senderId),
    'ZZ',
    id(parties.receiverId),
  ];
  const first = [...head, day.slice(2), minute, 'U', '00401', number, '0', 'P', '>'].join('*');
  return [first, ...all.map(written)].map((segment) => `${segment}~\n`).join('');
}

/** A segment without the empty elements at its end. */
function written(elements: readonly (string | number | null)[]): string {
  const texts = elements.map((element) => (element === null ? '' : clean(String(element))));
  let length = texts.length;
  while (length > 1 && texts[length - 1] === '') length -= 1;
  return texts.slice(0, length).join('*');
}

function clean(text: string): string {
  return text.replaceAll(/[*~>\u0000-\u001F]/gu, ' ');
}
