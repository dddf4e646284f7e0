"""Measurements that anyone can run; never tests."""
