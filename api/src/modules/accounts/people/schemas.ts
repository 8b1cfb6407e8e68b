import Type from 'typebox';
import { component, nullable, page, pageQuery, ref, strict, time, uuid } from '../../../schemas.ts';
import type { UserRow } from './queries.ts';

const role = Type.Enum(['USER', 'ADMIN'], {
  description: 'ADMIN configures everything and may act for users',
  example: 'USER',
});
const shownName = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', example: 'Ada Lovelace' });

export const email = Type.String({
  minLength: 3,
  maxLength: 320,
  description:
    'kept in one canonical form: NFKC, lower case, the domain in ASCII (IDNA); at most 254 characters',
  example: 'ada@example.com',
});

const externalIdText = (description: string) =>
  Type.String({ minLength: 1, maxLength: 128, description, example: 'customer-4711' });

const externalId = externalIdText(
  "the company's own id of the person: visible ASCII characters, compared as they are",
);

/** Of lists of people. */
export const externalUserId = externalIdText('the external id of an account');

/** Whom a body or a query names, in one of two ways: see `NamedUser`. */
export const namedUser = (description: string) => ({
  userId: Type.Optional(uuid(description)),
  externalUserId: Type.Optional(externalIdText('instead of `userId`: the external id of that account')),
});

/** Not shorter than 8: see sessions/passwords.ts. Anything longer than 128 is no help and work for nothing. */
export const newPassword = Type.String({
  minLength: 8,
  maxLength: 128,
  format: 'password',
  description: '8 to 128 characters of any kind; common passwords and the own e-mail are refused',
  example: 'a long and unusual sentence',
});

export const userSchema = component(
  'User',
  {
    id: uuid(),
    email: Type.String({ example: 'ada@example.com' }),
    externalId: nullable(externalId),
    name: nullable(Type.String({ example: 'Ada Lovelace' })),
    role,
    disabledAt: nullable(time('since when the account may do nothing')),
    confirmed: Type.Boolean({
      description:
        'an administrator made or confirmed the account, or its access link was used; false: somebody registered with this ' +
        'e-mail, who need not be the one who reads its mail',
    }),
    hasPassword: Type.Boolean({ description: 'false: it cannot sign in before it was given an access link' }),
    initialPassword: Type.Boolean({
      description: 'the password is still the one that the first start printed: change it',
    }),
    emailClash: Type.Boolean({
      description:
        'the e-mail is an old spelling: another account has the canonical one, or there is none. It signs in with this spelling',
    }),
    createdAt: time(),
    updatedAt: time(),
  },
  'an account',
);

export const userPage = page('UserPage', ref(userSchema));

export const userId = strict({ id: uuid() });
export const byExternalId = strict({ externalId });

export const listQuery = strict({
  ...pageQuery,
  q: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 254,
      description: 'how the e-mail or the external id begins',
      example: 'ada@',
    }),
  ),
  role: Type.Optional(role),
  disabled: Type.Optional(Type.Boolean({ description: 'only disabled, or only enabled ones' })),
  confirmed: Type.Optional(Type.Boolean({ description: 'only confirmed, or only unconfirmed ones' })),
  emailClash: Type.Optional(
    Type.Boolean({
      description:
        'only those whose e-mail is that of another account in another spelling, or only the others',
    }),
  ),
});

export const newUser = strict({
  email,
  externalId: Type.Optional(externalId),
  name: Type.Optional(shownName),
  password: Type.Optional(newPassword),
  role: Type.Optional(role),
});

export const userChanges = strict(
  {
    externalId: Type.Optional(nullable(externalId)),
    name: Type.Optional(nullable(shownName)),
    role: Type.Optional(role),
    disabled: Type.Optional(
      Type.Boolean({ description: 'true ends all sessions of the account and keeps it from signing in' }),
    ),
    confirmed: Type.Optional(
      Type.Boolean({
        description: 'true: you know that the account belongs to who reads mail at its e-mail',
      }),
    ),
  },
  { minProperties: 1 },
);

export const userOfExternalId = strict({
  email: Type.Optional(email),
  name: Type.Optional(nullable(shownName)),
  role: Type.Optional(role),
});

/** What others may see of an account. */
export function presentUser(user: UserRow) {
  return {
    id: user.id,
    email: user.email,
    externalId: user.externalId,
    name: user.name,
    role: user.role,
    disabledAt: user.disabledAt?.toISOString() ?? null,
    confirmed: user.confirmedAt !== null,
    hasPassword: user.hasPassword,
    initialPassword: user.initialPassword,
    emailClash: user.emailClash,
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
  };
}
