import { expect, onTestFinished, test, vi } from 'vitest';
import { loggedMetricNames } from '../../src/plugins/logged-metrics.ts';
import { startTestApp } from '../support/app.ts';
import { insertBook } from '../support/nodes.ts';

test('one line in each interval has the worst of each metric that an alarm is about, and no code or name', async () => {
  const t = await startTestApp({
    config: { logMetricsSeconds: 3_600, sqsQueueUrl: 'https://sqs.example.org/q' },
  });
  onTestFinished(() => t.close());
  const admin = await t.asAdmin();
  const { id, codes } = await insertBook(t.db, 4);
  await insertBook(t.db, 1);
  await t.app.inject({
    method: 'POST',
    url: `/api/v1/coupons/assign/${codes[0]!}`,
    headers: admin.headers,
    payload: {},
  });
  await t.app.relays.handOnOnce(AbortSignal.abort());
  const info = vi.spyOn(t.app.log, 'info');
  const never = new AbortController().signal;
  await t.app.doChores(never);
  await t.app.doChores(never);
  const lines = info.mock.calls.filter(([, message]) => message === 'metrics');
  expect(lines).toHaveLength(1);
  const [{ metrics }] = lines[0] as unknown as [{ metrics: Record<string, number> }];
  expect(metrics).toMatchObject({ relay_stopped: 0, coupons_locked: 0, book_stock_ratio: 0.75 });
  for (const [name, value] of Object.entries(metrics)) {
    expect(loggedMetricNames).toContain(name);
    expect(value, name).toBeTypeOf('number');
  }
  expect(JSON.stringify(metrics)).not.toMatch(new RegExp(`${id}|${codes.join('|')}`));
});

test('nothing is logged unless it is asked for', async () => {
  const t = await startTestApp({ modules: [] });
  onTestFinished(() => t.close());
  const info = vi.spyOn(t.app.log, 'info');
  await t.app.doChores(new AbortController().signal);
  expect(info).not.toHaveBeenCalled();
});
