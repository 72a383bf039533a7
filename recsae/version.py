"""The version of recsae; loads nothing."""

VERSION = "0.1.0"
