"""Measures: tensors in, dict[str, float] out, nothing else."""
