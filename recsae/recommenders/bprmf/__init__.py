"""BPR-MF: model, settings, training on pairs. It must not know where a base is stored."""
