"""Item attributes from files beside a log, as one table. It must not change the log."""
