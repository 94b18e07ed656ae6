ALTER TABLE "peer_submissions" ALTER COLUMN "key" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "peer_submissions" ALTER COLUMN "resource_id" DROP NOT NULL;