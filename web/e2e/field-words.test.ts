import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldWords } from '../src/ui/useProblemText.ts';
import english from '../src/ui/words.problems.en.ts';
import spanish from '../src/ui/words.problems.es.ts';
import { PASSWORD } from './support/server.ts';
import { makePerson } from './support/scene.ts';
import { expect, test } from './support/test.ts';

const API = join(import.meta.dirname, '../../api/src');

/** What the validator (ajv) says of the fields of a form. */
const OF_THE_VALIDATOR = [
  'must NOT have fewer than 8 characters',
  'must NOT have more than 200 characters',
  'must be >= 1',
  'must be <= 86400',
  'must be integer',
  'must match pattern "\\S"',
  'must match format "uuid"',
];

/** Only who writes requests by hand hears these: no form of ours sends such a thing, or shows it beside a field. */
const BY_HAND = [
  'is not known here',
  'is for mode equal; random takes total',
  'mode equal takes either perUser or total',
  'goes with total, not with perUser',
  'goes without length, prefix and postfix',
  'must be 1 unless allowMultipleRedemptions is true',
  'must name userIds or emails, or all alone',
  'must be longer, or come with a book, a user or a stretch of time (from, to)',
  'must be the nextCursor of the page before',
  'must be 1 to 255 printable ASCII characters',
  'must be 100-continue',
];

test('every reason for which the API refuses a field of a form has words in both languages', () => {
  const details = [...OF_THE_VALIDATOR, ...detailsOfTheApi()].filter((detail) => !BY_HAND.includes(detail));
  expect(details).toContain('is taken');
  for (const detail of details) {
    const { key, named } = fieldWords(detail);
    expect(key, detail).not.toBe('other');
    for (const { fields } of [english, spanish]) {
      const words = (fields as Record<string, string>)[key];
      const blanks = [...(words ?? '').matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      expect(words, detail).toBeTruthy();
      expect(
        blanks.filter((name) => !named[name]),
        `what “${words}” is filled with`,
      ).toEqual([]);
    }
  }
});

test('a registration that is refused says why beside each field, in Spanish', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 4\d\d/);
  const page = await open(null, { at: '/register', language: 'es' });
  const person = await makePerson(server);
  const [email, password] = [page.getByLabel('Correo'), page.getByLabel('Contraseña', { exact: true })];
  const create = page.getByRole('button', { name: 'Registrarse' });
  await email.fill(person.email);
  await password.fill('password1');
  await create.click();
  await expect(page.getByText('Es demasiado fácil de adivinar: elija otra')).toBeVisible();
  await password.fill(PASSWORD);
  await create.click();
  await expect(page.getByText('Este correo ya tiene una cuenta', { exact: false })).toBeVisible();
});

/** The reasons in the sources that point at a field, with a number where one is filled in. */
function detailsOfTheApi(): string[] {
  return readdirSync(API, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => readFileSync(join(API, path), 'utf8'))
    .filter((source) => /\bpointer\b/.test(source))
    .flatMap((source) =>
      [...source.matchAll(/(['`])((?:is|must|needs|can have|goes|mode \w+ takes) [^\n]*?)\1/g)].map(
        ([, , detail]) => detail!.replace(/\$\{[^}]*\}/g, '7'),
      ),
    );
}
