// Checks the subject of a commit message: `node scripts/commit-message.mjs <file>`, as .githooks/commit-msg calls it. Plain
// JavaScript without dependencies: a commit waits for it, also before anything is installed, with any Node 20 or newer.
import { readFileSync } from 'node:fs';

const MAX_LENGTH = 72;
/** Imperatives that end like a past tense, an -ing form or a third person. */
const IMPERATIVES = /^(Embed|Shed|Shred|\w+eed|Bring|Ping|Ring|String|Swing|Wring|Alias|Bias|Focus|\w+ss)$/;
const OTHER_FORMS = /(ed|ing|s)$/;
/** Frequent first words of subjects that say what was, or name a thing. */
const NO_VERBS =
  /^(A|An|The|This|That|What|Who|Which|When|Where|How|Why|One|Two|Some|All|More|No|New|Was|Were|Did|Made|Took|Wrote|Gave|Got|Went|Left|Found|Kept|Built|README|CHANGELOG)$/;

const [subject = '', second = ''] = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => !line.startsWith('#'));
const problems = /^(Merge|Revert|fixup!|squash!|amend!) /.test(subject) ? [] : problemsOf(subject, second);
if (problems.length > 0) {
  console.error(`The subject of the commit message ${problems.join(', and ')}:\n  ${subject}`);
  console.error(
    'Example: "Refuse a lock outside the book\'s dates". To pass this by: git commit --no-verify',
  );
  process.exitCode = 1;
}

function problemsOf(line, next) {
  const [first] = line.split(/[\s,:;]/, 1);
  return [
    line.length > MAX_LENGTH && `has ${line.length} characters (at most ${MAX_LENGTH})`,
    /[.…]$/.test(line) && 'ends with a full stop',
    next.trim() !== '' && 'is not followed by an empty line',
    !/^[A-Z]/.test(line)
      ? 'does not begin with a capital letter'
      : (NO_VERBS.test(first) || (OTHER_FORMS.test(first) && !IMPERATIVES.test(first))) &&
        `does not begin with an imperative ("${first}")`,
  ].filter(Boolean);
}
