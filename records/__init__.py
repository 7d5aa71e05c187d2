"""What lasts: pictures, what was recognised in them, and who may see it."""
