/**
 * How limits are counted, in SQL. What a person uses of a phase is one row of `submission_usage`, written under its lock alone. `day` is the last one on
 * which something was counted: what is counted of today and of this month is of that day and of its month, and nothing once they are past.
 */

/** The largest integer: any number of submissions is below it. */
export const NO_LIMIT = 2_147_483_647;

export function isSameMonth(day: string, other: string): string {
  return `(date_trunc('month', ${day}) = date_trunc('month', ${other}))`;
}

/**
 * Groups what the submissions of a relation give back by person: the days on which those that count no longer had been counted, and the slots of those
 * that are over.
 *
 * @param relation with phase_id, owner_id, counted_on, and the booleans `refund` and `frees_slot`
 */
export function givenBack(relation: string): string {
  return `
  select phase_id, owner_id,
    coalesce(array_agg(counted_on) filter (where refund and counted_on is not null), '{}') as days,
    coalesce(array_agg(date_trunc('month', counted_on)::date) filter (where refund and counted_on is not null), '{}') as months,
    count(*) filter (where frees_slot)::int as slots
  from ${relation} where (refund and counted_on is not null) or frees_slot group by 1, 2`;
}

/** Takes what is given back off the usage `u`. @param given the row of `givenBack` */
export function takeBack(given: string): string {
  return `
    used_today = u.used_today - coalesce(cardinality(array_positions(${given}.days, u.day)), 0),
    used_this_month = u.used_this_month - coalesce(cardinality(array_positions(${given}.months, date_trunc('month', u.day)::date)), 0),
    used_in_all = u.used_in_all - cardinality(${given}.days),
    in_flight = u.in_flight - ${given}.slots`;
}
