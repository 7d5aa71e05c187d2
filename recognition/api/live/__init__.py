"""The live camera: sessions, their frames and samples, and what comes of them."""
