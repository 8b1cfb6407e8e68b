/** What is used of it, so that the types can be checked where the packages of bench/ are not installed. */
declare module '@redis/client' {
  interface Client {
    connect(): Promise<Client>;
    on(event: 'error', listener: (error: Error) => void): Client;
    sPop(key: string): Promise<string | null>;
    sAdd(key: string, members: string[]): Promise<number>;
    sCard(key: string): Promise<number>;
    destroy(): void;
  }
  export function createClient(options: { url: string | undefined }): Client;
}
