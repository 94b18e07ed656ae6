CREATE TYPE "public"."task_rule" AS ENUM('best', 'mean', 'sum', 'average_rank', 'task');--> statement-breakpoint
CREATE TYPE "public"."board_mark" AS ENUM('verified', 'flagged');--> statement-breakpoint
CREATE TABLE "board_changes" (
	"phase_id" integer NOT NULL,
	"entries" integer NOT NULL,
	"changes" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "board_marks" (
	"submission_id" bigint PRIMARY KEY NOT NULL,
	"is_baseline" boolean DEFAULT false NOT NULL,
	"mark" "board_mark",
	"note" text DEFAULT '' NOT NULL,
	"marked_by" integer NOT NULL,
	"marked_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
DROP INDEX "leaderboard_entries_rank";--> statement-breakpoint
DROP INDEX "leaderboard_entries_version";--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "task_rule" "task_rule" DEFAULT 'best' NOT NULL;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "ranking_task" integer;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD COLUMN "anonymous" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "leaderboard_entries" ADD COLUMN "is_baseline" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "leaderboard_entries" ADD COLUMN "rank_inputs" numeric[];--> statement-breakpoint
CREATE INDEX "board_changes_phase" ON "board_changes" USING btree ("phase_id");--> statement-breakpoint
CREATE INDEX "leaderboard_entries_order" ON "leaderboard_entries" USING btree ("phase_id","sort_key","submitted_at","submission_id","is_baseline");--> statement-breakpoint
INSERT INTO "board_changes" ("phase_id", "entries", "changes") SELECT "phase_id", count(*), max("version") FROM "leaderboard_entries" GROUP BY "phase_id";--> statement-breakpoint
ALTER TABLE "leaderboard_entries" DROP COLUMN "version";--> statement-breakpoint
DROP SEQUENCE "public"."board_versions";