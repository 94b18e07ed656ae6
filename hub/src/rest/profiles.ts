import { NotLoggedInError } from '../accounts/errors.ts';
import { one } from './answers.ts';
import type { RestRoutes } from './rest-routes.ts';

export function profileRoutes(routes: RestRoutes): void {
  routes.get(
    '/my_profile',
    { summary: 'Who the token or session belongs to', answer: one('Profile') },
    async ({ hub, actor }) => {
      const profile = await hub.accounts.profile(actor);
      if (!profile) throw new NotLoggedInError();
      const { id, username, email, displayName, isRobot, isAdmin } = profile;
      return {
        id,
        username,
        name: username,
        email,
        display_name: displayName,
        is_bot: isRobot,
        is_superuser: isAdmin,
        is_staff: isAdmin,
        logged_in: true,
      };
    },
  );
}
