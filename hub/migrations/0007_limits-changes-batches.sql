CREATE TYPE "public"."batch_kind" AS ENUM('migration', 'rerun');--> statement-breakpoint
CREATE TYPE "public"."submission_change_kind" AS ENUM('score', 'board');--> statement-breakpoint
CREATE TABLE "submission_batch_entries" (
	"batch_id" integer NOT NULL,
	"source_id" bigint NOT NULL,
	"submission_id" bigint NOT NULL,
	CONSTRAINT "submission_batch_entries_batch_id_source_id_pk" PRIMARY KEY("batch_id","source_id")
);
--> statement-breakpoint
CREATE TABLE "submission_batches" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "submission_batches_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"kind" "batch_kind" NOT NULL,
	"phase_id" integer NOT NULL,
	"task_id" integer,
	"asked_by" integer,
	"up_to" bigint,
	"details" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "phase_foreign_tasks" (
	"phase_id" integer NOT NULL,
	"task_id" integer NOT NULL,
	CONSTRAINT "phase_foreign_tasks_phase_id_task_id_pk" PRIMARY KEY("phase_id","task_id")
);
--> statement-breakpoint
CREATE TABLE "limit_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "limit_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"phase_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	"before" jsonb NOT NULL,
	"after" jsonb NOT NULL,
	"is_reset" boolean NOT NULL,
	"reason" text NOT NULL,
	"changed_by" integer NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "submission_changes" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "submission_changes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"submission_id" bigint NOT NULL,
	"kind" "submission_change_kind" NOT NULL,
	"column_id" integer,
	"old_value" numeric(20, 10),
	"new_value" numeric(20, 10),
	"reason" text NOT NULL,
	"changed_by" integer NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "max_submissions_per_month" integer;--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "max_concurrent_submissions" integer;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "used_this_month" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "in_flight" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "own_per_day" integer;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "own_per_month" integer;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "own_in_all" integer;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "own_at_a_time" integer;--> statement-breakpoint
ALTER TABLE "submission_usage" ADD COLUMN "is_blocked" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "submissions" ADD COLUMN "holds_slot" boolean DEFAULT false NOT NULL;--> statement-breakpoint
UPDATE "submission_usage" u SET "used_this_month" = (SELECT count(*) FROM "submissions" s WHERE s."phase_id" = u."phase_id" AND s."owner_id" = u."user_id" AND date_trunc('month', s."counted_on") = date_trunc('month', u."day"));--> statement-breakpoint
CREATE INDEX "submission_batch_entries_copy" ON "submission_batch_entries" USING btree ("submission_id");--> statement-breakpoint
CREATE UNIQUE INDEX "submission_batches_one_migration" ON "submission_batches" USING btree ("phase_id") WHERE "submission_batches"."kind" = 'migration';--> statement-breakpoint
CREATE INDEX "submission_batches_phase" ON "submission_batches" USING btree ("phase_id","id");--> statement-breakpoint
CREATE INDEX "limit_changes_person" ON "limit_changes" USING btree ("phase_id","user_id","id");--> statement-breakpoint
CREATE INDEX "submission_changes_submission" ON "submission_changes" USING btree ("submission_id","id");