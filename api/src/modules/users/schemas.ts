import Type from 'typebox';
import { component, nullable, page, pageQuery, ref, strict, time, uuid } from '../../schemas.ts';
import type { UserRow } from './queries.ts';

const role = Type.Enum(['USER', 'ADMIN'], {
  description: 'ADMIN configures everything and may act for users',
  example: 'USER',
});
const shownName = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', example: 'Ada Lovelace' });

export const email = Type.String({
  minLength: 3,
  maxLength: 320,
  description: 'kept trimmed and in lower case; at most 254 characters',
  example: 'ada@example.com',
});

/** Not shorter than 8: see modules/auth/passwords.ts. Anything longer than 128 is no help and work for nothing. */
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
    name: nullable(Type.String({ example: 'Ada Lovelace' })),
    role,
    disabledAt: nullable(time('since when the account may do nothing')),
    createdAt: time(),
    updatedAt: time(),
  },
  'an account',
);

export const userPage = page('UserPage', ref(userSchema));

export const userId = strict({ id: uuid() });

export const listQuery = strict({
  ...pageQuery,
  q: Type.Optional(
    Type.String({ minLength: 1, maxLength: 254, description: 'how the e-mail begins', example: 'ada@' }),
  ),
  role: Type.Optional(role),
  disabled: Type.Optional(Type.Boolean({ description: 'only disabled, or only enabled ones' })),
});

export const newUser = strict({
  email,
  name: Type.Optional(shownName),
  password: Type.Optional(newPassword),
  role: Type.Optional(role),
});

export const userChanges = strict(
  {
    name: Type.Optional(nullable(shownName)),
    role: Type.Optional(role),
    disabled: Type.Optional(
      Type.Boolean({ description: 'true ends all sessions of the account and keeps it from signing in' }),
    ),
  },
  { minProperties: 1 },
);

/** What others may see of an account. */
export function presentUser(user: UserRow) {
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    role: user.role,
    disabledAt: user.disabledAt?.toISOString() ?? null,
    createdAt: user.createdAt.toISOString(),
    updatedAt: user.updatedAt.toISOString(),
  };
}
