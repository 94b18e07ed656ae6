ALTER TABLE "submission_batches" ADD COLUMN "chosen" bigint[];--> statement-breakpoint
ALTER TABLE "submission_batches" ADD COLUMN "only_former_versions" boolean DEFAULT false NOT NULL;