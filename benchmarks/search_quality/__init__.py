"""How good searches are, on recorded curves of this very job: see README.md.

It must not train anything but what `record` records.
"""
