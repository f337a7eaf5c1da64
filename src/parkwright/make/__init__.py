"""Making: orders, jobs, the schedule and its independent check, releases to the lines, genealogy."""
