"""What is done with a saved model: found, it encodes, recommends, explains and steers.

It must not train, or score targets.
"""
