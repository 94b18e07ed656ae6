import { text } from 'node:stream/consumers';
import { ContentError } from './errors.ts';
import { type PageFormat, renderSource, tooDeep } from './pipeline.ts';

/**
 * Says with an empty line on standard output that it is there, is then asked on standard input and answers on standard output, both JSON. One page, then
 * the process ends.
 */
export interface RenderQuestion {
  format: PageFormat;
  source: string;
}
export type RenderAnswer = { html: string } | { error: Pick<ContentError, 'code' | 'message' | 'cure'> };

function answer({ format, source }: RenderQuestion): RenderAnswer {
  try {
    return { html: renderSource(format, source) };
  } catch (thrown) {
    // The parsers recurse: what nests too deep for them to reach our own check ends here.
    const error = thrown instanceof RangeError ? tooDeep() : thrown;
    if (!(error instanceof ContentError)) throw error;
    return { error: { code: error.code, message: error.message, cure: error.cure } };
  }
}

process.stdout.write('\n');
process.stdout.write(JSON.stringify(answer(JSON.parse(await text(process.stdin)))));
