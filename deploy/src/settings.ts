import type { Node } from 'constructs';

/** What differs between installations: `-c name=value`, or `context` in cdk.json. */
export interface Settings {
  /** Where people reach it, such as coupons.example.com. */
  domainName: string;
  /** In ACM, for the domain, in the region of the stack: of the load balancer. Not asked for by the serverless form. */
  certificateArn: string;
  /** In ACM, for the domain, in us-east-1: of CloudFront. */
  edgeCertificateArn: string;
  adminEmail: string;
  alarmEmail: string;
  /** Where copies of the backups go. */
  copyRegion: string;
  /** Output of the stack CouponBookEdge; of the serverless form. */
  webAclArn: string;
  /** Another number makes another secret between CloudFront and API Gateway; of the serverless form. */
  originSecret: string;
  /** An image that `npm run image` has made on this machine. */
  image: string;
}

const DEFAULTS: Partial<Settings> = {
  copyRegion: 'eu-central-1',
  image: 'coupon-book:latest',
  originSecret: '1',
};

/** Reads the settings that are asked for. @throws naming all that are missing */
export function readSettings<K extends keyof Settings>(node: Node, names: readonly K[]): Pick<Settings, K> {
  const read = (name: K) => (node.tryGetContext(name) as string | undefined) ?? DEFAULTS[name];
  const missing = names.filter((name) => !read(name));
  if (missing.length > 0) {
    throw new Error(
      `Set ${missing.join(', ')}: -c name=value for each, or "context" in cdk.json (see README.md)`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, read(name)])) as Pick<Settings, K>;
}
