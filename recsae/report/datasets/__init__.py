"""What `data describe` shows: facts, tables, a page. It must not read logs."""
