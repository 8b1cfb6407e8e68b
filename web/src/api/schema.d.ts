/** Made from api/openapi.json by npm run generate. */

export interface paths {
  '/api/v1/users': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List accounts, newest first */
    get: operations['listUsers'];
    put?: never;
    /**
     * Create an account
     * @description Without a password it cannot sign in before it is given an access link; your own backend can act for it.
     */
    post: operations['createUser'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read an account */
    get: operations['getUser'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    /**
     * Change the role, name or external id of an account, confirm or disable it
     * @description Changes the fields that are given. Disabling an account, or taking the role of ADMIN from it, ends its sessions; what it does as ADMIN is refused at once, all else within 15 minutes. The last enabled ADMIN stays: 409.
     */
    patch: operations['changeUser'];
    trace?: never;
  };
  '/api/v1/users/by-external-id/{externalId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read the account of an external id */
    get: operations['getUserByExternalId'];
    /**
     * Create or change the account of an external id
     * @description Creates the account if no account has this external id; then `email` is required. Otherwise changes the fields that are given. An e-mail that another account has is refused: give that account the external id with PATCH /users/{id}.
     */
    put: operations['saveUserByExternalId'];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/options': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * How one gets in here
     * @description For a page that lets people sign in.
     */
    get: operations['getSignInOptions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/register': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make an account of your own
     * @description With the role USER. It does not sign in: follow with `/auth/login`. A taken e-mail answers 409. Where registration is closed (see `/auth/options`) it answers 403: there an administrator makes accounts and gives access links.
     */
    post: operations['register'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/login': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Sign in with e-mail and password
     * @description Answers an access token and sets the session cookie. Too many failures answer 429, for any e-mail alike; an address or a device (a cookie that is set here) from which the account was signed in to is not stopped by the failures of others, and does not wait for them.
     */
    post: operations['login'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Get the next access token
     * @description By the session cookie, which it replaces. The cookie before still works for a minute, so that two tabs and repeats after a lost answer are fine; after that its use ends the session. Only for pages of the same origin.
     */
    post: operations['refresh'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/logout': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Sign out
     * @description Ends the session of the cookie, if there is one. An access token that is out works until it expires. Only for pages of the same origin.
     */
    post: operations['logout'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/me': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The account that is signed in */
    get: operations['getMe'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/password': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Change your password
     * @description Ends all other sessions of the account; without the session cookie, all.
     */
    post: operations['changePassword'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/.well-known/jwks.json': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Public keys of access tokens
     * @description So that any service verifies them without asking: ES256, `typ` at+jwt, `iss` and `aud` coupon-book.
     */
    get: operations['getKeySet'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/users/{id}/access-link': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give an access link: to set a password
     * @description For who was invited and has no password, and for who is locked out. The link works once, for 7 days, and ends the one before. It is in this answer alone: give it to the person it is for, and to nobody else.
     */
    post: operations['giveAccessLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/password/reset/check': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Whether an access link works, and for which account
     * @description Does not use it up.
     */
    post: operations['checkAccessLink'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/auth/password/reset': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Set a password by an access link, and sign in
     * @description `token` is what follows the # of the link. Confirms the account and ends all its other sessions. Works once: of two at once, one is refused. A link that does not work any more answers 410 with `reason`: `link-used`, `link-expired`, `link-unknown` or `link-disabled`. Only for pages of the same origin, since it sets the session cookie.
     */
    post: operations['resetPassword'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List books, newest first
     * @description An ADMIN sees all, a USER those that are active now: not archived and within their dates.
     */
    get: operations['listBooks'];
    put?: never;
    /** Create a book */
    post: operations['createBook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/held': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * List the books of the caller's coupons, newest first
     * @description Also those that are over or archived: what one holds, one may read about.
     */
    get: operations['listHeldBooks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Read a book
     * @description A USER can read books that are active now.
     */
    get: operations['getBook'];
    put?: never;
    post?: never;
    /**
     * Delete a book of which no coupon was ever given away
     * @description Its coupons go with it. A coupon that was ever assigned, even if it was unassigned since, keeps its book: archive it with PATCH `{ "archived": true }`.
     */
    delete: operations['deleteBook'];
    options?: never;
    head?: never;
    /**
     * Change or archive a book
     * @description Changes the fields that are given. Limits can change while coupons are out; they hold from then on.
     */
    patch: operations['changeBook'];
    trace?: never;
  };
  '/api/v1/books/{id}/stats': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Count the coupons and redemptions of a book */
    get: operations['getBookStats'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/stats': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Count the coupons and redemptions of all books */
    get: operations['getStats'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List jobs, newest first */
    get: operations['listJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How far a job is, and what came of it */
    get: operations['getJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/cancel': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Stop a job
     * @description It stops within a second, and its result says what it did until then. What it did stays.
     */
    post: operations['cancelJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/errors': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The rows that a job could not use
     * @description With `Accept: text/csv` all of them as a file, otherwise page by page.
     */
    get: operations['listJobErrors'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/undo': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Undo a distribution, an upload or a generation
     * @description A job. It unassigns the coupons of a distribution that are still as they were given: neither locked nor redeemed, nor unassigned and assigned again since; its result: `{ unassigned, kept, reasons, left, of }`. Of an upload or a generation it removes the codes that were never given to anybody; they can be stored again; its result: `{ removed, kept, reasons, left, of }`. The others stay; which and why: GET /jobs/{id}/errors. An undo that was cancelled says how many it did not come to (`left`): undo the job again for them.
     */
    post: operations['undoJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}/codes/generate': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Generate codes
     * @description Stores exactly `count` new random codes. Refused, with the numbers, when the pattern has fewer than 1,000 codes for each that exists or is asked for (unless `allowGuessable`), and when it has too few codes left.
     */
    post: operations['generateCodes'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}/codes/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Preview codes: capacity, samples, odds of a guess
     * @description Takes what `generate` takes, says what it would do, and stores nothing.
     */
    post: operations['previewCodes'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}/codes/upload': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Upload codes from a CSV file
     * @description Text in UTF-8, UTF-16 or Windows-1252; `,` `;` `|` or tab between cells; quotes where needed. The codes are in the column that `column` names, or in the one with a known title (code, voucher, gift card, Gutschein, código, bon, buono, cupom …), or in the only one whose cells can all be codes; otherwise the file is refused with what was found. Other columns are ignored, lines above the header are skipped, and a list of codes on one line is read whole. Bad rows, duplicates and skipped lines are counted and listed with their lines; the good rows are stored, unless `onError=abort`. The result: `{ rows, stored, duplicates, invalid, skipped, encoding, delimiter, header, headerLine, column }`.
     */
    post: operations['uploadCodes'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}/codes/upload/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Look at a file of codes before it is uploaded
     * @description Takes what the upload takes, and answers how the file is read, its first rows, its columns, and how many of its codes are good, repeated, existing or invalid. A file that is not clear is answered too, with the reason in `refusal`. Stores nothing.
     */
    post: operations['previewUpload'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/assign/random': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Assign a random coupon of a book */
    post: operations['assignRandomCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/assign/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Assign one given coupon
     * @description To the caller; an ADMIN names the user.
     */
    post: operations['assignCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/lock/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Hold a coupon before redeeming it
     * @description Only its owner; ends by itself after the book's `lockTtlSeconds`.
     */
    post: operations['lockCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/unlock/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give a lock back
     * @description Only its holder, or an ADMIN.
     */
    post: operations['unlockCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/redeem/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Spend a locked coupon
     * @description Only the holder of the lock, before it runs out. Final.
     */
    post: operations['redeemCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/redemptions/{id}/rollback': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Undo a redemption
     * @description Once only, with a reason. A used-up coupon is ASSIGNED again; the redemption and its rollback both stay in the history.
     */
    post: operations['rollBackRedemption'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/unassign/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Unassign a coupon: back to the stock
     * @description It is UNASSIGNED again and no longer counts for its former owner.
     */
    post: operations['unassignCoupon'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The caller's coupons, those given last first */
    get: operations['listMyCoupons'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/books/{id}/coupons': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The coupons of a book
     * @description By age, or by code when the beginning of a code is asked for.
     */
    get: operations['listBookCoupons'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/{code}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One coupon, with what the caller may do with it now */
    get: operations['getCoupon'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/coupons/{code}/history': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What happened to a coupon, oldest first */
    get: operations['getCouponHistory'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/redemptions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Redemptions and their rollbacks, newest first
     * @description What is added while one turns the pages is in none of them: each row of the first moment is shown once.
     */
    get: operations['listRedemptions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * Everything that happened to coupons, newest first
     * @description The audit trail. What is recorded while one turns the pages is in none of them: each event of the first moment is shown once.
     */
    get: operations['listEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/events/stream': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What happens to coupons, as it happens
     * @description A stream of Server-Sent Events. A USER hears of their own coupons, an ADMIN of all or of one book. Ask with
     *     `Authorization`, so with `fetch` and not with `EventSource`, which cannot send it.
     *
     *     - A message without a name is a change of a coupon, its `data` as in the schema. A change anywhere arrives within a second.
     *     - `ready` `{ resumed }`: from here on everything is told. Without `resumed`, load your lists after it.
     *     - `reset` `{ reason }`: what you missed cannot be told (`unknown-position`, `too-many-events`). Load your lists again.
     *     - `end` `{ reason }`: come back at once, after `token-expired` with a fresh token; `account-changed`, `stopping`.
     *
     *     Send the `id` of the last message (those without data count too) as `Last-Event-ID` when you come back, to any node: nothing is
     *     missed and nothing comes twice. A client that is too slow is cut off, and comes back like this. A comment comes every 15 seconds.
     */
    get: operations['streamEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List pools, newest first */
    get: operations['listPools'];
    put?: never;
    /** Create a pool */
    post: operations['createPool'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a pool */
    get: operations['getPool'];
    put?: never;
    post?: never;
    /**
     * Delete a pool
     * @description Its members keep their accounts and coupons.
     */
    delete: operations['deletePool'];
    options?: never;
    head?: never;
    /** Rename or describe a pool */
    patch: operations['changePool'];
    trace?: never;
  };
  '/api/v1/pools/{id}/users': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the members of a pool, by e-mail */
    get: operations['listPoolMembers'];
    put?: never;
    /**
     * Add users to a pool
     * @description By id, by external id, by e-mail, or as `text/csv`, which is read like a file of codes: the e-mails are in the column that `column` names, or in the one with a known title (e-mail, mail, correo, courriel …), or in the only one with e-mails; a list such as `"Doe, Ann" <ann@example.org>; bob@example.org` is read whole. Names are kept for new accounts. Who is in it already stays; who has no account is reported, or gets one with `invite=true`. An account that somebody registered with one of these e-mails and nobody confirmed is reported, and added only with `includeUnconfirmed=true`.
     */
    post: operations['addPoolMembers'];
    /**
     * Remove users from a pool
     * @description What they were given stays theirs.
     */
    delete: operations['removePoolMembers'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools/{id}/users/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Look at a file of people before they are added
     * @description Answers how the file is read, its first rows and columns, and how many people it names. Nobody is added.
     */
    post: operations['previewPoolMembers'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools/{id}/mail-merge': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make a mail-merge file of the members of a pool, with access links
     * @description A row for each enabled member: e-mail, name, and a new access link for those who are to get one. The links are in this file alone. When it breaks off, make it again: whoever was to get a link and has not got it gets one then.
     */
    post: operations['mailMergePool'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools/{id}/distribute': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give coupons of a book to the members of a pool
     * @description A job. Who gets how many is drawn once, from a seed that is published with the result, so that anybody can repeat the draw (GET /jobs/{id}/draw). Coupons are given out next to live claims: what those take meanwhile is missing in the result. The limit of the book holds, counting what people have already. Who got none, and why: GET /jobs/{id}/errors. Its result: `{ assigned, served, skipped, reasons, drewNone, members, needed, missing, seed, algorithm }`.
     */
    post: operations['distribute'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/pools/{id}/distribute/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * What a distribution would do now
     * @description Stores nothing.
     */
    post: operations['previewDistribution'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/draw': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * The draw of a distribution, to repeat and compare
     * @description Save it and run `npm run verify-draw -- <file>`; docs/draws.md describes how to do it without us.
     */
    get: operations['getDraw'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/mail-merge': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Make a mail-merge file of a distribution: who got which code, with access links
     * @description A row for each coupon that the distribution gave and that its person still has: e-mail, name, a new access link for those who are to get one (the same in all rows of a person), and the code. Disabled accounts are left out. The links are in this file alone. When it breaks off, make it again: whoever was to get a link and has not got it gets one then.
     */
    post: operations['mailMergeDistribution'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List webhooks, newest first */
    get: operations['listWebhooks'];
    put?: never;
    /**
     * Have events sent to an address of yours
     * @description Each event from now on (and perhaps some of the last seconds before) is sent at least once, as CloudEvents JSON signed by Standard Webhooks. The `secret` is shown in this answer and never again. Each type with its schema and an example is under Callbacks; how to verify a message: docs/events-out.md.
     */
    post: operations['createWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Read a webhook and how it does */
    get: operations['getWebhook'];
    put?: never;
    post?: never;
    /** Delete a webhook with all its deliveries */
    delete: operations['deleteWebhook'];
    options?: never;
    head?: never;
    /** Change a webhook, or switch it off or on */
    patch: operations['changeWebhook'];
    trace?: never;
  };
  '/api/v1/webhooks/{id}/rotate-secret': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Give a webhook a new secret
     * @description For `keepFormerHours` each message has two signatures, by the new and by the former secret, so that the receiver can change its own in peace.
     */
    post: operations['rotateWebhookSecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/deliveries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /**
     * What was sent to a webhook, newest first
     * @description Of the last 30 days.
     */
    get: operations['listWebhookDeliveries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/deliveries/{deliveryId}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One delivery, with what is sent */
    get: operations['getWebhookDelivery'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/deliveries/{deliveryId}/replay': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Send one message again
     * @description With the same `webhook-id`: a receiver that drops what it has seen drops this, too.
     */
    post: operations['replayWebhookDelivery'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/replay': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Send all events since a time again
     * @description Those that its `types` and `bookIds` ask for, also from before it was made.
     */
    post: operations['replayWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Send a test message
     * @description It is a delivery like any other: read it to see what came of it.
     */
    post: operations['testWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/relays': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How far events have been handed on to webhooks and queues */
    get: operations['listRelays'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/relays/{name}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Let a relay go on that stopped after a restore
     * @description A relay stops when the database does not know what was handed on. Say from when on events are to be handed on again: too early sends some twice, too late leaves some out.
     */
    post: operations['resumeRelay'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/doctor': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What is wrong with the service and its database, and what to do */
    get: operations['examineService'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * Reason
     * @description stable, for programs; `x-values` names the values that come with each
     * @enum {unknown}
     */
    Reason:
      | 'required'
      | 'unknown-field'
      | 'wrong-type'
      | 'not-an-integer'
      | 'too-short'
      | 'too-long'
      | 'too-small'
      | 'too-large'
      | 'too-few'
      | 'too-many'
      | 'too-many-bytes'
      | 'too-deep'
      | 'not-one-of'
      | 'format'
      | 'does-not-fit'
      | 'has-nul'
      | 'not-unicode'
      | 'too-many-accents'
      | 'taken'
      | 'same-as-email'
      | 'easy-to-guess'
      | 'not-a-time'
      | 'no-such-day'
      | 'no-such-time'
      | 'no-such-second'
      | 'no-such-offset'
      | 'year-out-of-range'
      | 'not-after-start'
      | 'not-before-end'
      | 'not-after-from'
      | 'one-redemption-only'
      | 'wrong-code-length'
      | 'no-random-character'
      | 'not-for-patterns'
      | 'not-for-codes'
      | 'not-a-charset'
      | 'pattern-alone'
      | 'only-in-mode-equal'
      | 'per-user-or-total'
      | 'only-with-total'
      | 'users-or-all'
      | 'one-name'
      | 'foreign-cursor'
      | 'not-a-key'
      | 'not-an-external-id'
      | 'search-too-wide'
      | 'url-not-readable'
      | 'url-not-http'
      | 'url-with-user'
      | 'url-not-public'
      | 'url-name-unknown'
      | 'empty'
      | 'not-allowed'
      | 'reserved'
      | 'placeholder'
      | 'total'
      | 'number-shortened'
      | 'title'
      | 'unlike-others'
      | 'open-quote'
      | 'after-quote'
      | 'row-too-long'
      | 'above-header'
      | 'repeats-header'
      | 'repeated-in-line'
      | 'repeated'
      | 'exists'
      | 'not-an-email'
      | 'invisible-character'
      | 'no-account'
      | 'no-account-id'
      | 'no-account-external-id'
      | 'unconfirmed'
      | 'user-disabled'
      | 'out-of-stock'
      | 'owned'
      | 'locked'
      | 'redeemed'
      | 'given-back'
      | 'given-once'
      | 'reassigned'
      | 'empty-file'
      | 'no-rows'
      | 'not-text'
      | 'cut-off'
      | 'mixed-encodings'
      | 'not-in-encoding'
      | 'no-column'
      | 'several-columns'
      | 'no-such-column'
      | 'header-unclear'
      | 'delimiter-unclear'
      | 'rows-without-code'
      | 'file-too-large'
      | 'file-incomplete'
      | 'not-a-form-or-csv'
      | 'not-csv'
      | 'unreadable-form'
      | 'no-such-address'
      | 'no-such-book'
      | 'no-such-coupon'
      | 'no-such-redemption'
      | 'no-such-pool'
      | 'no-such-distribution'
      | 'no-such-job'
      | 'no-such-user'
      | 'no-such-active-user'
      | 'no-such-problem'
      | 'only-jobs-here'
      | 'nobody-named'
      | 'wrong-state'
      | 'changed-hands'
      | 'rolled-back-before'
      | 'book-archived'
      | 'too-few-codes'
      | 'guessable-codes'
      | 'stock-too-small'
      | 'limits-too-small'
      | 'pool-empty'
      | 'nothing-drawn'
      | 'distribution-running'
      | 'job-running'
      | 'job-ended'
      | 'not-undoable'
      | 'nothing-to-undo'
      | 'no-such-webhook'
      | 'no-such-delivery'
      | 'webhook-disabled'
      | 'too-many-webhooks'
      | 'replay-running'
      | 'relay-running'
      | 'last-admin'
      | 'enable-first'
      | 'admins-only'
      | 'other-origin'
      | 'registration-closed'
      | 'wrong-password'
      | 'no-session'
      | 'link-unknown'
      | 'link-used'
      | 'link-expired'
      | 'link-disabled'
      | 'not-json'
      | 'not-utf-8'
      | 'compressed-body'
      | 'body-too-large'
      | 'use-method'
      | 'unreadable'
      | 'not-http'
      | 'headers-too-large'
      | 'too-slow'
      | 'client-gone'
      | 'cannot-be-stored'
      | 'deleted-or-needed'
      | 'still-running'
      | 'too-many-requests'
      | 'too-many-wrong-codes'
      | 'too-many-wrong-links'
      | 'too-many-sign-ins'
      | 'too-many-own-streams'
      | 'too-many-streams'
      | 'no-live-stream'
      | 'answer-too-large'
      | 'service-away'
      | 'service-broke-off'
      | 'no-service-ready'
      | 'server-busy'
      | 'stopping'
      | 'database-not-ready'
      | 'database-read-only'
      | 'database-away'
      | 'database-slow'
      | 'too-many-changes'
      | 'overdue'
      | 'as-stored'
      | 'invalid-request'
      | 'invalid-state'
      | 'not-locked'
      | 'already-redeemed'
      | 'unauthenticated'
      | 'forbidden'
      | 'not-your-coupon'
      | 'not-your-lock'
      | 'not-found'
      | 'method-not-allowed'
      | 'book-exhausted'
      | 'assignment-limit-reached'
      | 'already-assigned'
      | 'book-not-active'
      | 'in-use'
      | 'conflict'
      | 'lock-expired'
      | 'link-not-valid'
      | 'payload-too-large'
      | 'unsupported-media-type'
      | 'idempotency-key-reused'
      | 'rate-limited'
      | 'internal-error'
      | 'not-available-here'
      | 'unavailable';
    /** FieldError */
    FieldError: {
      /** @enum {unknown} */
      in: 'body' | 'query' | 'path' | 'headers';
      /** @description JSON pointer to the field */
      pointer: string;
      reason: components['schemas']['Reason'];
      /** @description what the words of the reason need */
      values: {
        [key: string]: string | number;
      };
      /** @description the reason in English, for people */
      detail: string;
    };
    /**
     * Problem
     * @description RFC 9457 problem details
     */
    Problem: {
      /** @description address of a page about this problem */
      type: string;
      title: string;
      status: number;
      detail: string;
      /**
       * @description stable; what programs decide by
       * @enum {unknown}
       */
      code:
        | 'invalid-request'
        | 'invalid-state'
        | 'not-locked'
        | 'already-redeemed'
        | 'unauthenticated'
        | 'forbidden'
        | 'not-your-coupon'
        | 'not-your-lock'
        | 'not-found'
        | 'method-not-allowed'
        | 'book-exhausted'
        | 'assignment-limit-reached'
        | 'already-assigned'
        | 'book-not-active'
        | 'in-use'
        | 'conflict'
        | 'lock-expired'
        | 'link-not-valid'
        | 'payload-too-large'
        | 'unsupported-media-type'
        | 'idempotency-key-reused'
        | 'rate-limited'
        | 'internal-error'
        | 'not-available-here'
        | 'unavailable';
      reason: components['schemas']['Reason'];
      /** @description what the words of the reason need */
      values: {
        [key: string]: string | number;
      };
      /** @description the path that was asked */
      instance: string;
      requestId: string;
      errors?: components['schemas']['FieldError'][];
    } & {
      [key: string]: unknown;
    };
    /**
     * User
     * @description an account
     */
    User: {
      /** Format: uuid */
      id: string;
      /** @example ada@example.com */
      email: string;
      /**
       * @description the company's own id of the person: visible ASCII characters, compared as they are
       * @example customer-4711
       */
      externalId: string | null;
      /** @example Ada Lovelace */
      name: string | null;
      /**
       * @description ADMIN configures everything and may act for users
       * @example USER
       * @enum {unknown}
       */
      role: 'USER' | 'ADMIN';
      /**
       * Format: date-time
       * @description since when the account may do nothing
       * @example 2026-12-24T18:00:00.000Z
       */
      disabledAt: string | null;
      /** @description an administrator made or confirmed the account, or its access link was used; false: somebody registered with this e-mail, who need not be the one who reads its mail */
      confirmed: boolean;
      /** @description false: it cannot sign in before it was given an access link */
      hasPassword: boolean;
      /** @description the password is still the one that the first start printed: change it */
      initialPassword: boolean;
      /** @description the e-mail is an old spelling: another account has the canonical one, or there is none. It signs in with this spelling */
      emailClash: boolean;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
    };
    /** UserPage */
    UserPage: {
      items: components['schemas']['User'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /**
     * SignedIn
     * @description an access token; the session that gets the next one is in an HttpOnly cookie
     */
    SignedIn: {
      /**
       * @description a JWT for `Authorization: Bearer`
       * @example eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9…
       */
      accessToken: string;
      /**
       * @description life of the access token in seconds
       * @example 900
       */
      expiresIn: number;
      user: components['schemas']['User'];
    };
    /** JsonWebKeySet */
    JsonWebKeySet: {
      keys: {
        /** @example EC */
        kty: string;
        /** @example P-256 */
        crv: string;
        x: string;
        y: string;
        kid: string;
        /** @example ES256 */
        alg: string;
        /** @example sig */
        use: string;
      }[];
    };
    /** SignInOptions */
    SignInOptions: {
      /**
       * @description open: everybody may make an account; closed: an administrator makes accounts and gives access links
       * @enum {unknown}
       */
      registration: 'open' | 'closed';
    };
    /** AccessLink */
    AccessLink: {
      /**
       * @description to a page on which the person chooses a password; works once
       * @example https://coupons.example.com/access#hq2m…
       */
      link: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      expiresAt: string;
    };
    /** KnownAccessLink */
    KnownAccessLink: {
      /** @example ada@example.com */
      email: string;
      /** @example Ada Lovelace */
      name: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      expiresAt: string;
    };
    /** Book */
    Book: {
      /** Format: uuid */
      id: string;
      /**
       * @description unique among the books that are not archived, whatever the case
       * @example Summer sale 2026
       */
      name: string;
      description: string | null;
      /**
       * Format: date-time
       * @description nothing can be assigned, locked or redeemed before
       * @example 2026-12-24T18:00:00.000Z
       */
      startsAt: string | null;
      /**
       * Format: date-time
       * @description nothing can be assigned, locked or redeemed from this time on; after startsAt
       * @example 2026-12-24T18:00:00.000Z
       */
      expiresAt: string | null;
      /** @description most coupons of this book one user is given; null: no limit */
      maxAssignmentsPerUser: number | null;
      /** @description whether one coupon can be redeemed more than once */
      allowMultipleRedemptions: boolean;
      /** @description how often one coupon can be redeemed; null: no limit. Other than 1 only with allowMultipleRedemptions */
      maxRedemptions: number | null;
      /** @description how long a lock lasts */
      lockTtlSeconds: number;
      /** @description see the settings; only an ADMIN sees it */
      alertBelow?: number | null;
      /** @description see the settings; only an ADMIN sees it */
      alertDaysBefore?: number | null;
      /**
       * @description the company's own data, at most 4096 bytes; only an ADMIN sees it
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata?: {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @description since when the book takes no part in anything new
       * @example 2026-12-24T18:00:00.000Z
       */
      archivedAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
    };
    /** BookCounts */
    BookCounts: {
      /** @description coupons */
      total: number;
      /** @description free to be given away */
      unassigned: number;
      /** @description given to a user and not locked; a lock that has run out counts here */
      assigned: number;
      /** @description held for redeeming now */
      locked: number;
      /** @description spent for good */
      redeemed: number;
      /** @description redemptions of all coupons so far */
      redemptions: number;
    };
    /** ListedBook */
    ListedBook: {
      /** Format: uuid */
      id: string;
      /**
       * @description unique among the books that are not archived, whatever the case
       * @example Summer sale 2026
       */
      name: string;
      description: string | null;
      /**
       * Format: date-time
       * @description nothing can be assigned, locked or redeemed before
       * @example 2026-12-24T18:00:00.000Z
       */
      startsAt: string | null;
      /**
       * Format: date-time
       * @description nothing can be assigned, locked or redeemed from this time on; after startsAt
       * @example 2026-12-24T18:00:00.000Z
       */
      expiresAt: string | null;
      /** @description most coupons of this book one user is given; null: no limit */
      maxAssignmentsPerUser: number | null;
      /** @description whether one coupon can be redeemed more than once */
      allowMultipleRedemptions: boolean;
      /** @description how often one coupon can be redeemed; null: no limit. Other than 1 only with allowMultipleRedemptions */
      maxRedemptions: number | null;
      /** @description how long a lock lasts */
      lockTtlSeconds: number;
      /** @description see the settings; only an ADMIN sees it */
      alertBelow?: number | null;
      /** @description see the settings; only an ADMIN sees it */
      alertDaysBefore?: number | null;
      /**
       * @description the company's own data, at most 4096 bytes; only an ADMIN sees it
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata?: {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @description since when the book takes no part in anything new
       * @example 2026-12-24T18:00:00.000Z
       */
      archivedAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
      stats?: components['schemas']['BookCounts'];
      /** @description with `include=stock`: a coupon is left to be given away */
      inStock?: boolean;
    };
    /** BookPage */
    BookPage: {
      items: components['schemas']['ListedBook'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** HeldBook */
    HeldBook: {
      book: components['schemas']['Book'];
      /** @description the caller's coupons of it: what is left of maxAssignmentsPerUser follows */
      assigned: number;
    };
    /** HeldBookPage */
    HeldBookPage: {
      items: components['schemas']['HeldBook'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** BookStats */
    BookStats: {
      /** @description coupons */
      total: number;
      /** @description free to be given away */
      unassigned: number;
      /** @description given to a user and not locked; a lock that has run out counts here */
      assigned: number;
      /** @description held for redeeming now */
      locked: number;
      /** @description spent for good */
      redeemed: number;
      /** @description redemptions of all coupons so far */
      redemptions: number;
      /** @description the last 30 days in UTC, today last, days without any included */
      redemptionsByDay: {
        /**
         * Format: date
         * @example 2026-12-24
         */
        date: string;
        /** @description on that day */
        redemptions: number;
      }[];
    };
    /**
     * Job
     * @description long work and how far it is
     */
    Job: {
      /** Format: uuid */
      id: string;
      /** @enum {unknown} */
      kind: 'import' | 'generate' | 'distribute' | 'undo';
      /** @enum {unknown} */
      status: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
      /**
       * Format: uuid
       * @description the book it works on
       */
      bookId: string | null;
      progress: {
        done: number;
        /** @description null: not known yet */
        total: number | null;
        /** @description so far */
        perSecond: number | null;
        /** @description estimated from that */
        secondsLeft: number | null;
      };
      /** @description rows that could not be used: see /jobs/{id}/errors */
      errors: number;
      /** @description of a job that has ended, also of one that was cancelled: what it did until then */
      result: {
        [key: string]: unknown;
      } | null;
      /** @description why it failed */
      failure: {
        /** @enum {unknown} */
        code:
          | 'invalid-request'
          | 'invalid-state'
          | 'not-locked'
          | 'already-redeemed'
          | 'unauthenticated'
          | 'forbidden'
          | 'not-your-coupon'
          | 'not-your-lock'
          | 'not-found'
          | 'method-not-allowed'
          | 'book-exhausted'
          | 'assignment-limit-reached'
          | 'already-assigned'
          | 'book-not-active'
          | 'in-use'
          | 'conflict'
          | 'lock-expired'
          | 'link-not-valid'
          | 'payload-too-large'
          | 'unsupported-media-type'
          | 'idempotency-key-reused'
          | 'rate-limited'
          | 'internal-error'
          | 'not-available-here'
          | 'unavailable';
        reason: components['schemas']['Reason'];
        /** @description what the words of the reason need */
        values: {
          [key: string]: string | number;
        };
        /** @description the reason in English, for people */
        detail: string;
      } | null;
      /** @description whether /jobs/{id}/undo can be asked for */
      undoable: boolean;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      cancelRequestedAt: string | null;
      /** Format: uuid */
      createdBy: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      startedAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      finishedAt: string | null;
    };
    /** JobPage */
    JobPage: {
      items: components['schemas']['Job'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** JobError */
    JobError: {
      /** @description of the file, from 1 */
      line: number;
      value: string | null;
      reason: components['schemas']['Reason'];
      /** @description what the words of the reason need */
      values: {
        [key: string]: string | number;
      };
      /** @description the reason in English, for people */
      detail: string;
    };
    /** JobErrorPage */
    JobErrorPage: {
      items: components['schemas']['JobError'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** CodePreview */
    CodePreview: {
      pattern: string;
      /** @description the characters that # stands for */
      charset: string;
      /**
       * @description how many different codes the pattern has, exactly; digits, because it can be beyond 2^53
       * @example 1152921504606846976
       */
      capacity: string;
      /**
       * @description how many bits a guesser must get right
       * @example 60
       */
      entropyBits: number;
      /** @description examples; they are not kept */
      samples: string[];
      /** @description codes of any book that fit the pattern now */
      existing: number;
      guess: {
        /** @description probability that one guess hits a code now */
        before: number;
        /** @description the same once the codes are generated */
        after: number;
        /**
         * @description of how many guesses about one hits then
         * @example 1152921504606846
         */
        oneIn: string;
      };
      /** @description why generating would be refused; null: it would not */
      refusal: {
        reason: components['schemas']['Reason'];
        /** @description what the words of the reason need */
        values: {
          [key: string]: string | number;
        };
        /** @description the reason in English, for people */
        detail: string;
      } | null;
    };
    /**
     * FileReadAs
     * @description how a file was read
     */
    FileReadAs: {
      /** @enum {unknown} */
      encoding: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
      /** @description between cells: ; tab | ,; null: nothing is */
      delimiter: string | null;
      /** @description title of the column that was read */
      header: string | null;
      /** @description where the titles are; null: there are none */
      headerLine: number | null;
      /** @description the column that was read, from 1; null: all cells, or all lines */
      column: number | null;
    };
    /**
     * FilePreview
     * @description what reading a file would bring; nothing is stored
     */
    FilePreview: {
      file: components['schemas']['FileReadAs'];
      /** @description the first 50 */
      columns: {
        /** @description from 1: what `column` takes */
        number: number;
        title: string | null;
        examples: string[];
        /** @description all its cells can be what is sought */
        fits: boolean;
      }[];
      /** @description at most 10, with the titles and what is above them */
      firstRows: string[][];
      /** @description why the file cannot be read like this; null: it can */
      refusal: {
        reason: components['schemas']['Reason'];
        /** @description what the words of the reason need */
        values: {
          [key: string]: string | number;
        };
        /** @description the reason in English, for people */
        detail: string;
      } | null;
      counts: {
        /** @description good + repeated + existing + invalid + skipped */
        rows: number;
        /** @description would be stored */
        good: number;
        /** @description in the file before */
        repeated: number;
        /** @description codes that exist already; 0 for people */
        existing: number;
        /** @description hold no code, or nobody */
        invalid: number;
        /** @description lines above the header, and those that repeat it */
        skipped: number;
      } | null;
      /** @description the first 100 of the invalid and the skipped */
      errors: {
        line: number;
        value: string;
        reason: components['schemas']['Reason'];
        /** @description what the words of the reason need */
        values: {
          [key: string]: string | number;
        };
        /** @description the reason in English, for people */
        detail: string;
      }[];
    };
    /** Coupon */
    Coupon: {
      /** @example K7QX-2MPA-9RTB */
      code: string;
      /** Format: uuid */
      bookId: string;
      /**
       * @description a lock that has run out shows as ASSIGNED
       * @enum {unknown}
       */
      state: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
      /**
       * Format: uuid
       * @description the user it is assigned to
       */
      ownerId: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      assignedAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lockedAt: string | null;
      /**
       * Format: date-time
       * @description the lock ends by itself at this time; compare it with serverTime
       * @example 2026-12-24T18:00:00.000Z
       */
      lockExpiresAt: string | null;
      /**
       * Format: date-time
       * @description of the latest redemption
       * @example 2026-12-24T18:00:00.000Z
       */
      redeemedAt: string | null;
      redemptionCount: number;
      /** @description null: no limit */
      redemptionsLeft: number | null;
      /** @description what the caller may do with it now */
      actions: ('assign' | 'lock' | 'unlock' | 'redeem' | 'unassign')[];
      /**
       * Format: date-time
       * @description the database's clock, for countdowns
       * @example 2026-12-24T18:00:00.000Z
       */
      serverTime: string;
      /**
       * @description your own data, a JSON object of at most 4096 bytes
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata: {
        [key: string]: unknown;
      };
    };
    /** CouponPage */
    CouponPage: {
      items: components['schemas']['Coupon'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** BookCoupon */
    BookCoupon: {
      /** @example K7QX-2MPA-9RTB */
      code: string;
      /** Format: uuid */
      bookId: string;
      /**
       * @description a lock that has run out shows as ASSIGNED
       * @enum {unknown}
       */
      state: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
      /**
       * Format: uuid
       * @description the user it is assigned to
       */
      ownerId: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      assignedAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lockedAt: string | null;
      /**
       * Format: date-time
       * @description the lock ends by itself at this time; compare it with serverTime
       * @example 2026-12-24T18:00:00.000Z
       */
      lockExpiresAt: string | null;
      /**
       * Format: date-time
       * @description of the latest redemption
       * @example 2026-12-24T18:00:00.000Z
       */
      redeemedAt: string | null;
      redemptionCount: number;
      /** @description null: no limit */
      redemptionsLeft: number | null;
      /** @description what the caller may do with it now */
      actions: ('assign' | 'lock' | 'unlock' | 'redeem' | 'unassign')[];
      /**
       * Format: date-time
       * @description the database's clock, for countdowns
       * @example 2026-12-24T18:00:00.000Z
       */
      serverTime: string;
      /**
       * @description your own data, a JSON object of at most 4096 bytes
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata: {
        [key: string]: unknown;
      };
      /** Format: email */
      ownerEmail: string | null;
    };
    /** BookCouponPage */
    BookCouponPage: {
      items: components['schemas']['BookCoupon'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** CouponEvent */
    CouponEvent: {
      id: number;
      /** @enum {unknown} */
      type:
        | 'coupon.assigned'
        | 'coupon.locked'
        | 'coupon.unlocked'
        | 'coupon.lock_expired'
        | 'coupon.redeemed'
        | 'coupon.unassigned'
        | 'coupon.redemption_rolled_back';
      /**
       * Format: uuid
       * @description for whom
       */
      userId: string;
      /**
       * Format: uuid
       * @description who did it; null: time itself
       */
      actorId: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      occurredAt: string;
      data: {
        [key: string]: unknown;
      } | null;
    };
    /** CouponEventPage */
    CouponEventPage: {
      items: components['schemas']['CouponEvent'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /**
     * Redemption
     * @description one redemption of a coupon, or the rollback of one
     */
    Redemption: {
      id: number;
      code: string;
      /** Format: uuid */
      bookId: string;
      bookName: string;
      /**
       * Format: uuid
       * @description for whom
       */
      userId: string;
      userEmail: string;
      /**
       * Format: uuid
       * @description who did it
       */
      actorId: string;
      actorEmail: string;
      /**
       * Format: date-time
       * @description or rolled back
       * @example 2026-12-24T18:00:00.000Z
       */
      redeemedAt: string;
      /** @description the how-manieth of its coupon */
      redemptionNumber: number;
      /** @description the redemption that this one rolls back */
      rollbackOf: number | null;
      /** @description of a rollback */
      reason: string | null;
      /** @description the rollback that took this one back */
      rolledBackBy: number | null;
      /**
       * @description your own data, a JSON object of at most 4096 bytes
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata: {
        [key: string]: unknown;
      };
    };
    /** RedemptionPage */
    RedemptionPage: {
      items: components['schemas']['Redemption'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /**
     * Event
     * @description one change of one coupon
     */
    Event: {
      id: number;
      /** @enum {unknown} */
      type:
        | 'coupon.assigned'
        | 'coupon.locked'
        | 'coupon.unlocked'
        | 'coupon.lock_expired'
        | 'coupon.redeemed'
        | 'coupon.unassigned'
        | 'coupon.redemption_rolled_back';
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      occurredAt: string;
      /** Format: uuid */
      bookId: string;
      bookName: string | null;
      /** @description null: the coupon was deleted with its book */
      code: string | null;
      /**
       * Format: uuid
       * @description for whom
       */
      userId: string;
      userEmail: string | null;
      /**
       * Format: uuid
       * @description who did it; null: time itself
       */
      actorId: string | null;
      actorEmail: string | null;
      /**
       * Format: uuid
       * @description the job that did it
       */
      jobId: string | null;
      data: {
        [key: string]: unknown;
      } | null;
    };
    /** EventPage */
    EventPage: {
      items: components['schemas']['Event'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /**
     * StreamedEvent
     * @description the `data` of a message of the stream
     */
    StreamedEvent: {
      id: number;
      /** @enum {unknown} */
      type:
        | 'coupon.assigned'
        | 'coupon.locked'
        | 'coupon.unlocked'
        | 'coupon.lock_expired'
        | 'coupon.redeemed'
        | 'coupon.unassigned'
        | 'coupon.redemption_rolled_back';
      /**
       * Format: uuid
       * @description for whom
       */
      userId: string;
      /**
       * Format: uuid
       * @description who did it; null: time itself
       */
      actorId: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      occurredAt: string;
      data: {
        [key: string]: unknown;
      } | null;
      /** Format: uuid */
      bookId: string;
      /** @description null: the coupon was deleted with its book */
      code: string | null;
      /** @description as it is by now, for the reader; of two, the one with the later `serverTime` is right. null: it is not the reader’s any more */
      coupon: components['schemas']['Coupon'] | null;
    };
    /**
     * Pool
     * @description a group of users to distribute coupons to
     */
    Pool: {
      /** Format: uuid */
      id: string;
      name: string;
      description: string | null;
      /** @description how many users are in it */
      members: number;
      /**
       * @description your own data, a JSON object of at most 4096 bytes
       * @example {
       *       "source": "newsletter"
       *     }
       */
      metadata: {
        [key: string]: unknown;
      };
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
    };
    /** PoolPage */
    PoolPage: {
      items: components['schemas']['Pool'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** PoolMember */
    PoolMember: {
      user: components['schemas']['User'];
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      addedAt: string;
    };
    /** PoolMemberPage */
    PoolMemberPage: {
      items: components['schemas']['PoolMember'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** PoolAddition */
    PoolAddition: {
      /** @description entries: added + alreadyMembers + duplicates + unknown + unconfirmed + skipped */
      rows: number;
      /** @description new members */
      added: number;
      alreadyMembers: number;
      /** @description accounts made; they count as added too */
      invited: number;
      /** @description named again */
      duplicates: number;
      /** @description entries that are no e-mail, or for which there is no account */
      unknown: number;
      /** @description accounts that were not added because nobody has confirmed that the e-mail is theirs */
      unconfirmed: number;
      /** @description lines above the header, and those that repeat it */
      skipped: number;
      /** @description the first 1000 of the unknown, the unconfirmed and the skipped */
      errors: {
        /** @description of the file, or position in the list, from 1 */
        line: number;
        value: string;
        reason: components['schemas']['Reason'];
        /** @description what the words of the reason need */
        values: {
          [key: string]: string | number;
        };
        /** @description the reason in English, for people */
        detail: string;
      }[];
      file: components['schemas']['FileReadAs'];
    };
    /** PoolRemoval */
    PoolRemoval: {
      removed: number;
    };
    /**
     * DistributionPreview
     * @description what a distribution would do now
     */
    DistributionPreview: {
      members: number;
      /** @description coupons asked for */
      needed: number;
      /** @description unassigned coupons of the book */
      stock: number;
      /** @description coupons that would be given */
      assigned: number;
      /** @description coupons asked for that could not be given */
      missing: number;
      /** @description whether it would be refused for that, see `onShortage` */
      refused: boolean;
      stockAfter: number;
      /** @description users who would get one at least; in mode random by a draw for show */
      served: number;
      /** @description users whose lot would give them nothing; likewise */
      drewNone: number;
      /** @description users who could not be given any */
      skipped: number;
      reasons: {
        /** @description the account is disabled */
        'user-disabled': number;
        /** @description they have as many coupons of the book as it allows */
        'assignment-limit-reached': number;
        /** @description no coupon was left */
        'out-of-stock': number;
      };
      /** @description of those who can be given any */
      perUser: {
        least: number;
        most: number;
      };
      /** @description the first 100 members by id. What is drawn by lot is drawn for show: the draw itself will differ */
      shares: {
        /** Format: uuid */
        userId: string;
        email: string;
        /** @description coupons of the book that the user has been given before */
        already: number;
        share: number;
        /** @description why none; null: some, or drawn none */
        refusal: {
          reason: components['schemas']['Reason'];
          /** @description what the words of the reason need */
          values: {
            [key: string]: string | number;
          };
          /** @description the reason in English, for people */
          detail: string;
        } | null;
      }[];
    };
    /**
     * Draw
     * @description all that is needed to repeat a draw and compare
     */
    Draw: {
      /** Format: uuid */
      jobId: string;
      /**
       * Format: uuid
       * @description null: the pool was deleted since
       */
      poolId: string | null;
      /** Format: uuid */
      bookId: string;
      /** @description version of the procedure: see docs/draws.md */
      algorithm: number;
      /** @description 32 bytes in hex */
      seed: string;
      terms: {
        /** @enum {unknown} */
        mode: 'equal' | 'random';
        perUser: number | null;
        total: number | null;
        bookLimit: number | null;
        stock: number;
      };
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      drawnAt: string;
      /** @description SHA-256, of the members by id with what they had */
      listHash: string;
      /** @description SHA-256, of the users by lot with what they drew */
      outcomeHash: string;
      shares: {
        /** @description from 1; the first are served first */
        lot: number;
        /** Format: uuid */
        userId: string;
        already: number;
        /** @description drawn */
        share: number;
        /** @description so far */
        given: number;
      }[];
    };
    /**
     * CouponAssignedMessage
     * @description A coupon was given to a user.
     */
    CouponAssignedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.assigned';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          [key: string]: unknown;
        } | null;
      };
    };
    /**
     * CouponLockedMessage
     * @description A user holds a coupon at checkout.
     */
    CouponLockedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.locked';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          /**
           * Format: date-time
           * @example 2026-12-24T18:00:00.000Z
           */
          lockExpiresAt: string;
        };
      };
    };
    /**
     * CouponUnlockedMessage
     * @description A lock was given back.
     */
    CouponUnlockedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.unlocked';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          [key: string]: unknown;
        } | null;
      };
    };
    /**
     * CouponLockExpiredMessage
     * @description A lock ran out.
     */
    CouponLockExpiredMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.lock_expired';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          [key: string]: unknown;
        } | null;
      };
    };
    /**
     * CouponRedeemedMessage
     * @description A coupon was redeemed.
     */
    CouponRedeemedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.redeemed';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          redemptionCount: number;
          /** @enum {unknown} */
          state: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
          /** @description what came with the request */
          metadata: {
            [key: string]: unknown;
          };
        };
      };
    };
    /**
     * CouponUnassignedMessage
     * @description A coupon was taken from its user, back to the stock.
     */
    CouponUnassignedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.unassigned';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          [key: string]: unknown;
        } | null;
      };
    };
    /**
     * CouponRedemptionRolledBackMessage
     * @description A redemption was undone.
     */
    CouponRedemptionRolledBackMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'coupon.redemption_rolled_back';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        /** @description later events of a coupon have higher ids: order by this */
        eventId: number;
        book: {
          /** Format: uuid */
          id: string;
          name: string | null;
        };
        coupon: {
          /** @description the same for all events of a coupon */
          id: number;
          /**
           * @description its first characters and `***`; the whole code only for endpoints with `includeCodes`
           * @example K7***
           */
          code: string | null;
        };
        user: {
          /**
           * Format: uuid
           * @description for whom
           */
          id: string;
          /**
           * @description the company's own id of this person
           * @example customer-4711
           */
          externalId: string | null;
        };
        /**
         * Format: uuid
         * @description who did it; null: time itself
         */
        actorId: string | null;
        details: {
          redemptionId: number;
          reason: string;
          redemptionCount: number;
          /** @enum {unknown} */
          state: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
        };
      };
    };
    /**
     * BookStockLowMessage
     * @description Fewer coupons of a book are left than its `alertBelow`.
     */
    BookStockLowMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'book.stock_low';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        noticeId: number;
        /** Format: uuid */
        bookId: string;
        bookName: string;
        /** @description coupons left */
        unassigned: number;
        alertBelow: number;
      };
    };
    /**
     * BookExpiringMessage
     * @description A book ends in `alertDaysBefore` days or less.
     */
    BookExpiringMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'book.expiring';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        noticeId: number;
        /** Format: uuid */
        bookId: string;
        bookName: string;
        /** @description coupons left */
        unassigned: number;
        /**
         * Format: date-time
         * @example 2026-12-24T18:00:00.000Z
         */
        expiresAt: string;
        alertDaysBefore: number;
      };
    };
    /**
     * JobFinishedMessage
     * @description An import, generation, distribution or undoing ended.
     */
    JobFinishedMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'job.finished';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        noticeId: number;
        /** Format: uuid */
        bookId: string | null;
        /** Format: uuid */
        jobId: string;
        kind: string;
        /** @enum {unknown} */
        status: 'completed' | 'failed' | 'cancelled';
      };
    };
    /**
     * WebhookDisabledMessage
     * @description An endpoint was switched off because it failed.
     */
    WebhookDisabledMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'webhook.disabled';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        noticeId: number;
        /** Format: uuid */
        bookId: string | null;
        /** Format: uuid */
        webhookId: string;
        /** @enum {unknown} */
        reason: 'gone' | 'failing' | 'backlog';
      };
    };
    /**
     * WebhookTestMessage
     * @description A test message that an administrator asked for.
     */
    WebhookTestMessage: {
      /** @enum {unknown} */
      specversion: '1.0';
      /**
       * @description the same for each try: whoever has seen it drops it
       * @example event-4711
       */
      id: string;
      /** @description PUBLIC_URL of the service, or coupon-book */
      source: string;
      /** @enum {unknown} */
      type: 'webhook.test';
      /**
       * @description what it is about
       * @example coupon-815
       */
      subject: string;
      /**
       * Format: date-time
       * @description the database's clock
       * @example 2026-12-24T18:00:00.000Z
       */
      time: string;
      /** @enum {unknown} */
      datacontenttype: 'application/json';
      data: {
        note: string;
      };
    };
    /** Webhook */
    Webhook: {
      /** Format: uuid */
      id: string;
      url: string;
      description: string | null;
      types: string[];
      bookIds: string[] | null;
      includeCodes: boolean;
      /** @enum {unknown} */
      health: 'untried' | 'healthy' | 'failing' | 'disabled';
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      disabledAt: string | null;
      /**
       * @description administrator: somebody did; gone: it answered 410; failing: it failed for 3 days; backlog: it was 3 days behind
       * @enum {string|null}
       */
      disabledReason: 'administrator' | 'gone' | 'failing' | 'backlog' | null;
      /**
       * Format: date-time
       * @description the first of the failures that no success has followed
       * @example 2026-12-24T18:00:00.000Z
       */
      failingSince: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lastSuccessAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lastFailureAt: string | null;
      /**
       * Format: date-time
       * @description until then messages are signed with the secret of before, too
       * @example 2026-12-24T18:00:00.000Z
       */
      formerSecretUntil: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
    };
    /** WebhookPage */
    WebhookPage: {
      items: components['schemas']['Webhook'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** WebhookWithSecret */
    WebhookWithSecret: {
      /** Format: uuid */
      id: string;
      url: string;
      description: string | null;
      types: string[];
      bookIds: string[] | null;
      includeCodes: boolean;
      /** @enum {unknown} */
      health: 'untried' | 'healthy' | 'failing' | 'disabled';
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      disabledAt: string | null;
      /**
       * @description administrator: somebody did; gone: it answered 410; failing: it failed for 3 days; backlog: it was 3 days behind
       * @enum {string|null}
       */
      disabledReason: 'administrator' | 'gone' | 'failing' | 'backlog' | null;
      /**
       * Format: date-time
       * @description the first of the failures that no success has followed
       * @example 2026-12-24T18:00:00.000Z
       */
      failingSince: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lastSuccessAt: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      lastFailureAt: string | null;
      /**
       * Format: date-time
       * @description until then messages are signed with the secret of before, too
       * @example 2026-12-24T18:00:00.000Z
       */
      formerSecretUntil: string | null;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      updatedAt: string;
      /**
       * @description shown this once; signs each message
       * @example whsec_…
       */
      secret: string;
    };
    /** DeliveryAttempt */
    DeliveryAttempt: {
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      at: string;
      durationMs: number;
      /** @description of the answer; null: there was none */
      status: number | null;
      /**
       * @description why there was no answer
       * @enum {string|null}
       */
      failure:
        | 'timeout'
        | 'refused-address'
        | 'name-unknown'
        | 'connection-refused'
        | 'connection-cut'
        | 'tls'
        | 'other'
        | null;
      /** @description its first 1,000 characters */
      answer: string | null;
    };
    /** WebhookDelivery */
    WebhookDelivery: {
      id: number;
      /** @description the `webhook-id` of each try */
      messageId: string;
      type: string;
      /** @enum {unknown} */
      status: 'pending' | 'delivered' | 'failed';
      /** @description since it was last started */
      tries: number;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      nextTryAt: string | null;
      /** @description the newest last, 20 at most */
      attempts: components['schemas']['DeliveryAttempt'][];
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      endedAt: string | null;
    };
    /** WebhookDeliveryPage */
    WebhookDeliveryPage: {
      items: components['schemas']['WebhookDelivery'][];
      /** @description null on the last page */
      nextCursor: string | null;
    };
    /** WebhookDeliveryWithRequest */
    WebhookDeliveryWithRequest: {
      id: number;
      /** @description the `webhook-id` of each try */
      messageId: string;
      type: string;
      /** @enum {unknown} */
      status: 'pending' | 'delivered' | 'failed';
      /** @description since it was last started */
      tries: number;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      nextTryAt: string | null;
      /** @description the newest last, 20 at most */
      attempts: components['schemas']['DeliveryAttempt'][];
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      createdAt: string;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      endedAt: string | null;
      /** @description what is sent, without the signature */
      request: {
        url: string;
        /** @description as the schema of its type says: see the callbacks of createWebhook */
        body: {
          [key: string]: unknown;
        };
      };
    };
    /** Relay */
    Relay: {
      /** @enum {unknown} */
      name: 'webhooks' | 'sqs' | 'eventbridge';
      /**
       * @description stopped: the database is another or older than it was; say from when to go on
       * @enum {unknown}
       */
      status: 'idle' | 'behind' | 'stopped';
      /** @description age of the oldest event that was not handed on */
      lagSeconds: number;
      /**
       * Format: date-time
       * @example 2026-12-24T18:00:00.000Z
       */
      stoppedAt: string | null;
    };
    /** RelayList */
    RelayList: {
      items: components['schemas']['Relay'][];
    };
    /**
     * Finding
     * @description something that an operator should know
     */
    Finding: {
      /** @enum {unknown} */
      severity: 'error' | 'warning' | 'notice';
      /** @enum {unknown} */
      reason:
        | 'unreachable'
        | 'service-unreachable'
        | 'service-not-ready'
        | 'clock-differs-from-service'
        | 'old-postgres'
        | 'not-utf8'
        | 'migrations-missing'
        | 'migrations-unknown'
        | 'rights-missing'
        | 'read-only'
        | 'not-durable'
        | 'slow-wal-compression'
        | 'autovacuum-off'
        | 'few-connections'
        | 'clock-differs'
        | 'old-transaction'
        | 'prepared-transaction'
        | 'blocked-session'
        | 'transaction-ids'
        | 'inactive-slot'
        | 'invalid-index'
        | 'locks-not-swept'
        | 'counts-not-folded'
        | 'jobs-not-run'
        | 'jobs-failed'
        | 'relay-stopped'
        | 'webhooks-failing'
        | 'no-admin'
        | 'initial-password'
        | 'email-clashes'
        | 'old-signing-key'
        | 'broken-counter'
        | 'broken-counts'
        | 'broken-redemptions'
        | 'broken-trail'
        | 'more-broken-books';
      values: {
        [key: string]: string | number;
      };
      /** @description what was found */
      detail: string;
      /** @description what to do */
      advice: string;
      /** @description SQL that does it, for who has looked first */
      run: string[];
    };
    /**
     * Examination
     * @description what a look at the service and its database found
     */
    Examination: {
      /** @description of the service */
      version: string;
      /** @description the worst first; none: all is well */
      findings: components['schemas']['Finding'][];
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listUsers: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description how the e-mail or the external id begins */
        q?: string;
        /** @description ADMIN configures everything and may act for users */
        role?: 'USER' | 'ADMIN';
        /** @description only disabled, or only enabled ones */
        disabled?: boolean;
        /** @description only confirmed, or only unconfirmed ones */
        confirmed?: boolean;
        /** @description only those whose e-mail is that of another account in another spelling, or only the others */
        emailClash?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['UserPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description kept in one canonical form: NFKC, lower case, the domain in ASCII (IDNA); at most 254 characters
           * @example ada@example.com
           */
          email: string;
          /**
           * @description the company's own id of the person: visible ASCII characters, compared as they are
           * @example customer-4711
           */
          externalId?: string;
          /** @example Ada Lovelace */
          name?: string;
          /**
           * Format: password
           * @description 8 to 128 characters of any kind; common passwords and the own e-mail are refused
           * @example a long and unusual sentence
           */
          password?: string;
          /**
           * @description ADMIN configures everything and may act for users
           * @example USER
           * @enum {unknown}
           */
          role?: 'USER' | 'ADMIN';
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getUser: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changeUser: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description the company's own id of the person: visible ASCII characters, compared as they are
           * @example customer-4711
           */
          externalId?: string | null;
          /** @example Ada Lovelace */
          name?: string | null;
          /**
           * @description ADMIN configures everything and may act for users
           * @example USER
           * @enum {unknown}
           */
          role?: 'USER' | 'ADMIN';
          /** @description true ends all sessions of the account and keeps it from signing in */
          disabled?: boolean;
          /** @description true: you know that the account belongs to who reads mail at its e-mail */
          confirmed?: boolean;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getUserByExternalId: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description the company's own id of the person: visible ASCII characters, compared as they are */
        externalId: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  saveUserByExternalId: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description the company's own id of the person: visible ASCII characters, compared as they are */
        externalId: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description kept in one canonical form: NFKC, lower case, the domain in ASCII (IDNA); at most 254 characters
           * @example ada@example.com
           */
          email?: string;
          /** @example Ada Lovelace */
          name?: string | null;
          /**
           * @description ADMIN configures everything and may act for users
           * @example USER
           * @enum {unknown}
           */
          role?: 'USER' | 'ADMIN';
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getSignInOptions: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SignInOptions'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  register: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description kept in one canonical form: NFKC, lower case, the domain in ASCII (IDNA); at most 254 characters
           * @example ada@example.com
           */
          email: string;
          /**
           * Format: password
           * @description 8 to 128 characters of any kind; common passwords and the own e-mail are refused
           * @example a long and unusual sentence
           */
          password: string;
          /** @example Ada Lovelace */
          name?: string;
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  login: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description kept in one canonical form: NFKC, lower case, the domain in ASCII (IDNA); at most 254 characters
           * @example ada@example.com
           */
          email: string;
          /**
           * Format: password
           * @example a long and unusual sentence
           */
          password: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SignedIn'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  refresh: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SignedIn'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  logout: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description signed out */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getMe: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['User'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changePassword: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: password
           * @example a long and unusual sentence
           */
          currentPassword: string;
          /**
           * Format: password
           * @description 8 to 128 characters of any kind; common passwords and the own e-mail are refused
           * @example a long and unusual sentence
           */
          newPassword: string;
        };
      };
    };
    responses: {
      /** @description changed */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getKeySet: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JsonWebKeySet'];
        };
      };
    };
  };
  giveAccessLink: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['AccessLink'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  checkAccessLink: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @example hq2m… */
          token: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['KnownAccessLink'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `link-not-valid`: An access link works once, for 7 days, until a newer one replaces it or the account is disabled. `reason` says which. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  resetPassword: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @example hq2m… */
          token: string;
          /**
           * Format: password
           * @description 8 to 128 characters of any kind; common passwords and the own e-mail are refused
           * @example a long and unusual sentence
           */
          password: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['SignedIn'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `link-not-valid`: An access link works once, for 7 days, until a newer one replaces it or the account is disabled. `reason` says which. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listBooks: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description only books that are archived, or only those that are not */
        archived?: boolean;
        /** @description part of the name, in any case */
        q?: string;
        /** @description stats: count the coupons of each book, too (for an ADMIN); stock: say whether one is left */
        include?: 'stats' | 'stock';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BookPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createBook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "name": "Summer sale 2026",
         *       "expiresAt": "2026-09-01T00:00:00+02:00",
         *       "maxAssignmentsPerUser": 1
         *     }
         */
        'application/json': {
          /**
           * @description unique among the books that are not archived, whatever the case
           * @example Summer sale 2026
           */
          name: string;
          description?: string | null;
          /**
           * Format: date-time
           * @description nothing can be assigned, locked or redeemed before
           * @example 2026-12-24T18:00:00.000Z
           */
          startsAt?: string | null;
          /**
           * Format: date-time
           * @description nothing can be assigned, locked or redeemed from this time on; after startsAt
           * @example 2026-12-24T18:00:00.000Z
           */
          expiresAt?: string | null;
          /** @description most coupons of this book one user is given; null: no limit */
          maxAssignmentsPerUser?: number | null;
          /** @description whether one coupon can be redeemed more than once (default: false) */
          allowMultipleRedemptions?: boolean;
          /** @description how often one coupon can be redeemed; null: no limit. Default: 1, or no limit with allowMultipleRedemptions */
          maxRedemptions?: number | null;
          /** @description how long a lock lasts (default: LOCK_TTL_SECONDS of the server) */
          lockTtlSeconds?: number;
          /** @description when fewer coupons are left than this, `book.stock_low` leaves, once; null: never */
          alertBelow?: number | null;
          /** @description so many days before the end, `book.expiring` leaves, once; null: never */
          alertDaysBefore?: number | null;
          /**
           * @description your own data, a JSON object of at most 4096 bytes
           * @example {
           *       "source": "newsletter"
           *     }
           */
          metadata?: {
            [key: string]: unknown;
          };
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Book'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listHeldBooks: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['HeldBookPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Book'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteBook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `in-use`: Coupons of this book were given away, so it cannot be deleted. Archive it instead.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changeBook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "maxAssignmentsPerUser": null,
         *       "archived": true
         *     }
         */
        'application/json': {
          /**
           * @description unique among the books that are not archived, whatever the case
           * @example Summer sale 2026
           */
          name?: string;
          description?: string | null;
          /**
           * Format: date-time
           * @description nothing can be assigned, locked or redeemed before
           * @example 2026-12-24T18:00:00.000Z
           */
          startsAt?: string | null;
          /**
           * Format: date-time
           * @description nothing can be assigned, locked or redeemed from this time on; after startsAt
           * @example 2026-12-24T18:00:00.000Z
           */
          expiresAt?: string | null;
          /** @description most coupons of this book one user is given; null: no limit */
          maxAssignmentsPerUser?: number | null;
          /** @description whether one coupon can be redeemed more than once */
          allowMultipleRedemptions?: boolean;
          /** @description null: no limit. When only allowMultipleRedemptions changes, this becomes its default: no limit, or 1 */
          maxRedemptions?: number | null;
          /** @description how long a lock lasts */
          lockTtlSeconds?: number;
          /** @description when fewer coupons are left than this, `book.stock_low` leaves, once; null: never */
          alertBelow?: number | null;
          /** @description so many days before the end, `book.expiring` leaves, once; null: never */
          alertDaysBefore?: number | null;
          /**
           * @description your own data, a JSON object of at most 4096 bytes
           * @example {
           *       "source": "newsletter"
           *     }
           */
          metadata?: {
            [key: string]: unknown;
          };
          /** @description true: nothing of the book can be assigned, locked or redeemed any more; false: undoes that */
          archived?: boolean;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Book'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getBookStats: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BookStats'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getStats: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BookStats'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listJobs: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        kind?: 'import' | 'generate' | 'distribute' | 'undo';
        status?: 'queued' | 'running' | 'completed' | 'failed' | 'cancelled';
        bookId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  cancelJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listJobErrors: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['JobErrorPage'];
          'text/csv': components['schemas']['JobErrorPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  undoJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description Accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  generateCodes: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "count": 1000,
         *       "pattern": "SUMMER-####-####"
         *     }
         */
        'application/json': {
          /** @description how many new codes */
          count: number;
          /**
           * @description # is one random character of the charset, all else stands for itself (default: ####-####-####)
           * @example SUMMER-####-####
           */
          pattern?: string;
          /** @description instead of a pattern: how many random characters, between prefix and postfix */
          length?: number;
          prefix?: string;
          postfix?: string;
          /**
           * @description default (A-Z without I and O, 2-9), digits, letters, or the characters themselves: at least two different ones of A-Z, 0-9, - and _
           * @example default
           */
          charset?: string;
          /** @description store the codes although a guess hits one more often than once in a thousand times */
          allowGuessable?: boolean;
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description Accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewCodes: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        /**
         * @example {
         *       "count": 1000,
         *       "pattern": "SUMMER-####-####"
         *     }
         */
        'application/json': {
          /** @description how many new codes */
          count: number;
          /**
           * @description # is one random character of the charset, all else stands for itself (default: ####-####-####)
           * @example SUMMER-####-####
           */
          pattern?: string;
          /** @description instead of a pattern: how many random characters, between prefix and postfix */
          length?: number;
          prefix?: string;
          postfix?: string;
          /**
           * @description default (A-Z without I and O, 2-9), digits, letters, or the characters themselves: at least two different ones of A-Z, 0-9, - and _
           * @example default
           */
          charset?: string;
          /** @description store the codes although a guess hits one more often than once in a thousand times */
          allowGuessable?: boolean;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CodePreview'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  uploadCodes: {
    parameters: {
      query?: {
        /** @description skip: good rows are stored, the others reported; abort: every row is stored, or none */
        onError?: 'skip' | 'abort';
        /** @description which column is read: its title, or its number from 1. Needed only when the file leaves it open */
        column?: string;
        /** @description whether there is a row of titles. auto: where one of the titles is known */
        header?: 'auto' | 'present' | 'absent';
        /** @description of the text. auto: by its bytes; Windows-1252 when it is not valid UTF-8 */
        encoding?: 'auto' | 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
      };
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'text/csv': string;
        'multipart/form-data': {
          /** Format: binary */
          file: string;
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description Accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewUpload: {
    parameters: {
      query?: {
        /** @description skip: good rows are stored, the others reported; abort: every row is stored, or none */
        onError?: 'skip' | 'abort';
        /** @description which column is read: its title, or its number from 1. Needed only when the file leaves it open */
        column?: string;
        /** @description whether there is a row of titles. auto: where one of the titles is known */
        header?: 'auto' | 'present' | 'absent';
        /** @description of the text. auto: by its bytes; Windows-1252 when it is not valid UTF-8 */
        encoding?: 'auto' | 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
      };
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'text/csv': string;
        'multipart/form-data': {
          /** Format: binary */
          file: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FilePreview'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  assignRandomCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** Format: uuid */
          bookId: string;
          /**
           * Format: uuid
           * @description for whom; only an ADMIN may name somebody else
           */
          userId?: string;
          /**
           * @description instead of `userId`: the external id of that account
           * @example customer-4711
           */
          externalUserId?: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-exhausted`: All coupons of this book have been given out.
       *
       *     `assignment-limit-reached`: This person already has the maximum number of coupons from this book (`maxAssignmentsPerUser`).
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  assignCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description for whom; only an ADMIN may name somebody else
           */
          userId?: string;
          /**
           * @description instead of `userId`: the external id of that account
           * @example customer-4711
           */
          externalUserId?: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `forbidden`: Your account is not allowed to do this.
       *
       *     `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `already-assigned`: This coupon already belongs to somebody.
       *
       *     `assignment-limit-reached`: This person already has the maximum number of coupons from this book (`maxAssignmentsPerUser`).
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  lockCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description for whom; only an ADMIN may name somebody else
           */
          userId?: string;
          /**
           * @description instead of `userId`: the external id of that account
           * @example customer-4711
           */
          externalUserId?: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /**
       * @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range.
       *
       *     `invalid-state`: Each command starts from certain states only: assign from UNASSIGNED, lock from ASSIGNED, unlock from LOCKED.
       *
       *     `already-redeemed`: This coupon has been used up. It cannot be redeemed again.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `forbidden`: Your account is not allowed to do this.
       *
       *     `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  unlockCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description for whom; only an ADMIN may name somebody else
           */
          userId?: string;
          /**
           * @description instead of `userId`: the external id of that account
           * @example customer-4711
           */
          externalUserId?: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /**
       * @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range.
       *
       *     `invalid-state`: Each command starts from certain states only: assign from UNASSIGNED, lock from ASSIGNED, unlock from LOCKED.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `forbidden`: Your account is not allowed to do this.
       *
       *     `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed.
       *
       *     `not-your-lock`: Somebody else has locked this coupon.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  redeemCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description for whom; only an ADMIN may name somebody else
           */
          userId?: string;
          /**
           * @description instead of `userId`: the external id of that account
           * @example customer-4711
           */
          externalUserId?: string;
          /**
           * @description your own data, a JSON object of at most 4096 bytes
           * @example {
           *       "source": "newsletter"
           *     }
           */
          metadata?: {
            [key: string]: unknown;
          };
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /**
       * @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range.
       *
       *     `invalid-state`: Each command starts from certain states only: assign from UNASSIGNED, lock from ASSIGNED, unlock from LOCKED.
       *
       *     `not-locked`: A coupon must be locked before it is redeemed.
       *
       *     `already-redeemed`: This coupon has been used up. It cannot be redeemed again.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `forbidden`: Your account is not allowed to do this.
       *
       *     `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed.
       *
       *     `not-your-lock`: Somebody else has locked this coupon.
       */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `lock-expired`: The lock on this coupon expired before it was redeemed. */
      410: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  rollBackRedemption: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the redemption */
        id: number;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @description kept in the history */
          reason: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  unassignCoupon: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /**
       * @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range.
       *
       *     `invalid-state`: Each command starts from certain states only: assign from UNASSIGNED, lock from ASSIGNED, unlock from LOCKED.
       */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listMyCoupons: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        bookId?: string;
        /** @description a lock that has run out shows as ASSIGNED */
        state?: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CouponPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listBookCoupons: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description of a CSV file: begin with a byte order mark, by which Excel knows UTF-8 */
        bom?: boolean;
        /** @description a lock that has run out shows as ASSIGNED */
        state?: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
        /** @description its owner */
        userId?: string;
        /** @description instead of `userId`: the external id of that account */
        externalUserId?: string;
        /** @description the beginning of the code */
        code?: string;
      };
      header?: never;
      path: {
        /** @description of the book */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of the list; with `Accept: text/csv` all of it as a file, without `limit` and `cursor` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['BookCouponPage'];
          'text/csv': string;
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getCoupon: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Coupon'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getCouponHistory: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
      };
      header?: never;
      path: {
        /** @description compared without case */
        code: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['CouponEventPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-your-coupon`: The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRedemptions: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description of a CSV file: begin with a byte order mark, by which Excel knows UTF-8 */
        bom?: boolean;
        bookId?: string;
        /** @description for whom */
        userId?: string;
        /** @description instead of `userId`: the external id of that account */
        externalUserId?: string;
        /** @description who did it */
        actorId?: string;
        /** @description the beginning of the code */
        code?: string;
        /** @description the earliest */
        from?: string;
        /** @description exclusive */
        to?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of the list; with `Accept: text/csv` all of it as a file, without `limit` and `cursor` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RedemptionPage'];
          'text/csv': string;
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listEvents: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description of a CSV file: begin with a byte order mark, by which Excel knows UTF-8 */
        bom?: boolean;
        bookId?: string;
        /** @description for whom */
        userId?: string;
        /** @description instead of `userId`: the external id of that account */
        externalUserId?: string;
        /** @description who did it */
        actorId?: string;
        /** @description the beginning of the code */
        code?: string;
        /** @description the earliest */
        from?: string;
        /** @description exclusive */
        to?: string;
        /** @description one or more of them */
        type?: (
          | 'coupon.assigned'
          | 'coupon.locked'
          | 'coupon.unlocked'
          | 'coupon.lock_expired'
          | 'coupon.redeemed'
          | 'coupon.unassigned'
          | 'coupon.redemption_rolled_back'
        )[];
        /** @description what this job did */
        jobId?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of the list; with `Accept: text/csv` all of it as a file, without `limit` and `cursor` */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['EventPage'];
          'text/csv': string;
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  streamEvents: {
    parameters: {
      query?: {
        /** @description only of this book */
        bookId?: string;
      };
      header?: {
        /** @description `id` of the last message received */
        'last-event-id'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description the stream; the schema is that of the `data` of a message */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/event-stream': components['schemas']['StreamedEvent'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-available-here`: This installation cannot do it. On AWS Lambda there is no live stream of events, and no answer larger than 5 MB. */
      501: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listPools: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description part of the name */
        q?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PoolPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createPool: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @example Newsletter readers */
          name: string;
          description?: string | null;
          /**
           * @description your own data, a JSON object of at most 4096 bytes
           * @example {
           *       "source": "newsletter"
           *     }
           */
          metadata?: {
            [key: string]: unknown;
          };
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Pool'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getPool: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Pool'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deletePool: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changePool: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /** @example Newsletter readers */
          name?: string;
          description?: string | null;
          /**
           * @description your own data, a JSON object of at most 4096 bytes
           * @example {
           *       "source": "newsletter"
           *     }
           */
          metadata?: {
            [key: string]: unknown;
          };
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Pool'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listPoolMembers: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        /** @description how the e-mail begins */
        q?: string;
      };
      header?: never;
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PoolMemberPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  addPoolMembers: {
    parameters: {
      query?: {
        /** @description which column is read: its title, or its number from 1. Needed only when the file leaves it open */
        column?: string;
        /** @description whether there is a row of titles. auto: where one of the titles is known */
        header?: 'auto' | 'present' | 'absent';
        /** @description of the text. auto: by its bytes; Windows-1252 when it is not valid UTF-8 */
        encoding?: 'auto' | 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
        /** @description make accounts, without a password, for e-mails that have none */
        invite?: boolean;
        /** @description also add accounts that somebody registered with a given e-mail and nobody confirmed: they may belong to a stranger */
        includeUnconfirmed?: boolean;
      };
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          userIds?: string[];
          externalUserIds?: string[];
          /**
           * @example [
           *       "ada@example.com"
           *     ]
           */
          emails?: string[];
        };
        'text/csv': string;
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PoolAddition'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  removePoolMembers: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          userIds?: string[];
          externalUserIds?: string[];
          /**
           * @example [
           *       "ada@example.com"
           *     ]
           */
          emails?: string[];
          /**
           * @description everybody; alone
           * @enum {boolean}
           */
          all?: true;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['PoolRemoval'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewPoolMembers: {
    parameters: {
      query?: {
        /** @description which column is read: its title, or its number from 1. Needed only when the file leaves it open */
        column?: string;
        /** @description whether there is a row of titles. auto: where one of the titles is known */
        header?: 'auto' | 'present' | 'absent';
        /** @description of the text. auto: by its bytes; Windows-1252 when it is not valid UTF-8 */
        encoding?: 'auto' | 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
      };
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'text/csv': string;
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['FilePreview'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  mailMergePool: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description who gets a new access link: people without a password who have no link that still works (`missing`); all people without a password (`renew`); everybody (`all`); nobody (`none`). A new link ends the one before, so with `renew` and `all` links that were sent earlier stop working
           * @default missing
           * @enum {unknown}
           */
          links: 'missing' | 'renew' | 'all' | 'none';
          /**
           * @description begin with a byte order mark, by which Excel knows UTF-8
           * @default false
           */
          bom: boolean;
        };
      };
    };
    responses: {
      /** @description a file for a mail merge, sent while it is made. Cells that a spreadsheet would run as a formula begin with an apostrophe */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/csv': string;
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  distribute: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description the book to distribute
           */
          bookId: string;
          /**
           * @description `equal`: everybody gets `perUser`, or `total` is shared as evenly as can be, the rest by lot. `random`: each of `total` coupons goes to somebody by lot
           * @enum {unknown}
           */
          mode: 'equal' | 'random';
          /** @description for each; only `equal`, instead of `total` */
          perUser?: number;
          /** @description for all together */
          total?: number;
          /** @description most for one; only with `total` */
          maxPerUser?: number;
          /**
           * @description when stock or limits do not allow all that is asked for: `refuse` answers with the numbers, `partial` goes as far as it can
           * @default refuse
           * @enum {unknown}
           */
          onShortage: 'refuse' | 'partial';
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description Accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       *
       *     `book-exhausted`: All coupons of this book have been given out.
       *
       *     `assignment-limit-reached`: This person already has the maximum number of coupons from this book (`maxAssignmentsPerUser`).
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  previewDistribution: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the pool */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: uuid
           * @description the book to distribute
           */
          bookId: string;
          /**
           * @description `equal`: everybody gets `perUser`, or `total` is shared as evenly as can be, the rest by lot. `random`: each of `total` coupons goes to somebody by lot
           * @enum {unknown}
           */
          mode: 'equal' | 'random';
          /** @description for each; only `equal`, instead of `total` */
          perUser?: number;
          /** @description for all together */
          total?: number;
          /** @description most for one; only with `total` */
          maxPerUser?: number;
          /**
           * @description when stock or limits do not allow all that is asked for: `refuse` answers with the numbers, `partial` goes as far as it can
           * @default refuse
           * @enum {unknown}
           */
          onShortage: 'refuse' | 'partial';
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['DistributionPreview'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /**
       * @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.
       *
       *     `book-not-active`: The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.
       */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getDraw: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Draw'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  mailMergeDistribution: {
    parameters: {
      query?: never;
      header?: {
        /** @description accepted and not used: the answer holds tokens, which are never stored. A repeat is a new request. */
        'idempotency-key'?: string;
      };
      path: {
        /** @description of the job */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description who gets a new access link: people without a password who have no link that still works (`missing`); all people without a password (`renew`); everybody (`all`); nobody (`none`). A new link ends the one before, so with `renew` and `all` links that were sent earlier stop working
           * @default missing
           * @enum {unknown}
           */
          links: 'missing' | 'renew' | 'all' | 'none';
          /**
           * @description begin with a byte order mark, by which Excel knows UTF-8
           * @default false
           */
          bom: boolean;
        };
      };
    };
    responses: {
      /** @description a file for a mail merge, sent while it is made. Cells that a spreadsheet would run as a formula begin with an apostrophe */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'text/csv': string;
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listWebhooks: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  createWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description http or https, at a public address, without a user; redirects are not followed
           * @example https://shop.example.org/hooks/coupons
           */
          url: string;
          types: (
            | 'coupon.assigned'
            | 'coupon.locked'
            | 'coupon.unlocked'
            | 'coupon.lock_expired'
            | 'coupon.redeemed'
            | 'coupon.unassigned'
            | 'coupon.redemption_rolled_back'
            | 'book.stock_low'
            | 'book.expiring'
            | 'job.finished'
            | 'webhook.disabled'
          )[];
          /** @description only events of these books; null: of all */
          bookIds?: string[] | null;
          /** @description whether this endpoint is sent whole codes; otherwise they are masked */
          includeCodes?: boolean;
          description?: string | null;
        };
      };
    };
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  deleteWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description deleted */
      204: {
        headers: {
          [name: string]: unknown;
        };
        content?: never;
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  changeWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description http or https, at a public address, without a user; redirects are not followed
           * @example https://shop.example.org/hooks/coupons
           */
          url?: string;
          types?: (
            | 'coupon.assigned'
            | 'coupon.locked'
            | 'coupon.unlocked'
            | 'coupon.lock_expired'
            | 'coupon.redeemed'
            | 'coupon.unassigned'
            | 'coupon.redemption_rolled_back'
            | 'book.stock_low'
            | 'book.expiring'
            | 'job.finished'
            | 'webhook.disabled'
          )[];
          /** @description only events of these books; null: of all */
          bookIds?: string[] | null;
          /** @description whether this endpoint is sent whole codes; otherwise they are masked */
          includeCodes?: boolean;
          description?: string | null;
          /** @description switched off, it is sent nothing, and what happens meanwhile is not kept for it */
          disabled?: boolean;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  rotateWebhookSecret: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * @description how long messages are signed with the secret of before, too; 0 when it has leaked
           * @default 24
           */
          keepFormerHours: number;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookWithSecret'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listWebhookDeliveries: {
    parameters: {
      query?: {
        /** @description most items in the answer */
        limit?: number;
        /** @description `nextCursor` of the page before */
        cursor?: string;
        status?: 'pending' | 'delivered' | 'failed';
      };
      header?: never;
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDeliveryPage'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  getWebhookDelivery: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        id: string;
        deliveryId: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDeliveryWithRequest'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  replayWebhookDelivery: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
        deliveryId: number;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDelivery'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  replayWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: date-time
           * @description events since then are sent again, whether or not they arrived
           * @example 2026-12-24T18:00:00.000Z
           */
          from: string;
          /**
           * Format: date-time
           * @description exclusive; now, unless given
           * @example 2026-12-24T18:00:00.000Z
           */
          until?: string;
        };
      };
    };
    responses: {
      /** @description Accepted */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  testWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Created */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['WebhookDelivery'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `not-found`: There is nothing here, or nothing that you are allowed to know about. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  listRelays: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RelayList'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  resumeRelay: {
    parameters: {
      query?: never;
      header?: {
        /** @description makes the request safe to repeat: 1 to 255 printable ASCII characters, kept for 24 hours */
        'idempotency-key'?: string;
      };
      path: {
        name: 'webhooks' | 'sqs' | 'eventbridge';
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': {
          /**
           * Format: date-time
           * @description events since then are handed on again
           * @example 2026-12-24T18:00:00.000Z
           */
          from: string;
        };
      };
    };
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['RelayList'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `conflict`: The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `payload-too-large`: The body is larger than this endpoint accepts. */
      413: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unsupported-media-type`: This endpoint does not accept this `Content-Type`, or the content does not match it. */
      415: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `idempotency-key-reused`: You have used this Idempotency-Key for a request with another method, path or body. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
  examineService: {
    parameters: {
      query?: {
        /** @description also compare all coupons with their counters, history and events; takes seconds for each million */
        data?: boolean;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description OK */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/json': components['schemas']['Examination'];
        };
      };
      /** @description `invalid-request`: Something in the path, the query, a header or the body is missing, unknown or out of range. */
      400: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unauthenticated`: There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `forbidden`: Your account is not allowed to do this. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `rate-limited`: You have reached a rate limit, or the limit for wrong codes or wrong passwords. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
      /** @description `unavailable`: The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did. */
      503: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          'application/problem+json': components['schemas']['Problem'];
        };
      };
    };
  };
}
