import type { TSchema } from 'typebox';
import { environment } from '../src/config.ts';
import { moduleNames } from '../src/modules/index.ts';

interface Variable {
  default?: string | number;
  description?: string;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  enum?: unknown[];
  type?: string;
}

/** Every environment variable, from the schema that reads it. */
export function describeConfiguration(): string {
  const rows = Object.entries(environment.properties as Record<string, TSchema & Variable>).map(
    ([name, variable]) =>
      `| \`${name}\` | ${variable.default === undefined ? '—' : `\`${variable.default}\``} | ${valuesOf(variable)} | ${variable.description}${name === 'MODULES' ? `. There are ${moduleNames.join(', ')}` : ''} |`,
  );
  return ['| variable | default | values | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function valuesOf({
  enum: choices,
  type,
  minimum,
  exclusiveMinimum,
  maximum,
  minLength,
  maxLength,
}: Variable): string {
  if (choices) return choices.map((choice) => `\`${String(choice)}\``).join(' ');
  if (type !== 'string') {
    const from = exclusiveMinimum === undefined ? `${minimum}` : `more than ${exclusiveMinimum}`;
    return `${from} to ${maximum}`;
  }
  if (maxLength === undefined) return 'text';
  return minLength === undefined
    ? `at most ${maxLength} characters`
    : `${minLength} to ${maxLength} characters`;
}
