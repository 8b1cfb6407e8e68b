import { fieldProblem, Problem } from '../../problems.ts';
import type { TargetFault } from './target.ts';

export const refuseTarget = (fault: TargetFault) => fieldProblem({ in: 'body', pointer: '/url' }, fault);

export const noSuchWebhook = () => new Problem('not-found', 'no-such-webhook');
export const noSuchDelivery = () => new Problem('not-found', 'no-such-delivery');
export const webhookDisabled = () => new Problem('conflict', 'webhook-disabled');
export const tooManyWebhooks = (max: number) =>
  new Problem('conflict', { reason: 'too-many-webhooks', values: { max } });
export const replayUnderWay = () => new Problem('conflict', 'replay-running');
export const notStopped = () => new Problem('conflict', 'relay-running');
