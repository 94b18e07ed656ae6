import type { OnProgress } from '../data/manifest.ts';

const TERMINAL_MS = 200;
/** In a log each line stays. */
const LOG_MS = 10_000;

/** Tells on stderr how far reading has come, when it takes longer than a moment. Call `end` before anything else is printed. */
export function showReading(what: string): { onProgress: OnProgress; end: () => void } {
  const { isTTY } = process.stderr;
  const pause = isTTY ? TERMINAL_MS : LOG_MS;
  let last = Date.now();
  let shown = false;
  return {
    onProgress: ({ files, totalFiles, bytes, totalBytes }) => {
      if (Date.now() - last < pause) return;
      last = Date.now();
      shown = true;
      const share = totalBytes === 0 ? 100 : Math.floor((100 * bytes) / totalBytes);
      const text = `${what}: ${share} %, ${files} of ${totalFiles} files, ${size(bytes)} of ${size(totalBytes)}`;
      process.stderr.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    },
    end: () => {
      if (shown && isTTY) process.stderr.write('\r\u001b[K');
    },
  };
}

function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}
