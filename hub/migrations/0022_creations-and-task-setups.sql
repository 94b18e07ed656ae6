CREATE TYPE "public"."creation_kind" AS ENUM('competition', 'task');--> statement-breakpoint
ALTER TABLE "competition_creations" RENAME TO "creations";--> statement-breakpoint
ALTER SEQUENCE "competition_creations_id_seq" RENAME TO "creations_id_seq";--> statement-breakpoint
ALTER TABLE "creations" RENAME CONSTRAINT "competition_creations_pkey" TO "creations_pkey";--> statement-breakpoint
ALTER TABLE "creations" RENAME CONSTRAINT "competition_creations_resource_id_resources_id_fk" TO "creations_resource_id_resources_id_fk";--> statement-breakpoint
ALTER TABLE "creations" RENAME CONSTRAINT "competition_creations_created_by_users_id_fk" TO "creations_created_by_users_id_fk";--> statement-breakpoint
ALTER TABLE "creations" RENAME CONSTRAINT "competition_creations_competition_id_competitions_id_fk" TO "creations_competition_id_competitions_id_fk";--> statement-breakpoint
ALTER TABLE "creations" ADD COLUMN "kind" "creation_kind" DEFAULT 'competition' NOT NULL;--> statement-breakpoint
ALTER TABLE "creations" ADD COLUMN "task_id" integer;--> statement-breakpoint
ALTER TABLE "creations" ADD CONSTRAINT "creations_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE VIEW "public"."task_setups" AS (select id as task_id, version, site_dataset_name, site_dataset_version, site_rule from tasks
    union all select task_id, version, site_dataset_name, site_dataset_version, site_rule from task_versions);