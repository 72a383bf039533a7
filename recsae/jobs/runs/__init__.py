"""What commands do around the folder of a run: where it lies, where its trials run.

It must not search.
"""
