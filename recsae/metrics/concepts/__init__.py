"""What single latents tell of the next item's attributes, and of concepts that are known.

They must not read files, or know how rows come by their attributes.
"""
