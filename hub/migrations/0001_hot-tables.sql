-- Rows that change soon after they are written find room on their own page, so that the change touches no index.
ALTER TABLE "submissions" SET (fillfactor = 75);--> statement-breakpoint
ALTER TABLE "runs" SET (fillfactor = 60);--> statement-breakpoint
ALTER TABLE "submission_usage" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);--> statement-breakpoint
-- A queue is as large as what waits in it only as long as what has left it is cleared away.
ALTER TABLE "claims" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000);--> statement-breakpoint
ALTER TABLE "leaderboard_entries" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
