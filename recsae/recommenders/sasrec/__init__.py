"""SASRec: model, losses, training, presets. It must not know where a base is stored."""
