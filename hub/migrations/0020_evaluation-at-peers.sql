CREATE TABLE "guest_runs" (
	"run_id" bigint PRIMARY KEY NOT NULL,
	"peer_id" integer NOT NULL,
	"their_run" bigint NOT NULL,
	"their_attempt" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"dataset" text NOT NULL,
	"asked" text NOT NULL,
	"assignment" "bytea",
	"ready_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "guest_runs_attempt" UNIQUE("peer_id","their_run","their_attempt")
);
--> statement-breakpoint
CREATE TABLE "evaluation_grants" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "evaluation_grants_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"peer_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"site_id" integer NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_version" text NOT NULL,
	"granted_by" integer,
	"granted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "evaluation_grants_once" UNIQUE("peer_id","competition_id","site_id","dataset_name","dataset_version")
);
--> statement-breakpoint
CREATE TABLE "handed_runs" (
	"run_id" bigint NOT NULL,
	"attempt" integer NOT NULL,
	"peer_id" integer NOT NULL,
	"node_id" uuid NOT NULL,
	"assignment" "bytea" NOT NULL,
	"is_offered" boolean DEFAULT false NOT NULL,
	"is_gone" boolean DEFAULT false NOT NULL,
	"waiting" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "handed_runs_run_id_attempt_pk" PRIMARY KEY("run_id","attempt")
);
--> statement-breakpoint
CREATE TABLE "peer_blobs" (
	"peer_id" integer NOT NULL,
	"digest" text NOT NULL,
	"fetched_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "peer_blobs_peer_id_digest_pk" PRIMARY KEY("peer_id","digest")
);
--> statement-breakpoint
CREATE TABLE "peer_site_uses" (
	"site_id" integer NOT NULL,
	"competition_id" integer NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_version" text NOT NULL,
	CONSTRAINT "peer_site_uses_site_id_competition_id_dataset_name_dataset_version_pk" PRIMARY KEY("site_id","competition_id","dataset_name","dataset_version")
);
--> statement-breakpoint
ALTER TABLE "runs" ALTER COLUMN "submission_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "peer_id" integer;--> statement-breakpoint
ALTER TABLE "guest_runs" ADD CONSTRAINT "guest_runs_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "guest_runs" ADD CONSTRAINT "guest_runs_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_grants" ADD CONSTRAINT "evaluation_grants_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_grants" ADD CONSTRAINT "evaluation_grants_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evaluation_grants" ADD CONSTRAINT "evaluation_grants_granted_by_users_id_fk" FOREIGN KEY ("granted_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handed_runs" ADD CONSTRAINT "handed_runs_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "handed_runs" ADD CONSTRAINT "handed_runs_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_blobs" ADD CONSTRAINT "peer_blobs_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "peer_site_uses" ADD CONSTRAINT "peer_site_uses_site_id_sites_id_fk" FOREIGN KEY ("site_id") REFERENCES "public"."sites"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "guest_runs_open" ON "guest_runs" USING btree ("peer_id") WHERE "guest_runs"."assignment" is not null;--> statement-breakpoint
CREATE INDEX "handed_runs_peer" ON "handed_runs" USING btree ("peer_id");--> statement-breakpoint
ALTER TABLE "sites" ADD CONSTRAINT "sites_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE no action ON UPDATE no action;