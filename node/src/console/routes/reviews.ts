import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AnswerRefusedError } from '../../people/errors.ts';
import type { Person, Verdict } from '../../people/question.ts';
import type { QuestionView } from '../../people/view.ts';
import type { ConsoleContext } from '../context.ts';
import { ConsoleError } from '../errors.ts';
import { html } from '../html.ts';
import { hexDump, renderedPage, type ShownMaterial } from '../pages/material.ts';
import { redactPage, reviewPage, reviewTitle } from '../pages/review.ts';
import { reviewsPage } from '../pages/reviews.ts';
import { done, personOf, show } from '../respond.ts';
import { reviewerOf } from '../reviewer.ts';

const questionParams = z.object({ id: z.string().max(100) });
const pieceParams = questionParams.extend({ index: z.coerce.number().int().nonnegative() });
const reason = z.string().max(2000).default('');
const digest = z.string().max(100);
const verdictBody = z.object({ verdict: z.enum(['approve', 'refuse']), seen: digest, reason });
const redactBody = z.object({
  step: z.enum(['look', 'replace']).default('look'),
  seen: digest,
  of: digest,
  copy: z.string(),
  reason,
});

const access = { config: { access: 'reviewer' } } as const;
const PATH = '/reviews';

export function reviewRoutes(app: FastifyInstance, context: ConsoleContext): void {
  const { people, view } = context;

  app.get('/reviews', access, async (request, reply) => {
    const content = reviewsPage(people.list(personOf(request)));
    return await show(context, request, reply, { title: 'Reviews', path: PATH, content, isLive: true });
  });

  app.get('/reviews/:id', access, async (request, reply) => {
    const { id } = questionParams.parse(request.params);
    const { person, obstacle } = await reviewer(request);
    const question = find(id, person);
    const material = question.mayLook
      ? await Promise.all(question.material.map((_, index) => shown(question, index, person)))
      : [];
    const content = reviewPage({ question, material, obstacle, viewer: person.name });
    return await show(context, request, reply, { title: reviewTitle(question), path: PATH, content });
  });

  app.post('/reviews/:id', access, async (request, reply) => {
    const { id } = questionParams.parse(request.params);
    const { verdict, ...said } = verdictBody.parse(request.body);
    return await answer(request, reply, id, { kind: verdict, ...said });
  });

  app.get('/reviews/:id/material/:index/redact', access, async (request, reply) => {
    const { id, index } = pieceParams.parse(request.params);
    const { person } = await reviewer(request);
    const parts = { shown: await shown(find(id, person), index, person), copy: null, reason: '' };
    const content = redactPage({ question: find(id, person), ...parts });
    return await show(context, request, reply, { title: 'Redact a copy', path: PATH, content });
  });

  app.post('/reviews/:id/material/:index/redact', access, async (request, reply) => {
    const { id, index } = pieceParams.parse(request.params);
    const { step, seen, of, reason, ...body } = redactBody.parse(request.body);
    // Browsers send the lines of a text field parted by CR LF, whatever they were.
    const copy = body.copy.replaceAll('\r\n', '\n');
    if (step === 'replace') {
      return await answer(request, reply, id, {
        kind: 'redact',
        seen,
        of,
        material: Buffer.from(copy),
        reason,
      });
    }
    const { person } = await reviewer(request);
    const question = find(id, person);
    const content = redactPage({ question, shown: await shown(question, index, person), copy, reason });
    return await show(context, request, reply, { title: 'Redact a copy', path: PATH, content });
  });

  app.get('/reviews/:id/material/:index/bytes', access, async (request, reply) => {
    const { content } = await piece(request);
    return reply
      .type('application/octet-stream')
      .header('content-disposition', 'attachment; filename="material.bin"')
      .send(Buffer.from(content));
  });

  app.get('/reviews/:id/material/:index/hex', access, async (request, reply) => {
    const { content, question } = await piece(request);
    const back = html`<p><a href="/reviews/${question}">Back to the question</a></p>`;
    return await show(context, request, reply, {
      title: 'Bytes',
      path: PATH,
      content: [back, hexDump(content)],
    });
  });

  app.get('/reviews/:id/material/:index/rendered-page', access, async (request, reply) => {
    const { question, index } = await piece(request);
    const content = renderedPage(question, index);
    return await show(context, request, reply, { title: 'Report', path: PATH, content });
  });

  app.get('/reviews/:id/material/:index/rendered', access, async (request, reply) => {
    const { content, piece: shownPiece } = await piece(request);
    if (!shownPiece.mediaType.startsWith('text/html'))
      throw new ConsoleError('not_found', 'This is no web page.');
    return reply
      .type('text/html; charset=utf-8')
      .header(
        'content-security-policy',
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
      )
      .header('x-frame-options', 'SAMEORIGIN')
      .send(Buffer.from(content));
  });

  async function reviewer(request: FastifyRequest) {
    return reviewerOf(personOf(request), (await view.policy()).policy);
  }

  function find(id: string, person: Person): QuestionView {
    const question = people.find(id, person);
    if (!question) throw new ConsoleError('not_found', 'There is no such question; it may be long over.');
    return question;
  }

  async function shown(question: QuestionView, index: number, person: Person): Promise<ShownMaterial> {
    const piece = question.material[index];
    if (!piece) throw new ConsoleError('not_found', 'There is no such material.');
    return {
      question: question.id,
      index,
      piece,
      content: await people.material(question.id, index, person),
    };
  }

  async function piece(request: FastifyRequest): Promise<ShownMaterial> {
    const { id, index } = pieceParams.parse(request.params);
    const { person } = await reviewer(request);
    return await shown(find(id, person), index, person);
  }

  async function answer(request: FastifyRequest, reply: FastifyReply, id: string, verdict: Verdict) {
    const path = `/reviews/${encodeURIComponent(id)}`;
    const { person, obstacle } = await reviewer(request);
    try {
      if (obstacle !== null) throw new AnswerRefusedError('not_a_reviewer');
      await people.answer(id, person, verdict);
    } catch (error) {
      if (error instanceof AnswerRefusedError) return done(request, reply, path, error.message);
      throw error;
    }
    const notice =
      verdict.kind === 'redact'
        ? 'The copy stands in the place of the original. Now decide about all that would leave.'
        : 'Your decision is recorded.';
    return done(request, reply, path, notice);
  }
}
