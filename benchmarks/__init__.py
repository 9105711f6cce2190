"""The client's speed, measured beside what people would use instead: `make bench`."""
