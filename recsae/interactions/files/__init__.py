"""Files of any layout as tables of raw cells. It must not know what an event is."""
