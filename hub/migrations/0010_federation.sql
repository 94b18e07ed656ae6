CREATE TYPE "public"."peer_scope" AS ENUM('list', 'register', 'submit', 'evaluate');--> statement-breakpoint
CREATE TYPE "public"."peer_state" AS ENUM('waiting', 'asking', 'active', 'paused', 'identity_changed', 'revoked', 'blocked');--> statement-breakpoint
CREATE TABLE "used_call_tokens" (
	"peer_id" integer NOT NULL,
	"jti" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "used_call_tokens_peer_id_jti_pk" PRIMARY KEY("peer_id","jti")
);
--> statement-breakpoint
CREATE TABLE "peer_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "peer_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"peer_id" integer,
	"kind" text NOT NULL,
	"user_id" integer,
	"details" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "peer_health" (
	"peer_id" integer PRIMARY KEY NOT NULL,
	"last_answer_at" timestamp with time zone,
	"last_call_at" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"unreachable_since" timestamp with time zone,
	"retry_at" timestamp with time zone,
	"problem" text,
	"problem_detail" text,
	"problem_at" timestamp with time zone,
	"clock_ahead_ms" integer
);
--> statement-breakpoint
CREATE TABLE "peer_invitations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"secret_digest" text NOT NULL,
	"scopes" "peer_scope"[] NOT NULL,
	"note" text NOT NULL,
	"created_by" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"withdrawn_at" timestamp with time zone,
	"used_at" timestamp with time zone,
	"peer_id" integer,
	CONSTRAINT "peer_invitations_secretDigest_unique" UNIQUE("secret_digest")
);
--> statement-breakpoint
CREATE TABLE "peer_traffic" (
	"peer_id" integer NOT NULL,
	"day" date NOT NULL,
	"calls_in" bigint DEFAULT 0 NOT NULL,
	"refused_in" bigint DEFAULT 0 NOT NULL,
	"bytes_in" bigint DEFAULT 0 NOT NULL,
	"calls_out" bigint DEFAULT 0 NOT NULL,
	"failed_out" bigint DEFAULT 0 NOT NULL,
	"bytes_out" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "peer_traffic_peer_id_day_pk" PRIMARY KEY("peer_id","day")
);
--> statement-breakpoint
CREATE TABLE "peers" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "peers_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"root_id" text NOT NULL,
	"name" text NOT NULL,
	"address" text NOT NULL,
	"state" "peer_state" NOT NULL,
	"chain" jsonb NOT NULL,
	"claimed_chain" jsonb,
	"chain_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"scopes_given" "peer_scope"[] NOT NULL,
	"scopes_got" "peer_scope"[] NOT NULL,
	"calls_per_minute" integer DEFAULT 600 NOT NULL,
	"protocol" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"state_since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "peers_rootId_unique" UNIQUE("root_id"),
	CONSTRAINT "peers_name_unique" UNIQUE("name")
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"place" integer NOT NULL,
	"public_key" text NOT NULL,
	"sealed_private_key" text NOT NULL,
	"link" text,
	"made_at" timestamp with time zone NOT NULL,
	"retires_at" timestamp with time zone,
	CONSTRAINT "signing_keys_place_unique" UNIQUE("place")
);
--> statement-breakpoint
ALTER TABLE "used_call_tokens" ADD CONSTRAINT "used_call_tokens_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_events" ADD CONSTRAINT "peer_events_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_events" ADD CONSTRAINT "peer_events_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_health" ADD CONSTRAINT "peer_health_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_invitations" ADD CONSTRAINT "peer_invitations_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_invitations" ADD CONSTRAINT "peer_invitations_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_traffic" ADD CONSTRAINT "peer_traffic_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "used_call_tokens_expiry" ON "used_call_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "peer_events_peer" ON "peer_events" USING btree ("peer_id","id");--> statement-breakpoint
-- The keys that signed receipts become the hub's chain; a hub that starts signs the links between them.
INSERT INTO "signing_keys" ("id", "place", "public_key", "sealed_private_key", "made_at", "retires_at")
SELECT substr("purpose", 10), row_number() OVER w - 1, "certificate", "sealed_private_key", date_trunc('milliseconds', "created_at"),
	lead(date_trunc('milliseconds', "created_at")) OVER w
FROM "hub_keys" WHERE "purpose" LIKE 'receipts:%' WINDOW w AS (ORDER BY "created_at");--> statement-breakpoint
DELETE FROM "hub_keys" WHERE "purpose" LIKE 'receipts:%';
