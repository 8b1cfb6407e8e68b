/** The rules, written down a second time, by hand, as docs/state-machine.md tells them. A state in capitals: the command is done and leads there. */
const OPEN = `
assign                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | ASSIGNED         | ASSIGNED        | ASSIGNED         | ASSIGNED         | ASSIGNED
ASSIGNED              | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned
lock ran out, written | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned
LOCKED                | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned
LOCKED until now      | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned
redeemed 1 of 3       | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned
REDEEMED              | already-assigned | not-your-coupon | already-assigned | already-assigned | already-assigned

lock                  | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | not-your-coupon  | not-your-coupon | invalid-state    | invalid-state    | invalid-state
ASSIGNED              | LOCKED           | not-your-coupon | LOCKED           | not-your-coupon  | not-your-coupon
lock ran out, written | LOCKED           | not-your-coupon | LOCKED           | not-your-coupon  | not-your-coupon
LOCKED                | invalid-state    | not-your-coupon | invalid-state    | not-your-coupon  | not-your-coupon
LOCKED until now      | LOCKED           | not-your-coupon | LOCKED           | not-your-coupon  | not-your-coupon
redeemed 1 of 3       | LOCKED           | not-your-coupon | LOCKED           | not-your-coupon  | not-your-coupon
REDEEMED              | invalid-state    | not-your-coupon | invalid-state    | not-your-coupon  | not-your-coupon

unlock                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | not-your-coupon  | not-your-coupon | invalid-state    | invalid-state    | invalid-state
ASSIGNED              | invalid-state    | not-your-coupon | invalid-state    | invalid-state    | invalid-state
lock ran out, written | invalid-state    | not-your-coupon | invalid-state    | invalid-state    | invalid-state
LOCKED                | ASSIGNED         | not-your-coupon | ASSIGNED         | not-your-lock    | ASSIGNED
LOCKED until now      | invalid-state    | not-your-coupon | invalid-state    | invalid-state    | invalid-state
redeemed 1 of 3       | invalid-state    | not-your-coupon | invalid-state    | invalid-state    | invalid-state
REDEEMED              | invalid-state    | not-your-coupon | invalid-state    | invalid-state    | invalid-state

redeem                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | not-your-coupon  | not-your-coupon | invalid-state    | invalid-state    | invalid-state
ASSIGNED              | not-locked       | not-your-coupon | not-locked       | not-your-coupon  | not-your-coupon
lock ran out, written | lock-expired     | not-your-coupon | lock-expired     | not-your-coupon  | not-your-coupon
LOCKED                | REDEEMED         | not-your-coupon | REDEEMED         | not-your-lock    | not-your-lock
LOCKED until now      | lock-expired     | not-your-coupon | lock-expired     | not-your-coupon  | not-your-coupon
redeemed 1 of 3       | not-locked       | not-your-coupon | not-locked       | not-your-coupon  | not-your-coupon
REDEEMED              | already-redeemed | not-your-coupon | already-redeemed | not-your-coupon  | not-your-coupon

unassign              | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | forbidden        | forbidden       | invalid-state    | invalid-state    | invalid-state
ASSIGNED              | forbidden        | forbidden       | UNASSIGNED       | UNASSIGNED       | UNASSIGNED
lock ran out, written | forbidden        | forbidden       | UNASSIGNED       | UNASSIGNED       | UNASSIGNED
LOCKED                | forbidden        | forbidden       | invalid-state    | invalid-state    | invalid-state
LOCKED until now      | forbidden        | forbidden       | UNASSIGNED       | UNASSIGNED       | UNASSIGNED
redeemed 1 of 3       | forbidden        | forbidden       | UNASSIGNED       | UNASSIGNED       | UNASSIGNED
REDEEMED              | forbidden        | forbidden       | invalid-state    | invalid-state    | invalid-state

rollback              | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | forbidden        | forbidden       | UNASSIGNED       | UNASSIGNED       | UNASSIGNED
ASSIGNED              | forbidden        | forbidden       | ASSIGNED         | ASSIGNED         | ASSIGNED
lock ran out, written | forbidden        | forbidden       | ASSIGNED         | ASSIGNED         | ASSIGNED
LOCKED                | forbidden        | forbidden       | LOCKED           | LOCKED           | LOCKED
LOCKED until now      | forbidden        | forbidden       | ASSIGNED         | ASSIGNED         | ASSIGNED
redeemed 1 of 3       | forbidden        | forbidden       | ASSIGNED         | ASSIGNED         | ASSIGNED
REDEEMED              | forbidden        | forbidden       | ASSIGNED         | ASSIGNED         | ASSIGNED

expire                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state
ASSIGNED              | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state
lock ran out, written | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state
LOCKED                | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state
LOCKED until now      | ASSIGNED         | ASSIGNED        | ASSIGNED         | ASSIGNED         | ASSIGNED
redeemed 1 of 3       | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state
REDEEMED              | invalid-state    | invalid-state   | invalid-state    | invalid-state    | invalid-state`;

/** Where a book that is not active changes the answer; everything else stays, strangers never see a difference. */
const CLOSED = `
assign                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
UNASSIGNED            | book-not-active  | book-not-active | book-not-active  | book-not-active  | book-not-active

lock                  | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
ASSIGNED              | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
lock ran out, written | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
LOCKED                | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
LOCKED until now      | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
redeemed 1 of 3       | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon

redeem                | owner            | another USER    | ADMIN for owner  | ADMIN for other  | ADMIN for self
ASSIGNED              | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
lock ran out, written | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
LOCKED                | book-not-active  | not-your-coupon | book-not-active  | not-your-lock    | not-your-lock
LOCKED until now      | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon
redeemed 1 of 3       | book-not-active  | not-your-coupon | book-not-active  | not-your-coupon  | not-your-coupon`;

type Expected = Record<string, Record<string, Record<string, string>>>;

/** Table text as command → coupon → caller → outcome. */
function readTable(text: string): Expected {
  const table: Expected = {};
  for (const block of text.trim().split('\n\n')) {
    const [head, ...rows] = block.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const [command, ...callers] = head!;
    table[command!] = Object.fromEntries(
      rows.map(([coupon, ...outcomes]) => [
        coupon!,
        Object.fromEntries(callers.map((caller, i) => [caller, outcomes[i]!])),
      ]),
    );
  }
  return table;
}

/** By command, coupon and caller: in a book that is active. */
export const open = readTable(OPEN);
const closed = readTable(CLOSED);

/** By caller: the outcome of a command on a coupon, in a book that is active or not. */
export const expectedOutcomes = (command: string, coupon: string, isActive: boolean) =>
  (isActive ? undefined : closed[command]?.[coupon]) ?? open[command]![coupon]!;
