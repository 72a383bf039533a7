"""Files from the network: fetched in parts, checked, unpacked. It must not know any data set."""
