"""Lease, send, classify, finish; poll answers, receive. No transport in here: both sides are ports."""
