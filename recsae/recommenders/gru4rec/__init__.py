"""GRU4Rec: model and settings. It must not know where a base is stored."""
