import { z } from 'zod';
import { routeTable } from './route.ts';

/** What the stream sends: that a case changed, never what. `seq` grows; a partner's is counted by his stream, not by the case. */
export interface LiveEvent {
  readonly caseId: string;
  readonly seq: number;
  readonly kind: string;
}

export const liveRoutes = routeTable({
  'GET /api/live': {
    summary:
      'Server-sent events: `case` when a case you may see changed, `resync` when something may have been missed.',
    permission: 'session.read',
    response: z.string(),
    produces: 'text/event-stream',
  },
});
