"""Shared bases that import no room."""
