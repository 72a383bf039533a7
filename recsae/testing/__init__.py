"""What tests of recsae, and of a package that adds to it, have in common."""
