"""What is known about items in files beside a log, as one table of attributes."""
