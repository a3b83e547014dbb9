"""The desk: pages that officials and inspectors work with in a browser."""
