"""Files of any layout as tables of raw cells; knows no event."""
