/** Every table of the hub, for drizzle; each feature owns its own. */
export * from '../accounts/oidc/schema.ts';
export * from '../accounts/schema.ts';
export * from '../accounts/sign-in/schema.ts';
export * from '../competitions/schema.ts';
export * from '../dispatch/schema.ts';
export * from '../dumps/schema.ts';
export * from '../federation/calls/schema.ts';
export * from '../federation/catalogue/schema.ts';
export * from '../federation/identity/schema.ts';
export * from '../federation/peers/schema.ts';
export * from '../keys/schema.ts';
export * from '../leaderboards/schema.ts';
export * from '../receipts/schema.ts';
export * from '../resources/schema.ts';
export * from '../sites/schema.ts';
export * from '../submissions/schema.ts';
export * from '../tasks/schema.ts';
