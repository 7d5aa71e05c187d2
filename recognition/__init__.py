"""The process: from an uploaded picture to stored faces."""
