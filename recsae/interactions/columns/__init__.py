"""Which columns are the user, the item, the time; their cells as events: ids, filters."""
