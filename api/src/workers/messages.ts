/** Where workers that stop wait for each other: answers are held back; no connection is accepted any more. */
export type MeetingPoint = 'holding' | 'closed';

export interface FromWorker {
  ready?: true;
  at?: MeetingPoint;
  wantsMetrics?: number;
}

export interface ToWorker {
  allAt?: MeetingPoint;
  metrics?: string;
  error?: string;
  request?: number;
}
