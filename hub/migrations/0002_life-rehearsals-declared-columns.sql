CREATE TYPE "public"."score_type" AS ENUM('decimal', 'integer');--> statement-breakpoint
CREATE TYPE "public"."wait_reason" AS ENUM('approval', 'review', 'window', 'rate');--> statement-breakpoint
CREATE TABLE "site_stewards" (
	"site_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "site_stewards_site_id_user_id_pk" PRIMARY KEY("site_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "rehearsal_usage" (
	"user_id" integer PRIMARY KEY NOT NULL,
	"day" date NOT NULL,
	"used_today" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "score_type" "score_type";--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "score_min" double precision;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "score_max" double precision;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "score_decimals" integer;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "unit" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD COLUMN "min_cases" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "memory_bytes" bigint;--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "cpu_millis" integer;--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "disk_bytes" bigint;--> statement-breakpoint
ALTER TABLE "phases" ADD COLUMN "gpus" integer;--> statement-breakpoint
ALTER TABLE "tasks" ADD COLUMN "attestations" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "waits_for" "wait_reason";--> statement-breakpoint
ALTER TABLE "runs" ADD COLUMN "waits_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "enrolments" ADD COLUMN "again_for" uuid;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "certificate_issued_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "certificates_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "gpus" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "paused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "draining" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "policy_digest" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "awaiting_people" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "nodes" ADD COLUMN "drain_requested_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "site_datasets" ADD COLUMN "has_synthetic" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "submissions" ADD COLUMN "is_rehearsal" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "site_stewards" ADD CONSTRAINT "site_stewards_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_stewards" ADD CONSTRAINT "site_stewards_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "site_stewards_user" ON "site_stewards" USING btree ("user_id");--> statement-breakpoint
ALTER TABLE "enrolments" ADD CONSTRAINT "enrolments_again_for_nodes_id_fk" FOREIGN KEY ("again_for") REFERENCES "public"."nodes"("id") ON DELETE no action ON UPDATE no action;