import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import englishForAdmins from '../../src/ui/words.adminReasons.en.ts';
import spanishForAdmins from '../../src/ui/words.adminReasons.es.ts';
import englishForAll from '../../src/ui/words.reasons.en.ts';
import spanishForAll from '../../src/ui/words.reasons.es.ts';
import { ok } from '../support/api.ts';
import { endOf, makeBook, makePerson, unique } from '../support/scene.ts';
import { PASSWORD, type TestServer } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

// That every reason has words in both languages, the compiler sees to.
test('the words of a reason are filled with what the API sends with it, in both languages', () => {
  const openapi = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../api/openapi.json'), 'utf8'),
  ) as {
    components: { schemas: { Reason: { enum: string[]; 'x-values': Record<string, string[]> } } };
  };
  const { enum: reasons, 'x-values': sent } = openapi.components.schemas.Reason;
  for (const words of [
    { ...englishForAll, ...englishForAdmins },
    { ...spanishForAll, ...spanishForAdmins },
  ] as Record<string, string>[]) {
    expect(Object.keys(words).sort()).toEqual([...reasons, 'network'].sort());
    for (const [reason, text] of Object.entries(words)) {
      const blanks = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(sent[reason] ?? [], `${reason}: ${text}`).toEqual(expect.arrayContaining(blanks));
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

test('why people got none, why a job failed and why a file was refused is said in Spanish', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 4\d\d/);
  const page = await open(await makePerson(server, 'ADMIN'), { language: 'es' });

  const short = await distributeOneToThree(server);
  await page.goto(`/jobs/${short}`);
  await expect(page.getByRole('cell', { name: 'No quedaban cupones: recibió 0 de 2' })).toHaveCount(2);
  await expect(page.getByText('2 personas se quedaron sin cupón: no quedaban')).toBeVisible();

  const { id } = await makeBook(server, 0);
  const code = `X-${randomUUID().slice(0, 8)}`.toUpperCase();
  const failed = await upload(server, id, `code\n${code}\n${code}\n`);
  await page.goto(`/jobs/${failed}`);
  await expect(page.getByText('No se guardó nada. Línea 3: Ya está en la línea 2')).toBeVisible();

  await page.goto(`/books/${id}/codes`);
  const file = {
    name: 'a.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('Nummer,Produkt\n4711,AAA\n4712,BBB\n'),
  };
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('button', { name: 'Subir', exact: false }).last().click();
  await expect(
    page.getByText('Varias columnas podrían ser la correcta: 1 (Nummer, 4711); 2 (Produkt, AAA)'),
  ).toBeVisible();
});

/** Of three people, who are to get two each, one gets one. */
async function distributeOneToThree(server: TestServer): Promise<string> {
  const { admin } = server;
  const book = await makeBook(server, 1);
  const pool = await ok(admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const people = await Promise.all([1, 2, 3].map(() => makePerson(server)));
  const path = { id: pool.id };
  const userIds = people.map((person) => person.id);
  await ok(admin.POST('/api/v1/pools/{id}/users', { params: { path }, body: { userIds } }));
  const body = { bookId: book.id, mode: 'equal', perUser: 2, onShortage: 'partial' } as const;
  return (await endOf(server, admin.POST('/api/v1/pools/{id}/distribute', { params: { path }, body }))).id;
}

/** A file of codes, all of it or nothing. */
async function upload(server: TestServer, id: string, file: string): Promise<string> {
  const job = await endOf(
    server,
    server.admin.POST('/api/v1/books/{id}/codes/upload', {
      params: { path: { id }, query: { onError: 'abort' } },
      body: file as never,
      bodySerializer: (body: unknown) => body as BodyInit,
      headers: { 'content-type': 'text/csv' },
    }),
  );
  return job.id;
}
