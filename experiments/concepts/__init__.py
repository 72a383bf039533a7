"""What two studies of concepts share: trainings that are kept, and intervals over seeds.

It uses recsae as any user may, and recsae must not import it.
"""
