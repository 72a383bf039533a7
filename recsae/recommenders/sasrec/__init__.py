"""SASRec: model, settings, presets. It must not know where a base is stored."""
