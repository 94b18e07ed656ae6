import type { Me } from '#lib/api/types.ts';

export interface NavigationLink {
  label: string;
  href: string;
}

export function linksFor(me: Me | null): NavigationLink[] {
  const links = [
    { label: 'Competitions', href: '/' },
    { label: 'Sites and queue', href: '/status' },
  ];
  if (me === null) return links;
  return [
    ...links,
    { label: 'Manage', href: '/manage' },
    { label: 'Tasks', href: '/tasks' },
    { label: 'Resources', href: '/resources' },
    ...(me.isAdmin ? [{ label: 'Federation', href: '/federation' }] : []),
  ];
}

/** A link is current on its own page and below it; the start page only on itself and on competitions. */
export function isCurrent(href: string, pathname: string): boolean {
  if (href === '/') return pathname === '/' || pathname.startsWith('/competitions');
  return pathname === href || pathname.startsWith(`${href}/`);
}
