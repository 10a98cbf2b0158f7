import type { PartOptions, PartOutcome } from './part.ts';
export const measureHttp = async (_options: PartOptions): Promise<PartOutcome> => ({ options: {}, rows: [], goals: [], details: '' });
