import Type from 'typebox';
import { component, nullable, ref, strict, time } from '../../../schemas.ts';
import { email, newPassword, userSchema } from '../people/schemas.ts';

/** Of an account that exists: whatever rule it was made under, it is only compared. */
const givenPassword = Type.String({
  minLength: 1,
  maxLength: 128,
  format: 'password',
  example: 'a long and unusual sentence',
});

export const registration = strict({
  email,
  password: newPassword,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', example: 'Ada Lovelace' })),
});

export const signInOptions = component('SignInOptions', {
  registration: Type.Enum(['open', 'closed'], {
    description:
      'open: everybody may make an account; closed: an administrator makes accounts and gives access links',
  }),
});

export const credentials = strict({ email, password: givenPassword });

export const passwordChange = strict({ currentPassword: givenPassword, newPassword });

export const signedIn = component(
  'SignedIn',
  {
    accessToken: Type.String({
      description: 'a JWT for `Authorization: Bearer`',
      example: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…',
    }),
    expiresIn: Type.Integer({ description: 'life of the access token in seconds', example: 900 }),
    user: ref(userSchema),
  },
  'an access token; the session that gets the next one is in an HttpOnly cookie',
);

/** What follows the # of an access link. */
const token = Type.String({ minLength: 1, maxLength: 200, example: 'hq2m…' });

export const linkToken = strict({ token });

export const passwordReset = strict({ token, password: newPassword });

export const accessLink = component('AccessLink', {
  link: Type.String({
    description: 'to a page on which the person chooses a password; works once',
    example: 'https://coupons.example.com/access#hq2m…',
  }),
  expiresAt: time(),
});

export const knownLink = component('KnownAccessLink', {
  email: Type.String({ example: 'ada@example.com' }),
  name: nullable(Type.String({ example: 'Ada Lovelace' })),
  expiresAt: time(),
});

/** What a mail-merge file is to hold. */
export const mailMerge = strict({
  links: Type.Enum(['missing', 'renew', 'all', 'none'], {
    default: 'missing',
    description:
      'who gets a new access link: people without a password who have no link that still works (`missing`); all people without a ' +
      'password (`renew`); everybody (`all`); nobody (`none`). A new link ends the one before, so with `renew` and `all` links ' +
      'that were sent earlier stop working',
  }),
  bom: Type.Boolean({
    default: false,
    description: 'begin with a byte order mark, by which Excel knows UTF-8',
  }),
});

/** The answer of a route that makes such a file. */
export const mailMergeFile = {
  description:
    'a file for a mail merge, sent while it is made. Cells that a spreadsheet would run as a formula begin with an apostrophe',
  content: { 'text/csv': { schema: Type.String({ example: 'email,name,link,linkExpiresAt,code\r\n' }) } },
};

/** RFC 7517. */
export const keySet = component('JsonWebKeySet', {
  keys: Type.Array(
    Type.Object({
      kty: Type.String({ example: 'EC' }),
      crv: Type.String({ example: 'P-256' }),
      x: Type.String(),
      y: Type.String(),
      kid: Type.String(),
      alg: Type.String({ example: 'ES256' }),
      use: Type.String({ example: 'sig' }),
    }),
  ),
});

/** For routes whose answer is a token: an answer that is kept would be a secret that is kept. */
export const noAnswerKept = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description:
        'accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request.',
    },
  },
};
