CREATE TABLE "node_keys" (
	"node_id" uuid NOT NULL,
	"key_id" text NOT NULL,
	"public_key" text NOT NULL,
	"first_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "node_keys_node_id_key_id_pk" PRIMARY KEY("node_id","key_id")
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"run_id" bigint NOT NULL,
	"attempt" integer NOT NULL,
	"envelope" text NOT NULL,
	"stored_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "receipts_run_id_attempt_pk" PRIMARY KEY("run_id","attempt")
);
--> statement-breakpoint
ALTER TABLE "node_keys" ADD CONSTRAINT "node_keys_node_id_nodes_id_fk" FOREIGN KEY ("node_id") REFERENCES "public"."nodes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
-- Signatures and base64 do not compress: rows stay whole, on their own page.
ALTER TABLE "receipts" SET (toast_tuple_target = 8160);
