CREATE TYPE "public"."page_format" AS ENUM('markdown', 'html');--> statement-breakpoint
CREATE TYPE "public"."dump_content" AS ENUM('data', 'keys');--> statement-breakpoint
CREATE TYPE "public"."dump_status" AS ENUM('Starting', 'Finished', 'Failed');--> statement-breakpoint
ALTER TYPE "public"."computation" ADD VALUE 'weighted';--> statement-breakpoint
ALTER TYPE "public"."computation" ADD VALUE 'avg_rank';--> statement-breakpoint
ALTER TYPE "public"."computation" ADD VALUE 'mrr';--> statement-breakpoint
CREATE TABLE "competition_dumps" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "competition_dumps_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"competition_id" integer NOT NULL,
	"created_by" integer NOT NULL,
	"status" "dump_status" DEFAULT 'Starting' NOT NULL,
	"content" "dump_content" DEFAULT 'data' NOT NULL,
	"with_archive" boolean DEFAULT false NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"bytes_done" bigint DEFAULT 0 NOT NULL,
	"bytes_total" bigint,
	"details" text DEFAULT '' NOT NULL,
	"resource_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "computation_weights" double precision[];--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "group_title" text;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD COLUMN "check_only" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD COLUMN "bytes_done" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD COLUMN "bytes_total" bigint;--> statement-breakpoint
ALTER TABLE "competitions" ADD COLUMN "terms_format" "page_format" DEFAULT 'markdown' NOT NULL;--> statement-breakpoint
ALTER TABLE "pages" ADD COLUMN "format" "page_format" DEFAULT 'markdown' NOT NULL;--> statement-breakpoint
ALTER TABLE "competition_dumps" ADD CONSTRAINT "competition_dumps_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competition_dumps" ADD CONSTRAINT "competition_dumps_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competition_dumps" ADD CONSTRAINT "competition_dumps_resource_id_resources_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "competition_dumps_competition" ON "competition_dumps" USING btree ("competition_id");