-- Unlogged: every call of a peer writes its one row, and a commit that waited for the disk would make them wait for one another.
CREATE UNLOGGED TABLE "peer_call_rates" (
	"peer_id" integer PRIMARY KEY NOT NULL,
	"minute" timestamp with time zone NOT NULL,
	"calls" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "peer_call_rates" ADD CONSTRAINT "peer_call_rates_peer_id_peers_id_fk" FOREIGN KEY ("peer_id") REFERENCES "public"."peers"("id") ON DELETE cascade ON UPDATE no action;
