import { z } from 'zod';
import { WrongCredentialsError } from '../accounts/errors.ts';
import { one } from './answers.ts';
import type { RestRoutes } from './rest-routes.ts';

const credentials = z.object({ username: z.string().min(1).max(300), password: z.string().min(1).max(300) });

/** Codabench's tokens never expire; these outlive any run of a script, and the oldest go when there are many. */
const DAYS = 365;

export function tokenAuthRoutes(routes: RestRoutes): void {
  routes.post(
    '/api-token-auth',
    {
      summary: 'A token, for a name and a password',
      access: 'anybody',
      body: credentials,
      answer: one('Token'),
    },
    async ({ hub, request, reply, body: { username, password } }) => {
      try {
        const { id } = await hub.accounts.logIn(username, password, request.ip);
        const { token } = await hub.accounts.tokens.issue(id, { name: 'API login', expiresInDays: DAYS });
        return { token };
      } catch (error) {
        if (!(error instanceof WrongCredentialsError)) throw error;
        return reply.code(400).send({ non_field_errors: [error.message] });
      }
    },
  );
}
