import { defineParams } from '@sveltejs/kit/params';

export const params = defineParams({
  /** Ids of the hub: positive whole numbers. Anything else is no address of ours. */
  number: (param) => (/^[1-9]\d{0,9}$/.test(param) ? Number(param) : undefined),
});
