ALTER TABLE "leaderboard_columns" ADD COLUMN "low_index" integer;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "high_index" integer;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "splits" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "ladder_step" double precision;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "bootstrap_samples" integer;