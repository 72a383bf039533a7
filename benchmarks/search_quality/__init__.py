"""How good searches are, on recorded curves of this very job: see README.md."""
