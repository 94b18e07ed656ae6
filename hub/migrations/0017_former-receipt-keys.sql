ALTER TABLE "node_keys" ADD COLUMN "replaced_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "node_keys" ADD COLUMN "announced_by" text;--> statement-breakpoint
ALTER TABLE "node_keys" ADD COLUMN "announcement" text;