import type { HoldingSite } from '../sites/service.ts';

/** Whether a rule of a task that names `name` means the site: by its name, or one that it had before. */
export function goesBy(site: Pick<HoldingSite, 'name' | 'formerNames'>, name: string): boolean {
  return site.name === name || site.formerNames.includes(name);
}

/** Sites of peers are asked where the task names them and their hub lets the competition use them. */
export function isAsked(site: HoldingSite, named: readonly string[] | null, competitionId: number): boolean {
  const isNamed = named?.some((name) => goesBy(site, name));
  return site.competitions === null
    ? (isNamed ?? true)
    : isNamed === true && site.competitions.includes(competitionId);
}

/** Whether it may be used for rehearsals. Of this hub, every site that offers it; of peers those that are asked for the real thing. */
export function rehearses(
  site: HoldingSite,
  named: readonly string[] | null,
  competitionId: number,
): boolean {
  return site.competitions === null || isAsked(site, named, competitionId);
}
