"""What a comparison found, as lines, tables, files and one page; it trains and searches nothing."""
