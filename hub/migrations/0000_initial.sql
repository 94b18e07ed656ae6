CREATE TYPE "public"."competition_type" AS ENUM('competition', 'benchmark');--> statement-breakpoint
CREATE TYPE "public"."computation" AS ENUM('avg', 'sum', 'min', 'max');--> statement-breakpoint
CREATE TYPE "public"."creation_status" AS ENUM('Starting', 'Finished', 'Failed');--> statement-breakpoint
CREATE TYPE "public"."log_level" AS ENUM('none', 'full');--> statement-breakpoint
CREATE TYPE "public"."participant_status" AS ENUM('pending', 'approved', 'denied');--> statement-breakpoint
CREATE TYPE "public"."site_combination" AS ENUM('mean');--> statement-breakpoint
CREATE TYPE "public"."sort_direction" AS ENUM('asc', 'desc');--> statement-breakpoint
CREATE TYPE "public"."submission_rule" AS ENUM('Add', 'Add_And_Delete', 'Add_And_Delete_Multiple', 'Force_Last', 'Force_Latest_Multiple', 'Force_Best');--> statement-breakpoint
CREATE TYPE "public"."run_state" AS ENUM('queued', 'offered', 'awaiting_site', 'preparing', 'predicting', 'scoring', 'reviewing', 'reporting', 'finished', 'failed', 'cancelled', 'refused');--> statement-breakpoint
CREATE TYPE "public"."resource_type" AS ENUM('ingestion_program', 'scoring_program', 'input_data', 'reference_data', 'public_data', 'starting_kit', 'submission', 'solution', 'competition_bundle');--> statement-breakpoint
CREATE TYPE "public"."fault" AS ENUM('participant', 'organizer', 'site', 'hub');--> statement-breakpoint
CREATE TYPE "public"."submission_status" AS ENUM('Submitting', 'Submitted', 'Preparing', 'Running', 'Scoring', 'Finished', 'Failed', 'Cancelled');--> statement-breakpoint
CREATE SEQUENCE "public"."board_versions" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;--> statement-breakpoint
CREATE TABLE "api_tokens" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "api_tokens_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"user_id" integer NOT NULL,
	"name" text NOT NULL,
	"token_hash" text NOT NULL,
	"hint" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"expires_at" timestamp with time zone,
	CONSTRAINT "api_tokens_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id_hash" text PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"username" text NOT NULL,
	"email" text NOT NULL,
	"display_name" text DEFAULT '' NOT NULL,
	"password_hash" text,
	"is_admin" boolean DEFAULT false NOT NULL,
	"is_robot" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "collaborators" (
	"competition_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	CONSTRAINT "collaborators_competition_id_user_id_pk" PRIMARY KEY("competition_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "leaderboard_columns" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "leaderboard_columns_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"leaderboard_id" integer NOT NULL,
	"index" integer NOT NULL,
	"key" text NOT NULL,
	"title" text NOT NULL,
	"sorting" "sort_direction" DEFAULT 'desc' NOT NULL,
	"precision" integer DEFAULT 2 NOT NULL,
	"hidden" boolean DEFAULT false NOT NULL,
	"computation" "computation",
	"computation_indexes" integer[]
);
--> statement-breakpoint
CREATE TABLE "competition_creations" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "competition_creations_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"resource_id" integer NOT NULL,
	"created_by" integer NOT NULL,
	"status" "creation_status" DEFAULT 'Starting' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"details" text DEFAULT '' NOT NULL,
	"problems" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"competition_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "competitions" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "competitions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"title" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"created_by" integer NOT NULL,
	"published" boolean DEFAULT false NOT NULL,
	"secret_key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"type" "competition_type" DEFAULT 'competition' NOT NULL,
	"docker_image" text NOT NULL,
	"logo_digest" text,
	"logo_media_type" text,
	"terms_source" text DEFAULT '' NOT NULL,
	"terms_html" text DEFAULT '' NOT NULL,
	"terms_version" integer DEFAULT 1 NOT NULL,
	"reward" text,
	"contact_email" text,
	"registration_auto_approve" boolean DEFAULT false NOT NULL,
	"allow_robot_submissions" boolean DEFAULT false NOT NULL,
	"enable_detailed_results" boolean DEFAULT false NOT NULL,
	"show_detailed_results_in_submission_panel" boolean DEFAULT true NOT NULL,
	"show_detailed_results_in_leaderboard" boolean DEFAULT true NOT NULL,
	"auto_run_submissions" boolean DEFAULT true NOT NULL,
	"can_participants_make_submissions_public" boolean DEFAULT true NOT NULL,
	"make_programs_available" boolean DEFAULT false NOT NULL,
	"make_input_data_available" boolean DEFAULT false NOT NULL,
	"forum_enabled" boolean DEFAULT true NOT NULL,
	"log_level" "log_level" DEFAULT 'full' NOT NULL,
	"fact_sheet" jsonb,
	"queue_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "leaderboards" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "leaderboards_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"competition_id" integer NOT NULL,
	"index" integer DEFAULT 0 NOT NULL,
	"title" text NOT NULL,
	"key" text NOT NULL,
	"primary_index" integer DEFAULT 0 NOT NULL,
	"hidden" boolean DEFAULT false NOT NULL,
	"submission_rule" "submission_rule" DEFAULT 'Add' NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pages" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "pages_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"competition_id" integer NOT NULL,
	"index" integer NOT NULL,
	"title" text NOT NULL,
	"source" text NOT NULL,
	"html" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "participants" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "participants_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"competition_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	"status" "participant_status" NOT NULL,
	"accepted_terms_version" integer NOT NULL,
	"accepted_terms_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "phase_tasks" (
	"phase_id" integer NOT NULL,
	"task_id" integer NOT NULL,
	"index" integer NOT NULL,
	CONSTRAINT "phase_tasks_phase_id_task_id_pk" PRIMARY KEY("phase_id","task_id")
);
--> statement-breakpoint
CREATE TABLE "phases" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "phases_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"competition_id" integer NOT NULL,
	"index" integer NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone,
	"max_submissions_per_day" integer,
	"max_submissions_per_person" integer,
	"execution_time_limit_seconds" integer DEFAULT 600 NOT NULL,
	"auto_migrate_to_this_phase" boolean DEFAULT false NOT NULL,
	"hide_output" boolean DEFAULT false NOT NULL,
	"hide_prediction_output" boolean DEFAULT false NOT NULL,
	"hide_score_output" boolean DEFAULT false NOT NULL,
	"leaderboard_id" integer NOT NULL,
	"public_data_id" integer,
	"starting_kit_id" integer
);
--> statement-breakpoint
CREATE TABLE "queues" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "queues_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"is_public" boolean DEFAULT false NOT NULL,
	"owner_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "queues_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "solutions" (
	"task_id" integer NOT NULL,
	"resource_id" integer NOT NULL,
	CONSTRAINT "solutions_task_id_resource_id_pk" PRIMARY KEY("task_id","resource_id")
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "tasks_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"created_by" integer NOT NULL,
	"is_public" boolean DEFAULT false NOT NULL,
	"scoring_program_id" integer,
	"ingestion_program_id" integer,
	"input_data_id" integer,
	"reference_data_id" integer,
	"ingestion_only_during_scoring" boolean DEFAULT false NOT NULL,
	"site_dataset_name" text,
	"site_dataset_version" text,
	"site_dataset_input" boolean DEFAULT false NOT NULL,
	"site_dataset_reference" boolean DEFAULT false NOT NULL,
	"site_combination" "site_combination" DEFAULT 'mean' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tasks_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "attempts" (
	"run_id" bigint NOT NULL,
	"attempt" integer NOT NULL,
	"node_id" uuid,
	"outcome" text NOT NULL,
	"failure_code" text,
	"ended_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "attempts_run_id_attempt_pk" PRIMARY KEY("run_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "claims" (
	"run_id" bigint PRIMARY KEY NOT NULL,
	"pool" text NOT NULL,
	"priority" smallint DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"node_id" uuid,
	"lease_expires_at" timestamp with time zone,
	"not_before" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "log_chunks" (
	"run_id" bigint NOT NULL,
	"attempt" integer NOT NULL,
	"stream" smallint NOT NULL,
	"sequence" integer NOT NULL,
	"text" "bytea" NOT NULL,
	"truncated" boolean DEFAULT false NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "log_chunks_run_id_attempt_stream_sequence_pk" PRIMARY KEY("run_id","attempt","stream","sequence")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "runs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"submission_id" bigint NOT NULL,
	"site_id" integer,
	"state" "run_state" DEFAULT 'queued' NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"node_id" uuid,
	"failure_code" text,
	"fault" "fault",
	"scores" jsonb,
	"image_digest" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"outputs" jsonb
);
--> statement-breakpoint
CREATE TABLE "leaderboard_entries" (
	"phase_id" integer NOT NULL,
	"owner_id" integer NOT NULL,
	"slot" bigint NOT NULL,
	"submission_id" bigint NOT NULL,
	"sort_key" numeric[] NOT NULL,
	"submitted_at" timestamp with time zone NOT NULL,
	"version" bigint DEFAULT nextval('board_versions') NOT NULL,
	CONSTRAINT "leaderboard_entries_phase_id_owner_id_slot_pk" PRIMARY KEY("phase_id","owner_id","slot"),
	CONSTRAINT "leaderboard_entries_submissionId_unique" UNIQUE("submission_id")
);
--> statement-breakpoint
CREATE TABLE "resources" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "resources_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"type" "resource_type" NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"file_name" text NOT NULL,
	"created_by" integer NOT NULL,
	"is_public" boolean DEFAULT false NOT NULL,
	"digest" text,
	"size" bigint,
	"md5" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"uploaded_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "resources_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "enrolments" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"site_id" integer NOT NULL,
	"mac_key" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone,
	"node_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "hub_keys" (
	"purpose" text PRIMARY KEY NOT NULL,
	"certificate" text NOT NULL,
	"sealed_private_key" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"serial" bigint DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "nodes" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"site_id" integer NOT NULL,
	"name" text NOT NULL,
	"certificate_serial" text NOT NULL,
	"certificate_expires_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone,
	"software_version" text,
	"engine" text,
	"engine_version" text,
	"slots" integer DEFAULT 0 NOT NULL,
	"connected_at" timestamp with time zone,
	"last_seen_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "site_datasets" (
	"site_id" integer NOT NULL,
	"name" text NOT NULL,
	"version" text NOT NULL,
	"digest" text NOT NULL,
	"has_input" boolean NOT NULL,
	"has_reference" boolean NOT NULL,
	"counts" jsonb NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "site_datasets_site_id_name_version_pk" PRIMARY KEY("site_id","name","version")
);
--> statement-breakpoint
CREATE TABLE "site_queues" (
	"site_id" integer NOT NULL,
	"queue_id" integer NOT NULL,
	CONSTRAINT "site_queues_site_id_queue_id_pk" PRIMARY KEY("site_id","queue_id")
);
--> statement-breakpoint
CREATE TABLE "sites" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "sites_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL,
	"title" text NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sites_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "scores" (
	"submission_id" bigint NOT NULL,
	"column_id" integer NOT NULL,
	"value" numeric(20, 10) NOT NULL,
	CONSTRAINT "scores_submission_id_column_id_pk" PRIMARY KEY("submission_id","column_id")
);
--> statement-breakpoint
CREATE TABLE "submission_usage" (
	"phase_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	"day" date NOT NULL,
	"used_today" integer NOT NULL,
	"used_in_all" integer NOT NULL,
	CONSTRAINT "submission_usage_phase_id_user_id_pk" PRIMARY KEY("phase_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "submissions" (
	"id" bigint PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY (sequence name "submissions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"phase_id" integer NOT NULL,
	"owner_id" integer NOT NULL,
	"parent_id" bigint,
	"task_id" integer,
	"resource_id" integer NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"file_name" text DEFAULT '' NOT NULL,
	"fact_sheet_answers" jsonb,
	"status" "submission_status" NOT NULL,
	"failure_code" text,
	"fault" "fault",
	"is_public" boolean DEFAULT false NOT NULL,
	"is_specific_task_re_run" boolean DEFAULT false NOT NULL,
	"counted_on" date,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collaborators" ADD CONSTRAINT "collaborators_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "collaborators" ADD CONSTRAINT "collaborators_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leaderboard_columns" ADD CONSTRAINT "leaderboard_columns_leaderboard_id_leaderboards_id_fk" FOREIGN KEY ("leaderboard_id") REFERENCES "public"."leaderboards"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD CONSTRAINT "competition_creations_resource_id_resources_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD CONSTRAINT "competition_creations_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competition_creations" ADD CONSTRAINT "competition_creations_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competitions" ADD CONSTRAINT "competitions_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "competitions" ADD CONSTRAINT "competitions_queue_id_queues_id_fk" FOREIGN KEY ("queue_id") REFERENCES "public"."queues"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leaderboards" ADD CONSTRAINT "leaderboards_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pages" ADD CONSTRAINT "pages_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "participants" ADD CONSTRAINT "participants_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "participants" ADD CONSTRAINT "participants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phase_tasks" ADD CONSTRAINT "phase_tasks_phase_id_phases_id_fk" FOREIGN KEY ("phase_id") REFERENCES "public"."phases"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phase_tasks" ADD CONSTRAINT "phase_tasks_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phases" ADD CONSTRAINT "phases_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phases" ADD CONSTRAINT "phases_leaderboard_id_leaderboards_id_fk" FOREIGN KEY ("leaderboard_id") REFERENCES "public"."leaderboards"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phases" ADD CONSTRAINT "phases_public_data_id_resources_id_fk" FOREIGN KEY ("public_data_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "phases" ADD CONSTRAINT "phases_starting_kit_id_resources_id_fk" FOREIGN KEY ("starting_kit_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "queues" ADD CONSTRAINT "queues_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "solutions" ADD CONSTRAINT "solutions_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "solutions" ADD CONSTRAINT "solutions_resource_id_resources_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_scoring_program_id_resources_id_fk" FOREIGN KEY ("scoring_program_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_ingestion_program_id_resources_id_fk" FOREIGN KEY ("ingestion_program_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_input_data_id_resources_id_fk" FOREIGN KEY ("input_data_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_reference_data_id_resources_id_fk" FOREIGN KEY ("reference_data_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_submission_id_submissions_id_fk" FOREIGN KEY ("submission_id") REFERENCES "public"."submissions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "resources" ADD CONSTRAINT "resources_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolments" ADD CONSTRAINT "enrolments_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolments" ADD CONSTRAINT "enrolments_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "nodes" ADD CONSTRAINT "nodes_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_datasets" ADD CONSTRAINT "site_datasets_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_queues" ADD CONSTRAINT "site_queues_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "site_queues" ADD CONSTRAINT "site_queues_queue_id_queues_id_fk" FOREIGN KEY ("queue_id") REFERENCES "public"."queues"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "submissions" ADD CONSTRAINT "submissions_phase_id_phases_id_fk" FOREIGN KEY ("phase_id") REFERENCES "public"."phases"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "submissions" ADD CONSTRAINT "submissions_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_tokens_user" ON "api_tokens" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_expiry" ON "sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "users_username_key" ON "users" USING btree (lower("username"));--> statement-breakpoint
CREATE UNIQUE INDEX "users_email_key" ON "users" USING btree (lower("email"));--> statement-breakpoint
CREATE UNIQUE INDEX "leaderboard_columns_key" ON "leaderboard_columns" USING btree ("leaderboard_id","key");--> statement-breakpoint
CREATE INDEX "competitions_created_by" ON "competitions" USING btree ("created_by");--> statement-breakpoint
CREATE UNIQUE INDEX "participants_once" ON "participants" USING btree ("competition_id","user_id");--> statement-breakpoint
CREATE INDEX "phase_tasks_task" ON "phase_tasks" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "phases_competition" ON "phases" USING btree ("competition_id","index");--> statement-breakpoint
CREATE UNIQUE INDEX "queues_one_default" ON "queues" USING btree ("is_default") WHERE "queues"."is_default";--> statement-breakpoint
CREATE INDEX "claims_waiting" ON "claims" USING btree ("pool","priority" DESC NULLS LAST,"run_id") WHERE "claims"."node_id" is null;--> statement-breakpoint
CREATE INDEX "claims_node" ON "claims" USING btree ("node_id") WHERE "claims"."node_id" is not null;--> statement-breakpoint
CREATE INDEX "runs_submission" ON "runs" USING btree ("submission_id");--> statement-breakpoint
CREATE INDEX "leaderboard_entries_rank" ON "leaderboard_entries" USING btree ("phase_id","sort_key","submitted_at","submission_id");--> statement-breakpoint
CREATE INDEX "leaderboard_entries_version" ON "leaderboard_entries" USING btree ("phase_id","version");--> statement-breakpoint
CREATE INDEX "resources_owner" ON "resources" USING btree ("created_by","type");--> statement-breakpoint
CREATE INDEX "resources_digest" ON "resources" USING btree ("digest");--> statement-breakpoint
CREATE INDEX "nodes_site" ON "nodes" USING btree ("site_id");--> statement-breakpoint
CREATE INDEX "submissions_phase" ON "submissions" USING btree ("phase_id","id");--> statement-breakpoint
CREATE INDEX "submissions_owner" ON "submissions" USING btree ("owner_id","phase_id","id");--> statement-breakpoint
CREATE INDEX "submissions_parent" ON "submissions" USING btree ("parent_id") WHERE "submissions"."parent_id" is not null;