import type { BrowserContext, ConsoleMessage } from '@playwright/test';

export interface Faults {
  /** Forgets what was before: a test begins. */
  begin: () => void;
  watch: (context: BrowserContext, origin: string) => Promise<void>;
  /** Faults that this test brings about and that match are none. */
  allow: (pattern: RegExp) => void;
  found: () => string[];
}

/**
 * Keeps what no page may do, whatever it is tested for: write an error or a warning to the console, throw, break the content
 * security policy, ask another host for anything.
 */
export function watchFaults(): Faults {
  let seen: string[] = [];
  let allowed: RegExp[] = [];

  async function watch(context: BrowserContext, origin: string): Promise<void> {
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) seen.push(describe(message));
    });
    context.on('weberror', (error) => seen.push(`thrown: ${error.error().stack ?? error.error().message}`));
    context.on('request', (request) => {
      const url = new URL(request.url());
      if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin)
        seen.push(`request to another host: ${request.url()}`);
    });
    await context.exposeFunction('reportViolation', (text: string) => seen.push(`policy: ${text}`));
    await context.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
        (window as unknown as { reportViolation: (text: string) => void }).reportViolation(
          `${violatedDirective} ${blockedURI} (${sourceFile})`,
        ),
      ),
    );
  }

  return {
    begin() {
      seen = [];
      allowed = [];
    },
    watch,
    allow: (pattern) => void allowed.push(pattern),
    found: () => seen.filter((fault) => !allowed.some((pattern) => pattern.test(fault))),
  };
}

function describe(message: ConsoleMessage): string {
  const { url, lineNumber } = message.location();
  return `${message.type()}: ${message.text()} (${url}:${lineNumber})`;
}
