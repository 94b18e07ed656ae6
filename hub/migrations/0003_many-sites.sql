ALTER TABLE "tasks" ADD COLUMN "site_rule" jsonb;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "shares_scores" boolean;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "site_weight" double precision;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "combined_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "shares_scores" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tasks" DROP COLUMN "site_combination";--> statement-breakpoint
DROP TYPE "public"."site_combination";--> statement-breakpoint
UPDATE "tasks" SET "site_rule" = '{"sites":null,"quorum":null,"minSites":1,"combine":"mean","weight":null,"missing":"ignore","perSite":"shown"}' WHERE "site_dataset_name" IS NOT NULL;--> statement-breakpoint
-- What was shown of each site before this setting existed was shown to everybody.
UPDATE "runs" SET "shares_scores" = true, "combined_at" = "finished_at" WHERE "site_id" IS NOT NULL AND "state" = 'finished' AND "scores" IS NOT NULL;
