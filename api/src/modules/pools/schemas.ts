import Type, { type Static } from 'typebox';
import {
  component,
  metadata,
  nullable,
  page,
  pageQuery,
  reasonFields,
  ref,
  strict,
  time,
  uuid,
} from '../../schemas.ts';
import { layoutQuery, readAs } from '../../files/schemas.ts';
import { externalUserId, presentUser, userSchema } from '../accounts/people/schemas.ts';
import type { MemberRow, PoolRow } from './queries.ts';

/** Most users named by one JSON body; a CSV may name more. */
export const MAX_LISTED = 10_000;
/** Most lines of a CSV that a result lists; all are counted. */
export const MAX_REPORTED = 1_000;

const name = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S', example: 'Newsletter readers' });
const description = nullable(Type.String({ maxLength: 2000 }));

export const poolSchema = component(
  'Pool',
  {
    id: uuid(),
    name: Type.String(),
    description: nullable(Type.String()),
    members: Type.Integer({ description: 'how many users are in it' }),
    metadata,
    createdAt: time(),
    updatedAt: time(),
  },
  'a group of users to distribute coupons to',
);

export const presentPool = (pool: PoolRow): Static<typeof poolSchema> => ({
  id: pool.id,
  name: pool.name,
  description: pool.description,
  members: pool.members,
  metadata: pool.metadata,
  createdAt: pool.createdAt.toISOString(),
  updatedAt: pool.updatedAt.toISOString(),
});

export const poolPage = page('PoolPage', ref(poolSchema));

export const memberSchema = component('PoolMember', { user: ref(userSchema), addedAt: time() });

export const presentMember = (row: MemberRow): Static<typeof memberSchema> => ({
  user: presentUser(row),
  addedAt: row.addedAt.toISOString(),
});

export const memberPage = page('PoolMemberPage', ref(memberSchema));

export const poolId = strict({ id: uuid('of the pool') });
export const listQuery = strict({
  ...pageQuery,
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200, description: 'part of the name' })),
});
export const membersQuery = strict({
  ...pageQuery,
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'how the e-mail begins' })),
});

export const newPool = strict({
  name,
  description: Type.Optional(description),
  metadata: Type.Optional(metadata),
});
export const poolChanges = Type.Partial(newPool, { additionalProperties: false, minProperties: 1 });

const userIds = Type.Array(uuid(), { maxItems: MAX_LISTED });
const externalUserIds = Type.Array(externalUserId, { maxItems: MAX_LISTED });
const emails = Type.Array(Type.String({ minLength: 1, maxLength: 320 }), {
  maxItems: MAX_LISTED,
  example: ['ada@example.com'],
});

export const previewQuery = strict(layoutQuery);
export const addQuery = strict({
  ...layoutQuery,
  invite: Type.Boolean({
    default: false,
    description: 'make accounts, without a password, for e-mails that have none',
  }),
  includeUnconfirmed: Type.Boolean({
    default: false,
    description:
      'also add accounts that somebody registered with a given e-mail and nobody confirmed: they may belong to a stranger',
  }),
});
const listed = {
  userIds: Type.Optional(userIds),
  externalUserIds: Type.Optional(externalUserIds),
  emails: Type.Optional(emails),
};
/** JSON; a CSV of e-mails is the other form of the body. */
export const newMembers = strict(listed);
export const formerMembers = strict({
  ...listed,
  all: Type.Optional(Type.Literal(true, { description: 'everybody; alone' })),
});

export const additionSchema = component('PoolAddition', {
  rows: Type.Integer({
    description: 'entries: added + alreadyMembers + duplicates + unknown + unconfirmed + skipped',
  }),
  added: Type.Integer({ description: 'new members' }),
  alreadyMembers: Type.Integer(),
  invited: Type.Integer({ description: 'accounts made; they count as added too' }),
  duplicates: Type.Integer({ description: 'named again' }),
  unknown: Type.Integer({ description: 'entries that are no e-mail, or for which there is no account' }),
  unconfirmed: Type.Integer({
    description: 'accounts that were not added because nobody has confirmed that the e-mail is theirs',
  }),
  skipped: Type.Integer({ description: 'lines above the header, and those that repeat it' }),
  errors: Type.Array(
    strict({
      line: Type.Integer({ description: 'of the file, or position in the list, from 1' }),
      value: Type.String(),
      ...reasonFields,
    }),
    { description: `the first ${MAX_REPORTED} of the unknown, the unconfirmed and the skipped` },
  ),
  file: nullable(ref(readAs)),
});

export const removalSchema = component('PoolRemoval', { removed: Type.Integer() });
