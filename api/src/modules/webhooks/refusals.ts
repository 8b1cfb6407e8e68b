import { Problem } from '../../problems.ts';
import type { TargetFault } from './target.ts';

const TARGET_FAULTS: Record<TargetFault, string> = {
  'url-not-readable': 'must be a URL such as https://example.org/hooks',
  'url-not-http': 'must begin with https:// or http://',
  'url-with-user': 'must not contain a user or password',
  'url-not-public': 'must lead to a public address (WEBHOOK_ALLOW_PRIVATE opens other networks)',
  'url-name-unknown': 'has a host name that cannot be found',
};

export const refuseTarget = (fault: TargetFault) =>
  new Problem('invalid-request', 'The URL cannot be used.', {
    errors: [{ in: 'body', pointer: '/url', detail: TARGET_FAULTS[fault] }],
  });

export const noSuchWebhook = () => new Problem('not-found', 'There is no such webhook.');
export const noSuchDelivery = () => new Problem('not-found', 'There is no such delivery.');
export const webhookDisabled = () =>
  new Problem('conflict', 'The webhook is switched off: switch it on first.');
export const tooManyWebhooks = (max: number) => new Problem('conflict', `There are ${max} webhooks already.`);
export const replayUnderWay = () => new Problem('conflict', 'A replay of this webhook is under way.');
export const notStopped = () => new Problem('conflict', 'This relay is not stopped.');
