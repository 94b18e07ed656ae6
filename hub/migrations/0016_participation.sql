CREATE TYPE "public"."delivery_state" AS ENUM('queued', 'entered', 'refused', 'withdrawing', 'withdrawn');--> statement-breakpoint
CREATE TABLE "peer_acceptances" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "peer_acceptances_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"peer_id" integer NOT NULL,
	"user_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"terms_version" integer NOT NULL,
	"terms_digest" text NOT NULL,
	"statement" text NOT NULL,
	"accepted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "peer_entries" (
	"peer_id" integer NOT NULL,
	"key" uuid NOT NULL,
	"user_id" integer NOT NULL,
	"phase_id" integer NOT NULL,
	"request" jsonb NOT NULL,
	"digest" text NOT NULL,
	"size" bigint NOT NULL,
	"grant_id" uuid,
	"granted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"grant_ends_at" timestamp with time zone,
	"resource_id" integer,
	"submission_id" bigint,
	"entered_at" timestamp with time zone,
	"withdrawn_at" timestamp with time zone,
	CONSTRAINT "peer_entries_peer_id_key_pk" PRIMARY KEY("peer_id","key"),
	CONSTRAINT "peer_entries_grantId_unique" UNIQUE("grant_id")
);
--> statement-breakpoint
CREATE TABLE "peer_readings" (
	"peer_id" integer NOT NULL,
	"what" text NOT NULL,
	"content" jsonb NOT NULL,
	"digest" text NOT NULL,
	"read_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "peer_readings_peer_id_what_pk" PRIMARY KEY("peer_id","what")
);
--> statement-breakpoint
CREATE TABLE "peer_registrations" (
	"user_id" integer NOT NULL,
	"peer_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"status" "participant_status",
	"accepted_terms_version" integer NOT NULL,
	"terms_digest" text NOT NULL,
	"terms_html" text NOT NULL,
	"statement" text NOT NULL,
	"accepted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "peer_registrations_user_id_peer_id_competition_id_pk" PRIMARY KEY("user_id","peer_id","competition_id")
);
--> statement-breakpoint
CREATE TABLE "peer_submissions" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "peer_submissions_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"key" uuid DEFAULT gen_random_uuid() NOT NULL,
	"user_id" integer NOT NULL,
	"peer_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"phase_id" integer NOT NULL,
	"resource_id" integer NOT NULL,
	"request" jsonb NOT NULL,
	"state" "delivery_state" DEFAULT 'queued' NOT NULL,
	"problem" text,
	"problem_detail" text,
	"tries" integer DEFAULT 0 NOT NULL,
	"next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
	"held_until" timestamp with time zone,
	"sent_bytes" bigint DEFAULT 0 NOT NULL,
	"submit_sent_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"remote_id" bigint,
	"remote" jsonb,
	"remote_digest" text,
	"is_over" boolean DEFAULT false NOT NULL,
	"looked_at" timestamp with time zone,
	"is_lost" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "peer_submissions_key_unique" UNIQUE("key")
);
--> statement-breakpoint
ALTER TABLE "peer_acceptances" ADD CONSTRAINT "peer_acceptances_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_acceptances" ADD CONSTRAINT "peer_acceptances_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_entries" ADD CONSTRAINT "peer_entries_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_entries" ADD CONSTRAINT "peer_entries_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_entries" ADD CONSTRAINT "peer_entries_resource_id_resources_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_readings" ADD CONSTRAINT "peer_readings_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_registrations" ADD CONSTRAINT "peer_registrations_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_registrations" ADD CONSTRAINT "peer_registrations_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_submissions" ADD CONSTRAINT "peer_submissions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_submissions" ADD CONSTRAINT "peer_submissions_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_submissions" ADD CONSTRAINT "peer_submissions_resource_id_resources_id_fk" FOREIGN KEY ("resource_id") REFERENCES "public"."resources"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "peer_acceptances_once" ON "peer_acceptances" USING btree ("user_id","competition_id","terms_version","terms_digest");--> statement-breakpoint
CREATE INDEX "peer_entries_submission" ON "peer_entries" USING btree ("submission_id");--> statement-breakpoint
CREATE INDEX "peer_submissions_user" ON "peer_submissions" USING btree ("user_id","peer_id","competition_id","id");--> statement-breakpoint
CREATE INDEX "peer_submissions_due" ON "peer_submissions" USING btree ("next_try_at") WHERE "peer_submissions"."state" in ('queued', 'withdrawing');--> statement-breakpoint
CREATE INDEX "peer_submissions_followed" ON "peer_submissions" USING btree ("peer_id","looked_at") WHERE "peer_submissions"."state" = 'entered';