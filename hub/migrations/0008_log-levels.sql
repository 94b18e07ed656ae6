ALTER TYPE "public"."log_level" ADD VALUE 'codes' BEFORE 'full';--> statement-breakpoint
ALTER TYPE "public"."log_level" ADD VALUE 'scrubbed' BEFORE 'full';