"""The SASRec recommender whose states the autoencoders read."""
