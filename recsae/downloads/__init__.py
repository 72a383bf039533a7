"""Files from the network: fetched in parts, checked, unpacked; knows of no data set."""
