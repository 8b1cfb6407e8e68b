import { onScopeDispose, ref, shallowRef } from 'vue';
import type { Schemas } from '../api/client';
import { uploadCodes, type UploadHow } from './uploadCodes';
import { useWrite } from '../api/useWrite';

/** Tells two files apart, to recognise a repeated request. */
const nameOf = ({ name, size, lastModified }: File) => ({ name, size, lastModified });

/** The upload of a file of codes to a book: how much of it has been sent, and how to stop it. */
export function useUpload(bookId: () => string) {
  const file = shallowRef<File | null>(null);
  const share = ref(0);
  let stopper = new AbortController();

  const { run, retry, reset, running, problem } = useWrite(
    (headers, _which: ReturnType<typeof nameOf>, how: UploadHow) => {
      share.value = 0;
      stopper = new AbortController();
      return uploadCodes(bookId(), file.value!, how, headers, {
        onProgress: (sent) => (share.value = sent),
        signal: stopper.signal,
      });
    },
  );

  function choose(chosen: File | null): void {
    reset();
    file.value = chosen;
  }

  /** Resolves with the job, or with undefined when it was refused (see `problem`) or stopped. */
  async function settled(attempt: Promise<Schemas['Job'] | undefined>) {
    const job = await attempt;
    if (stopper.signal.aborted) reset();
    return job;
  }

  const stop = () => stopper.abort();
  onScopeDispose(stop);

  return {
    file,
    share,
    running,
    problem,
    choose,
    stop,
    start: (how: UploadHow) => settled(run(nameOf(file.value!), how)),
    retry: () => settled(retry()),
  };
}
