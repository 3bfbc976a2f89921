"""Running the service: its processes, queue, health and backups."""
