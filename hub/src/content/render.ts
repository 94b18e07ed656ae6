import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ContentError } from './errors.ts';
import {
  MAX_PAGE_BYTES,
  MAX_PAGE_HTML_BYTES,
  RENDER_DEADLINE,
  RENDER_HEAP,
  RENDER_START_DEADLINE,
} from './limits.ts';
import type { PageFormat } from './pipeline.ts';
import type { RenderAnswer, RenderQuestion } from './render-process.ts';

export interface RenderOptions {
  /** Milliseconds. */
  deadline?: number;
}

/**
 * Markdown (GitHub's) to HTML that is safe to put into a page of the portal. Raw HTML in it is kept as far as it is
 * harmless. Ids are prefixed, links open elsewhere. Half a second a page: render when a text is stored, not when it is
 * shown, and one page after the other.
 *
 * Throws `ContentError` when the source is too large, nests too deep, or takes too much time or memory.
 */
export function renderMarkdown(source: string, options: RenderOptions = {}): Promise<string> {
  return render('markdown', source, options);
}

/** What a page in a file is: `.html` and `.htm` are HTML, everything else is Markdown. */
export function pageFormatOf(fileName: string): PageFormat {
  return ['.html', '.htm'].includes(extname(fileName).toLowerCase()) ? 'html' : 'markdown';
}

/** As `renderMarkdown`, for a page in a file. */
export async function renderPage(
  fileName: string,
  source: string,
  options: RenderOptions = {},
): Promise<{ html: string }> {
  return { html: await render(pageFormatOf(fileName), source, options) };
}

async function render(format: PageFormat, source: string, options: RenderOptions): Promise<string> {
  const bytes = Buffer.byteLength(source);
  if (bytes > MAX_PAGE_BYTES) {
    const message = `The page has ${bytes} bytes; at most ${MAX_PAGE_BYTES} are taken.`;
    throw new ContentError('page_too_large', message, 'Shorten it, or link to the long part.');
  }
  if (source.trim() === '') return '';
  const answer = await ask({ format, source }, options.deadline ?? RENDER_DEADLINE);
  if ('html' in answer) return answer.html;
  throw new ContentError(answer.error.code, answer.error.message, answer.error.cure);
}

/**
 * A process for every page, because parsers of Markdown have inputs on which they take for ever or all memory, and
 * nothing less can be stopped: a thread that runs out of heap takes the whole hub with it. It gets no environment and
 * may neither write files nor start anything. The page's time begins when the process is there: how long that takes is
 * a matter of the machine, and no fault of the page.
 */
function ask(question: RenderQuestion, deadline: number): Promise<RenderAnswer> {
  const program = fileURLToPath(new URL('./render-process.ts', import.meta.url));
  const options = [`--max-old-space-size=${RENDER_HEAP}`, '--permission', '--allow-fs-read=*'];
  return new Promise((resolve, reject) => {
    let isThere = false;
    const child = execFile(
      process.execPath,
      [...options, program],
      { env: {}, maxBuffer: MAX_PAGE_HTML_BYTES },
      (error, stdout) => {
        clearTimeout(timer);
        if (error === null) resolve(JSON.parse(stdout));
        else reject(isThere ? toContentError(error) : error);
      },
    );
    const end = () => child.kill('SIGKILL');
    let timer = setTimeout(end, RENDER_START_DEADLINE);
    // A process that ends before it has read everything is reported by its exit.
    child.stdin?.on('error', () => {});
    child.stdout?.once('data', () => {
      isThere = true;
      clearTimeout(timer);
      timer = setTimeout(end, deadline);
      child.stdin?.end(JSON.stringify(question));
    });
  });
}

/** A signal is our deadline (`SIGKILL`) or V8 giving up for want of memory; any other failure is a fault of ours. */
function toContentError(error: Error & { code?: unknown; signal?: unknown }): Error {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return new ContentError('page_too_large', 'The page is too long once rendered.', 'Shorten it.');
  }
  if (error.signal !== 'SIGKILL' && error.signal !== 'SIGABRT' && error.signal !== 'SIGTRAP') return error;
  return new ContentError(
    'page_too_costly',
    'The page takes too much time or memory to render.',
    'Look for very long runs of brackets, quotes or emphasis, and simplify them.',
  );
}
