CREATE TYPE "public"."catalogue_kind" AS ENUM('create', 'change', 'withdraw');--> statement-breakpoint
CREATE TYPE "public"."catalogue_visibility" AS ENUM('all', 'chosen', 'none');--> statement-breakpoint
CREATE TABLE "catalogue_audiences" (
	"competition_id" integer PRIMARY KEY NOT NULL,
	"visibility" "catalogue_visibility" NOT NULL,
	"peer_ids" integer[] NOT NULL,
	"changed_by" integer NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalogue_entries" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"competition_id" integer NOT NULL,
	"kind" "catalogue_kind" NOT NULL,
	"everyone_but" boolean NOT NULL,
	"peer_ids" integer[] NOT NULL,
	"content_digest" text,
	"signed" text NOT NULL,
	"key_id" text NOT NULL,
	"signature" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "catalogue_replicas" (
	"peer_id" integer PRIMARY KEY NOT NULL,
	"root_id" text NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"cursor" bigint DEFAULT 0 NOT NULL,
	"cursor_digest" text,
	"read_at" timestamp with time zone,
	"skipped" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"problem_detail" text,
	"problem_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "peer_competitions" (
	"peer_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"sequence" bigint NOT NULL,
	"generation" integer NOT NULL,
	"title" text NOT NULL,
	"description" text NOT NULL,
	"type" "competition_type" NOT NULL,
	"open_during" "tstzmultirange" NOT NULL,
	"descriptor" jsonb NOT NULL,
	"listed_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	"signed" text NOT NULL,
	"key_id" text NOT NULL,
	"signature" text NOT NULL,
	CONSTRAINT "peer_competitions_peer_id_competition_id_pk" PRIMARY KEY("peer_id","competition_id")
);
--> statement-breakpoint
ALTER TABLE "catalogue_audiences" ADD CONSTRAINT "catalogue_audiences_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_audiences" ADD CONSTRAINT "catalogue_audiences_changed_by_users_id_fk" FOREIGN KEY ("changed_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_entries" ADD CONSTRAINT "catalogue_entries_competition_id_competitions_id_fk" FOREIGN KEY ("competition_id") REFERENCES "public"."competitions"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "catalogue_replicas" ADD CONSTRAINT "catalogue_replicas_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_competitions" ADD CONSTRAINT "peer_competitions_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "catalogue_entries_competition" ON "catalogue_entries" USING btree ("competition_id","sequence");--> statement-breakpoint
CREATE INDEX "peer_competitions_listed" ON "peer_competitions" USING btree ("listed_at","peer_id","competition_id");