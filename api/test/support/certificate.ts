import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Certificate {
  /** Path of the certificate. */
  file: string;
  cert: string;
  key: string;
}

/** A certificate of our own making for a name; nobody trusts it unless told to. */
export function makeCertificate(name: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout ${key} -out ${file} -subj /CN=${name} -addext subjectAltName=DNS:${name}`.split(
      ' ',
    ),
    { stdio: 'ignore' },
  );
  return { file, cert: readFileSync(file, 'utf8'), key: readFileSync(key, 'utf8') };
}
