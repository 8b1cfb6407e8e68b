import { type Finding, finding } from './finding.ts';

const PATIENCE_MS = 10_000;
/** Reading all data takes its time. */
const DATA_PATIENCE_MS = 900_000;
const CLOCK_SECONDS = 2;

export interface AskOptions {
  data: boolean;
  /** `ADMIN_EMAIL` and `ADMIN_PASSWORD` let it sign in. */
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * Asks a running service from outside, as a load balancer and an administrator do.
 * @throws {Error} with words when the address is none, or the sign-in is refused
 */
export async function askService(address: string, { data, env }: AskOptions): Promise<Finding[]> {
  const base = URL.parse(address);
  if (!base || !/^https?:$/.test(base.protocol))
    throw new Error(`--url takes an address such as https://coupons.example.org.`);
  const findings: Finding[] = [];
  const ready = await get(new URL('/health/ready', base), PATIENCE_MS);
  if ('error' in ready) return [finding('service-unreachable', ready)];
  findings.push(...judgeClock(ready.headers.get('date')));
  if (ready.status !== 200)
    findings.push(finding('service-not-ready', { status: ready.status, error: detailOf(ready.body) }));
  if (env.ADMIN_EMAIL === undefined || env.ADMIN_PASSWORD === undefined) return findings;
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = env;
  const signedIn = await get(new URL('/api/v1/auth/login', base), PATIENCE_MS, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  if ('error' in signedIn) return [...findings, finding('service-unreachable', signedIn)];
  const { accessToken } = signedIn.body as { accessToken?: string };
  if (!accessToken)
    throw new Error(`The service refused ADMIN_EMAIL with ADMIN_PASSWORD: ${detailOf(signedIn.body)}`);
  const own = await get(new URL(`/api/v1/doctor?data=${data}`, base), data ? DATA_PATIENCE_MS : PATIENCE_MS, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  if ('error' in own) return [...findings, finding('service-unreachable', own)];
  if (own.status !== 200) throw new Error(`The service does not say what it finds: ${detailOf(own.body)}`);
  return [...findings, ...(own.body as { findings: Finding[] }).findings];
}

function judgeClock(date: string | null): Finding[] {
  const seconds = Math.round(Math.abs(Date.parse(date ?? '') - Date.now()) / 1000);
  return seconds > CLOCK_SECONDS ? [finding('clock-differs-from-service', { seconds })] : [];
}

interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

async function get(
  url: URL,
  patienceMs: number,
  init: RequestInit = {},
): Promise<Answer | { error: string }> {
  try {
    const response = await fetch(url, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await response.text();
    const body: unknown = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {};
    return { status: response.status, headers: response.headers, body };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    return { error: cause?.message ? `${message} (${cause.message})` : message };
  }
}

function detailOf(body: unknown): string {
  const { detail, title } = (body ?? {}) as { detail?: string; title?: string };
  return detail ?? title ?? 'it gave no reason';
}
