"""What the command line says over what a space says: of the data, and of a section's settings.

It must not parse flags, or read a space file.
"""
