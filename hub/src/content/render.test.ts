import rehypeParse from 'rehype-parse';
import { unified } from 'unified';
import { visitParents } from 'unist-util-visit-parents';
import { describe, expect, test } from 'vitest';
import { MAX_PAGE_BYTES } from './limits.ts';
import { renderMarkdown, renderPage } from './render.ts';

const fromHtml = (html: string) => unified().use(rehypeParse, { fragment: true }).parse(html);

describe('Markdown', () => {
  test('has headings, tables, task lists, footnotes and harmless HTML', async () => {
    const html = await renderMarkdown(
      '# Über\n\n| a |\n|---|\n| 1 |\n\n- [x] done\n\n~~old~~[^1] <kbd>Ctrl</kbd>\n\n[^1]: note\n',
    );
    for (const part of ['<h1>Über</h1>', '<td>1</td>', '<del>old</del>', '<kbd>Ctrl</kbd>', 'note']) {
      expect(html).toContain(part);
    }
  });

  test('links open beside the portal, those within the page keep working', async () => {
    const html = await renderMarkdown(
      '[out](https://example.org) [in](#rules) <h2 id="rules">Rules</h2> [rel](data.csv)',
    );
    expect(html).toContain(
      '<a href="https://example.org" rel="noopener noreferrer nofollow" target="_blank">out</a>',
    );
    expect(html).toContain('<a href="#user-content-rules">in</a>');
    expect(html).toContain('id="user-content-rules"');
  });

  test('nothing at all is nothing', async () => {
    expect(await renderMarkdown(' \n')).toBe('');
  });
});

describe('hostile pages', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVa&#10;Script:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    '<iframe src="https://evil.example"></iframe>',
    '<form action="https://evil.example"><input name=password><button>x</button></form>',
    '<style>body{display:none}</style>',
    '<div style="position:fixed;inset:0">x</div>',
    '<svg><script>alert(1)</script><a xlink:href="javascript:alert(1)">x</a></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    '<template><img src=x onerror=alert(1)></template>',
    '<base href="https://evil.example"><meta http-equiv=refresh content="0;url=https://evil.example">',
    '<link rel=stylesheet href="https://evil.example"><object data=x></object><embed src=x>',
    '<a id="location" name="cookie" href="#x">x</a>',
    '[x](javascript:alert(1)) ![x](vbscript:x) <javascript:alert(1)>',
  ];

  test.each(['page.md', 'page.html'])('in %s nothing runs, loads or covers', async (file) => {
    const { html } = await renderPage(file, hostile.join('\n\n'));
    visitParents(fromHtml(html), 'element', ({ tagName, properties }) => {
      expect(tagName).not.toMatch(
        /^(?:script|iframe|form|input|button|style|svg|math|object|embed|base|meta|link)$/,
      );
      for (const [name, value] of Object.entries(properties)) {
        expect(name).not.toMatch(/^(?:on.*|style|action|srcdoc|xlink.*)$/i);
        if (name === 'href' || name === 'src')
          expect(String(value)).toMatch(/^(?:https?:|mailto:|#|[\w./]+$)/);
        if (name === 'id' || name === 'name') expect(String(value)).toMatch(/^user-content-/);
      }
    });
  });

  test('of a whole HTML document the body remains', async () => {
    const document =
      '<!doctype html><html><head><title>t</title><style>x</style></head><body onload=x><h1>Hi</h1></body></html>';
    expect(await renderPage('INDEX.HTM', document)).toEqual({ html: '<h1>Hi</h1>' });
  });

  test.each([
    ['too large', 'page_too_large', 'x'.repeat(MAX_PAGE_BYTES + 1)],
    ['too deep', 'page_too_deep', '<div>'.repeat(5_000)],
    ['deep quotes', 'page_too_deep', `${'> '.repeat(300)}x`],
  ])('%s: refused', async (_, code, source) => {
    await expect(renderMarkdown(source)).rejects.toMatchObject({ code, cure: expect.any(String) });
  });

  test.each([
    ['endless quotes', '>'.repeat(500_000)],
    ['endless links', '[a]('.repeat(250_000)],
  ])('%s: ended at the deadline', async (_, source) => {
    await expect(renderMarkdown(source, { deadline: 1_500 })).rejects.toMatchObject({
      code: 'page_too_costly',
    });
  });
});
