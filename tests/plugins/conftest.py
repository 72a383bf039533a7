"""The example's own tests run where it is installed, which `test_example.py` does."""

collect_ignore = ["example"]
