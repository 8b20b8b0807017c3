"""The layers that GIS programs read: which there are, who may see each, and their rows page by page."""
