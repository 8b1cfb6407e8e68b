import { execFileSync } from 'node:child_process';
import type { BundledPackage } from './licenses.ts';

interface Component {
  'bom-ref': string;
  type: string;
  name: string;
  version: string;
}

interface Sbom {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/**
 * What an artifact is made of, as CycloneDX: what npm says of the lock, without what is not in the artifact.
 * @param packages what is in it
 * @throws when the lock is not consistent, or does not know one of them
 */
export function makeSbom(root: string, version: string, packages: readonly BundledPackage[]): object {
  const args = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
  const text = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const whole = JSON.parse(text) as Sbom;
  const wanted = new Set(packages.map((item) => `${item.name}@${item.version}`));
  // The same package may lie in several folders.
  const components = new Map<string, Component>();
  for (const component of whole.components) {
    const name = `${component.name}@${component.version}`;
    if (wanted.has(name) && !components.has(name)) components.set(name, component);
  }
  const missing = [...wanted].filter((name) => !components.has(name));
  if (missing.length > 0) throw new Error(`The lock does not know ${missing.join(', ')}.`);

  const product: Component = {
    ...whole.metadata.component,
    type: 'application',
    name: 'coupon-book',
    version,
  };
  const refs = new Set([...components.values()].map((component) => component['bom-ref']));
  return {
    ...whole,
    metadata: { ...whole.metadata, component: product },
    components: [...components.values()],
    dependencies: [
      { ref: product['bom-ref'], dependsOn: [...refs] },
      ...whole.dependencies
        .filter(({ ref }) => refs.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) })),
    ],
  };
}
