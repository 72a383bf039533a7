"""What the runs of a contest say: figures, charts, text and one page; it runs no search."""
