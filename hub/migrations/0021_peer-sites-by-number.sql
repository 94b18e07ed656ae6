ALTER TABLE "guest_runs" ADD COLUMN "is_rehearsal" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "handed_runs" ADD COLUMN "over_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "handed_runs" ADD COLUMN "logs" jsonb;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "peer_site_id" integer;--> statement-breakpoint
ALTER TABLE "sites" ADD COLUMN "former_names" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "sites" ADD CONSTRAINT "sites_of_peer" UNIQUE("peer_id","peer_site_id");