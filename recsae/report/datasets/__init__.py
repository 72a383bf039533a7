"""What `data describe` says: words, tables, a page. It must not read logs."""
