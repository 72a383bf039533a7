"""Places that hold runs, bases and states: folders, and buckets with local copies of what is read.

It must not know what a run consists of, beyond the names that lie in it.
"""
