/** A password that AWS Secrets Manager keeps, and changes from time to time. */
export interface SecretPassword {
  /** As it was read last; read now when it was not, or since it was refused. */
  read: () => Promise<string>;
  /** What `read` would give without reading anew. */
  known: () => Promise<string> | undefined;
  /**
   * It was refused: the next one who needs it reads it anew, unless somebody has done so already.
   * @param tried what was known when the connection that was refused began
   */
  refused: (tried: Promise<string> | undefined) => void;
}

/** @param arn of a secret as RDS makes them: JSON with a `password` */
export function secretPassword(arn: string): SecretPassword {
  let known: Promise<string> | undefined;
  return {
    read() {
      const reading = (known ??= readSecret(arn).then(
        (text) => (JSON.parse(text) as { password: string }).password,
      ));
      reading.catch(() => (known = undefined));
      return reading;
    },
    known: () => known,
    refused(tried) {
      if (tried === undefined || tried === known) known = undefined;
    },
  };
}

/** The text of a secret in AWS Secrets Manager. The library is loaded only where there is one. */
export async function readSecret(arn: string): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const client = new SecretsManagerClient({});
  try {
    const { SecretString: text = '' } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    return text;
  } finally {
    client.destroy();
  }
}
