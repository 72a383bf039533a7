"""The outcome of a comparison as lines, tables, files and one page. It must not train or search."""
