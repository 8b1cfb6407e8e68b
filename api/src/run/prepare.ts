import { readConfig } from '../config.ts';
import { prepareDeployment } from '../prepare.ts';

/** Before a new version gets traffic: migrations and the first administrator. As a program, or as a function on AWS Lambda. */
export async function handler() {
  return prepareDeployment(readConfig(process.env));
}

if (import.meta.main) {
  await handler().catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
