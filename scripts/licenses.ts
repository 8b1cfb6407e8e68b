import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BundledPackage {
  name: string;
  version: string;
  license: string;
}

/** Licences that let us pass a program on with our own, as long as their texts go with it. */
const ACCEPTED = new Set([
  ...['MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'OFL-1.1'],
]);

/**
 * Writes what a build is made of into its folder: THIRD-PARTY-LICENSES.txt for people, packages.json for programs.
 * @param folders of the packages, in `root`
 * @throws when one has a licence that nobody has looked at, or none
 */
export function writeLicenses(to: string, root: string, folders: ReadonlySet<string>): BundledPackage[] {
  const found = new Map<string, BundledPackage & { text: string }>();
  for (const folder of folders) {
    const path = join(root, folder);
    const { name, version, license } = JSON.parse(
      readFileSync(join(path, 'package.json'), 'utf8'),
    ) as BundledPackage;
    if (!ACCEPTED.has(license))
      throw new Error(
        `${name} ${version} in ${folder} is licensed by ${JSON.stringify(license)}, which scripts/licenses.ts does not know.`,
      );
    const file = globSync('{LICEN[CS]E,licen[cs]e}*', { cwd: path })[0];
    const text = file ? readFileSync(join(path, file), 'utf8').trim() : '';
    found.set(`${name} ${version}`, { name, version, license, text });
  }
  const packages = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, about]) => about);
  const texts = packages.map(
    ({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`,
  );
  writeFileSync(join(to, 'THIRD-PARTY-LICENSES.txt'), `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
  const list = packages.map(({ name, version, license }) => ({ name, version, license }));
  writeFileSync(join(to, 'packages.json'), `${JSON.stringify(list, null, 2)}\n`);
  return list;
}
